"""Charts drawn by Vega, in a process of its own."""
