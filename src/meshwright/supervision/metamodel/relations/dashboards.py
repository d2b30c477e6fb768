"""Dashboards of products."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, integer, text
from meshwright.supervision.metamodel.levels import Level
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import PRODUCT


def _counted(level: Level, rows: Rows) -> Rows:
    return {
        "filters": [len(item.get("filters") or ()) for item in level.items],
        "tiles": [len(item.get("tiles") or ()) for item in level.items],
    }


RELATION = Relation(
    name="dashboards",
    description="Dashboards over the output ports of products.",
    columns=(
        *PRODUCT,
        text("dashboard", "Its name.", "dashboard", required=True),
        text("address", "The address of the product with `/dashboards/` and its name.", required=True),
        text("title", "Its title for people.", "title", required=True),
        text("description", "What it answers, and for whom.", "description"),
        integer("filters", "How many filters it has.", required=True),
        integer("tiles", "How many tiles it has.", required=True),
        text("file", "Its file in its tree.", required=True),
    ),
    key=("domain", "product", "dashboard"),
    level=lambda walk: walk.dashboards,
    compute=_counted,
)
