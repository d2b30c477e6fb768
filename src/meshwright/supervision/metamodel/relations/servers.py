"""Servers of contracts: where sources are."""

from __future__ import annotations

from meshwright.standards.openlineage_names import names_of_server
from meshwright.supervision.metamodel.column import Rows, text
from meshwright.supervision.metamodel.levels import Level, custom_text, parts_of
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import CONTRACT, CONTRACT_KEY


def _place(level: Level, rows: Rows) -> Rows:
    named = [names_of_server(item) for item in level.items]
    return {
        "location": [
            item.get("location") or item.get("path") or item.get("url") or item.get("bucket")
            for item in level.items
        ],
        "dataset_namespace": [found and found[0] for found in named],
        "dataset_name": [found and found[1] for found in named],
        "residency": [custom_text(item, "residency") or item.get("region") for item in level.items],
    }


RELATION = Relation(
    name="servers",
    description="Where the data of contracts are; only what contracts say, no secrets.",
    columns=(
        *CONTRACT,
        text("server", "Its name.", "server", required=True),
        text("type", "Its type: `postgres`, `local`, `api`, ...", "type", required=True),
        text("environment", "The environment that it belongs to.", "environment"),
        text("description", "What it is.", "description"),
        text("host", "Its host.", "host"),
        text("database", "The database.", "database"),
        text("catalog", "The catalogue.", "catalog"),
        text("schema", "The schema.", "schema"),
        text("location", "Its path, URL or bucket."),
        text("format", "The format of its files.", "format"),
        text("dataset_namespace", "The namespace that OpenLineage has for its datasets, where it has one."),
        text("dataset_name", "The name of a dataset in it; `{object}` stands for the table."),
        text("residency", "Where the data reside: the custom property `residency`, else the region."),
    ),
    key=(*CONTRACT_KEY, "server"),
    level=lambda walk: parts_of(walk.bound, "servers"),
    compute=_place,
)
