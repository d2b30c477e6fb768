"""Datasets outside the mesh that others told of."""

from __future__ import annotations

import json

from meshwright.supervision.lineage.told import columns_of
from meshwright.supervision.metamodel.column import Rows, integer, text, texts, timestamp
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.joined import NEEDS, ours_in
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> Rows:
    known = [(key, each) for key, each in world.external.items() if key.kind == "dataset"]
    if not known:
        return {}
    ours = ours_in(world)
    facets = [each["facets"] for _, each in known]
    joined = [
        ours.table((key.namespace, key.name), facet) or (None, None)
        for (key, _), facet in zip(known, facets, strict=True)
    ]
    checks = [(each.get("dataQualityAssertions") or {}).get("assertions") or () for each in facets]
    return {
        "namespace": [key.namespace for key, _ in known],
        "name": [key.name for key, _ in known],
        "node": [
            node or f"dataset:{key.namespace}/{key.name}"
            for (key, _), (node, _) in zip(known, joined, strict=True)
        ],
        "joined_to": [node for node, _ in joined],
        "joined_object": [table for _, table in joined],
        "description": [(each.get("documentation") or {}).get("description") for each in facets],
        "columns": [columns_of(each) for each in facets],
        "assertions": [len(each) for each in checks],
        "assertions_failed": [sum(not one["success"] for one in each) for each in checks],
        "facets": [json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in facets],
        "producer": [each["producer"] for _, each in known],
        "told_at": [each["at"] for _, each in known],
    }


RELATION = Relation(
    name="external_datasets",
    description="Datasets that OpenLineage events from outside told of, and which are tables of the mesh.",
    columns=(
        text("namespace", "Its namespace.", required=True),
        text("name", "Its name there.", required=True),
        text("node", "`joined_to`, else `dataset:NAMESPACE/NAME`.", required=True),
        text("joined_to", "The address of the output port that it is, or `source:CONTRACT@MAJOR`."),
        text("joined_object", "The table there, by its name in data."),
        text("description", "What it is, as told."),
        texts("columns", "Its columns, as its schema tells them.", required=True),
        integer("assertions", "How many assertions on its quality were told last.", required=True),
        integer("assertions_failed", "How many of them failed.", required=True),
        text("facets", "Everything that was told of it, as JSON.", required=True),
        text("producer", "Who told last.", required=True),
        timestamp("told_at", "The time of the newest event.", required=True),
    ),
    key=("namespace", "name"),
    derive=_rows,
    needs=NEEDS,
    follows=frozenset({"declarations", "external"}),
)
