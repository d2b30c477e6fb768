"""What a mesh is: frozen values, no I/O."""
