"""What there is in the mesh, as people and programs ask for it: pure functions over its tables."""

from meshwright.supervision.catalogue.catalogue import Catalogue

__all__ = ["Catalogue"]
