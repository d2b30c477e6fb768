"""Other words for things."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, integer, text
from meshwright.supervision.metamodel.levels import Walk, joined, parts_of
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import element

_COLUMNS = (
    *element("has another name"),
    integer("position", "The synonym's place, from 1.", required=True),
    text("synonym", "The other word.", "synonym", required=True),
    text("locale", "Its language.", "locale"),
    text("source", "Who says it.", "source"),
    text("status", "Its status.", "status"),
    text("description", "More about it.", "description"),
)


def _rows(walk: Walk) -> Rows:
    return joined([(kind, parts_of(above, "synonyms")) for kind, above in walk.elements], _COLUMNS)


RELATION = Relation(
    name="synonyms",
    description="Other words for products, ports, objects and columns.",
    columns=_COLUMNS,
    key=("of", "address", "position"),
    collect=_rows,
)
