"""The mesh as tables: what was applied and what happened, as documented relations of schema `mesh`."""

from meshwright.supervision.metamodel.column import Column
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations import RELATIONS
from meshwright.supervision.metamodel.tables import MeshTables

__all__ = ["RELATIONS", "Column", "MeshTables", "Relation"]
