"""Checks that did not pass."""

from __future__ import annotations

import pyarrow as pa

from meshwright.supervision.metamodel.column import integer, text, timestamp
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import PRODUCT
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> pa.Table:
    return world.history.tables.get("checks", RELATION.schema.empty_table())


RELATION = Relation(
    name="checks",
    description="Verdicts of runs on single checks, but for those that passed: `runs` counts these.",
    columns=(
        text("run", "The run.", required=True),
        *PRODUCT,
        timestamp("at", "When the run ended.", required=True),
        text("port", "The output port; null where the run was by a version that did not record it."),
        integer("major", "Its major version."),
        text("check", "The check's id, the same in every major of a contract.", required=True),
        text("path", "Its place in the contract.", required=True),
        text("object", "The object.", required=True),
        text("column", "The column; null for a check of the object."),
        text(
            "kind", "What kind of check: `required`, `unique`, `metric`, `service_level`, ...", required=True
        ),
        text("status", "`fail`, `warn`, `error` or `skip`.", required=True),
        text("severity", "`error`, `warning` or `info`.", required=True),
        text("dimension", "Its quality dimension."),
        text("expected", "What was to be, in words."),
        text("observed", "What was found, in words."),
        integer("rows", "Rows looked at."),
        text("how", "`proved`, `remembered` or `scanned`."),
    ),
    key=("run", "port", "major", "check"),
    derive=_rows,
    follows=frozenset({"facts"}),
)
