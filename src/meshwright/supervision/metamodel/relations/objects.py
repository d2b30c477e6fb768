"""Objects of contracts."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, boolean, integer, text, texts
from meshwright.supervision.metamodel.levels import Level
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import CONTRACT_KEY, OBJECT


def _names(level: Level, rows: Rows) -> Rows:
    return {"table_name": [item.get("physicalName") or item.get("name") for item in level.items]}


RELATION = Relation(
    name="objects",
    description="Tables of contracts.",
    columns=(
        *OBJECT,
        text("address", "The address of the port with `#` and the object's name.", required=True),
        text("table_name", "Its name in data: the physical name if there is one.", required=True),
        integer("position", "Its place in the contract, from 1.", required=True),
        text("description", "What one row is.", "description"),
        text("business_name", "Its name for people.", "businessName"),
        text("logical_type", "Its logical type.", "logicalType"),
        text("physical_type", "What it is in its system: table, view, ...", "physicalType"),
        text("granularity", "What makes a row.", "dataGranularityDescription"),
        boolean("deprecated", "Whether it is marked so.", "deprecated", default=False),
        texts("tags", "Its tags.", "tags"),
    ),
    key=(*CONTRACT_KEY, "object"),
    level=lambda walk: walk.objects,
    compute=_names,
)
