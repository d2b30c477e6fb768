"""What there is in the mesh, as people and programs ask for it: pure functions over its tables.

`Catalogue` holds the tables of one state; one module has one group of answers about it. Moments are given
by the caller, so that the same state gives the same answer.
"""

from meshwright.supervision.catalogue.catalogue import Catalogue

__all__ = ["Catalogue"]
