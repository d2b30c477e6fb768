"""What the standards have no field for."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, as_text, integer, text
from meshwright.supervision.metamodel.levels import Walk, joined, parts_of
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import element

_COLUMNS = (
    *element("has the property"),
    integer("position", "The property's place, from 1.", required=True),
    text("property", "Its name.", "property", required=True),
    text("value", "Its value; what is no text as JSON."),
    text("vendor", "Whose it is: `meshwright` for ours.", "vendor"),
    text("description", "More about it.", "description"),
)


def _rows(walk: Walk) -> Rows:
    levels = [(kind, parts_of(above, "customProperties")) for kind, above in walk.elements]
    for _, level in levels:
        level.known["value"] = [as_text(value) for value in level.values("value")]
    return joined(levels, _COLUMNS)


RELATION = Relation(
    name="custom_properties",
    description="Custom properties of products, ports, contracts, objects and columns.",
    columns=_COLUMNS,
    key=("of", "address", "position"),
    collect=_rows,
)
