"""Search over the mesh: what can be found, how questions are read, and how answers are ranked."""
