"""Plans: the ordered list of changes that would make an environment match the declarations."""
