"""Python models in child processes."""
