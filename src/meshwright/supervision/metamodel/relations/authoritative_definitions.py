"""Links to what defines things."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, integer, text
from meshwright.supervision.metamodel.levels import Walk, joined, parts_of
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import element

_COLUMNS = (
    *element("is defined"),
    integer("position", "The link's place, from 1.", required=True),
    text(
        "type", "What the link leads to: `businessDefinition`, `implementation`, ...", "type", required=True
    ),
    text("url", "Where.", "url", required=True),
    text("description", "More about it.", "description"),
)


def _rows(walk: Walk) -> Rows:
    return joined(
        [(kind, parts_of(above, "authoritativeDefinitions")) for kind, above in walk.elements], _COLUMNS
    )


RELATION = Relation(
    name="authoritative_definitions",
    description="Links of products, ports, contracts, objects and columns to what defines them.",
    columns=_COLUMNS,
    key=("of", "address", "position"),
    collect=_rows,
)
