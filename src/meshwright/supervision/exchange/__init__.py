"""What is exchanged with other catalogues and tools, in the standards that they share."""
