"""What the columns of each product come from, by its own input ports, as it was stored with the product."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any

import pyarrow as pa

from meshwright.supervision.metamodel.column import Rows, integer, integers, text, texts
from meshwright.supervision.metamodel.levels import Walk
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import PRODUCT


def _rows(walk: Walk) -> Rows:
    """One row for each object that models build, as `model.lineage.lineage_to_json` writes it."""
    places: list[int] = []
    rows: dict[str, list[Any]] = {column.name: [] for column in _OWN}
    for index, lineage in walk.lineages():
        read, built = json.loads(lineage)
        inputs, tables = ([port for port, _ in read], [name for _, name in read])
        for port, major, name, model, made in built:
            places.append(index)
            for column, value in _object(port, major, name, model, made).items():
                rows[column].append(value)
            rows["input_ports"].append(inputs)
            rows["input_objects"].append(tables)
    product = pa.array(places, pa.int32())
    return {
        "_product": product,
        "domain": walk.products.get("domain").take(product),
        "product": walk.products.get("product").take(product),
        **rows,
    }


def _object(port: str, major: int, name: str, model: str, made: Mapping[str, list[Any]]) -> dict[str, Any]:
    flat = list(chain.from_iterable(made.values()))
    return {
        "port": port,
        "major": major,
        "object": name,
        "model": model,
        "columns": list(made),
        "sizes": [len(each) // 3 for each in made.values()],
        "inputs": flat[::3],
        "input_columns": flat[1::3],
        "how": flat[2::3],
    }


_OWN = (
    text("port", "The output port."),
    integer("major", "Its major version."),
    text("object", "The table that is built."),
    text("model", "The model that builds it."),
    texts("columns", "Its columns, and `model.lineage.ROWS` or `ANY`."),
    integers("sizes", "How many of the origins below belong to each column."),
    integers("inputs", "The places of the origins in the lists of inputs."),
    texts("input_columns", "Their columns there, `ROWS` or `ANY`."),
    integers("how", "Their numbers in `model.lineage.MEANING`."),
    texts("input_ports", "The input ports that are read."),
    texts("input_objects", "The tables behind them, one for each."),
)

RELATION = Relation(
    name="_column_origins",
    description="What columns come from.",
    columns=(*PRODUCT, *_OWN),
    key=(),
    collect=_rows,
)
