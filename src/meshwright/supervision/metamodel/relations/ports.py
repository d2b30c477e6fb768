"""Input and output ports."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from meshwright.supervision.metamodel.column import Rows, array, boolean, integer, text, texts
from meshwright.supervision.metamodel.levels import Level, Walk, custom_text
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import PRODUCT

_COLUMNS = (
    *PRODUCT,
    text("direction", "`input` or `output`.", required=True),
    text("port", "The port's name.", required=True),
    integer("major", "The major version of an output port; null for an input port."),
    text(
        "address",
        "`mesh://MESH/DOMAIN/PRODUCT/PORT@MAJOR`; an input port has no major.",
        required=True,
    ),
    text("version", "The version that is served, or asked for (null: any)."),
    text("contract_id", "The contract that it is bound to.", "contractId"),
    text("contract_version", "The version of the product's own contract of that id that it is bound to."),
    text("status", "`deprecated` where the port is, else the product's status.", required=True),
    text("type", "Its type, as its document says.", "type"),
    text("description", "What it serves.", "description"),
    boolean("deprecated", "Whether the port is marked so.", "deprecated", default=False),
    text("sunset", "When it ends, as the document says; else when the product does."),
    text("materialization", "How its objects are built where they do not say: `full`, `append`, `merge`."),
    texts("tags", "Its tags.", "tags"),
    integer("position", "Its place among the product's ports of this direction, from 1.", required=True),
)


def _rows(walk: Walk) -> Rows:
    tables = []
    for direction, level in (("input", walk.inputs), ("output", walk.outputs)):
        rows = {**level.rows(_COLUMNS), **_computed(walk, level, direction)}
        arrays = [array(rows.get(column.name), column.kind, len(level)) for column in _COLUMNS]
        arrays.append(level.get("_product").cast(pa.int64()))
        tables.append(pa.Table.from_arrays(arrays, [*(column.name for column in _COLUMNS), "_product"]))
    whole = pa.concat_tables(tables)
    return {name: whole[name].combine_chunks() for name in whole.column_names}


def _computed(walk: Walk, level: Level, direction: str) -> dict[str, Any]:
    statuses = level.get("status").to_pylist()
    contracts = walk.contracts.known["contract_version"]
    ends = [custom_text(item, "sunset") for item in walk.products.items]
    served = direction == "output"
    return {
        "direction": [direction] * len(level),
        "contract_version": [None if at is None else contracts[at] for at in level.known["contract"]],
        "status": [
            "deprecated" if item.get("deprecated") is True and status == "active" else status
            for item, status in zip(level.items, statuses, strict=True)
        ],
        "sunset": [
            custom_text(item, "sunset") or (ends[of] if served else None)
            for of, item in zip(level.of, level.items, strict=True)
        ],
        "materialization": [
            (custom_text(item, "materialization") or "full") if served else None for item in level.items
        ],
    }


RELATION = Relation(
    name="ports",
    description="Where products read and serve.",
    columns=_COLUMNS,
    key=("domain", "product", "direction", "port", "major"),
    collect=_rows,
)
