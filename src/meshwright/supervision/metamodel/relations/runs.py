"""Runs of products."""

from __future__ import annotations

import pyarrow as pa

from meshwright.supervision.metamodel.column import integer, number, text, texts, timestamp
from meshwright.supervision.metamodel.history import COSTS, run_row
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import PRODUCT
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> pa.Table:
    ended = world.history.tables.get("runs", RELATION.schema.empty_table())
    open_rows = [run_row(fact, None) for fact in world.history.started.values()]
    if not open_rows:
        return ended
    running = RELATION.table({name: [row[name] for row in open_rows] for name in open_rows[0]})
    return pa.concat_tables([ended, running])


RELATION = Relation(
    name="runs",
    description="Attempts to build a product, with what they came to and what they cost.",
    columns=(
        text("run", "Its id.", required=True),
        *PRODUCT,
        text("status", "`published`, `failed`, `died`, or `running`.", required=True),
        text("reason", "Why it began."),
        timestamp("started_at", "When it began."),
        timestamp("ended_at", "When it ended; for one that died, when that was found."),
        text("publication", "What it published."),
        text("error_kind", "What kind of error it ended with."),
        text("error", "That error, in words."),
        integer("checks_passed", "How many checks passed."),
        integer("checks_failed", "How many failed; `checks` has them."),
        integer("checks_not_judged", "How many were skipped or could not run; `checks` has them."),
        integer("quarantined_rows", "Rows put into quarantine."),
        texts("warnings", "Its warnings."),
        *(
            (number if name.endswith("seconds") else integer)(name, description)
            for name, description in COSTS.items()
        ),
    ),
    key=("run",),
    derive=_rows,
    follows=frozenset({"facts"}),
)
