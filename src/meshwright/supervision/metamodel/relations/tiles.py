"""Tiles of dashboards."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, integer, text
from meshwright.supervision.metamodel.levels import Level, parts_of
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import PRODUCT

_KINDS = ("chart", "figure", "table", "text")


def _kinds(level: Level, rows: Rows) -> Rows:
    return {"kind": [next((kind for kind in _KINDS if kind in item), None) for item in level.items]}


RELATION = Relation(
    name="tiles",
    description="Tiles of dashboards: charts, figures, tables and text.",
    columns=(
        *PRODUCT,
        text("dashboard", "The dashboard.", required=True),
        integer("position", "Its place in the dashboard, from 1.", required=True),
        text("kind", "`chart`, `figure`, `table` or `text`.", required=True),
        text("title", "Its title.", "title"),
        text("description", "What is seen.", "description"),
        text("query", "What it asks; null for text.", "query"),
    ),
    key=("domain", "product", "dashboard", "position"),
    level=lambda walk: parts_of(walk.dashboards, "tiles"),
    compute=_kinds,
)
