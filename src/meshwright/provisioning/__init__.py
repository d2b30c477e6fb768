"""Plane 1: the infrastructure that products need, behind Protocols that adapters implement."""
