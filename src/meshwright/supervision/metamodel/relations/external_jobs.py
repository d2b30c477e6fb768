"""Jobs outside the mesh that others told of."""

from __future__ import annotations

import json

from meshwright.supervision.lineage.received import flows_of
from meshwright.supervision.metamodel.column import Rows, integer, text, timestamp
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> Rows:
    known = [(key, each) for key, each in world.external.items() if key.kind == "job"]
    flows = [list(flows_of(each)) for _, each in known]
    facets = [each["facets"] for _, each in known]
    return {
        "namespace": [key.namespace for key, _ in known],
        "name": [key.name for key, _ in known],
        "description": [(each.get("documentation") or {}).get("description") for each in facets],
        "run": [each["run"] for _, each in known],
        "status": [each["type"] for _, each in known],
        "inputs": [len({tuple(one) for flow in each for one in flow["inputs"]}) for each in flows],
        "outputs": [len({tuple(one[:2]) for flow in each for one in flow["outputs"]}) for each in flows],
        "facets": [json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in facets],
        "producer": [each["producer"] for _, each in known],
        "told_at": [each["at"] for _, each in known],
    }


RELATION = Relation(
    name="external_jobs",
    description="Jobs that OpenLineage events from outside told of.",
    columns=(
        text("namespace", "Its namespace.", required=True),
        text("name", "Its name there.", required=True),
        text("description", "What it does, as told."),
        text("run", "The run that was told of last; null where only the job was told of."),
        text(
            "status",
            "What was told of that run last: `START`, `RUNNING`, `COMPLETE`, `FAIL`, `ABORT`, `OTHER`.",
        ),
        integer("inputs", "How many datasets it reads.", required=True),
        integer("outputs", "How many it writes.", required=True),
        text("facets", "Everything that was told of it, as JSON.", required=True),
        text("producer", "Who told last.", required=True),
        timestamp("told_at", "The time of the newest event.", required=True),
    ),
    key=("namespace", "name"),
    derive=_rows,
    follows=frozenset({"external"}),
)
