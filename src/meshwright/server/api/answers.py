"""Rows of relations as JSON, and the types that describe them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, create_model
from pydantic_core import to_json

from meshwright.model.address import ProductKey
from meshwright.standards.openlineage_events import without_passwords
from meshwright.supervision.catalogue import Catalogue
from meshwright.supervision.metamodel.column import ColumnKind
from meshwright.supervision.metamodel.relations import RELATIONS

TYPES: Mapping[ColumnKind, Any] = {
    "text": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "timestamp": datetime,
    "texts": list[str | None],
}


@cache
def row_model(name: str) -> type[BaseModel]:
    """The type of a relation's rows, made from its definition."""
    relation = RELATIONS[name]
    fields: dict[str, Any] = {}
    for column in relation.columns:
        kind = TYPES[column.kind] if column.required else TYPES[column.kind] | None
        fields[f"{column.name}_"] = (kind, Field(alias=column.name, description=column.description))
    title = "".join(part.capitalize() for part in name.split("_")) + "Row"
    return create_model(title, __doc__=relation.description, **fields)


def rows_field(name: str, description: str) -> Any:
    """A field that holds rows of a relation."""
    return (list[row_model(name)], Field(description=description))  # type: ignore[misc]


class Json(JSONResponse):
    """Plain data as JSON (RFC 8259), moments in ISO 8601; what no number can hold is null."""

    def render(self, content: Any) -> bytes:
        """The bytes."""
        return to_json(content, inf_nan_mode="null")


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as they may be told: without the passwords of URLs."""
    return [told(row) for row in table.to_pylist()]


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it may be told."""
    for name, value in row.items():
        if type(value) is str and "@" in value:
            row[name] = without_passwords(value)
    return row


def rows_about(catalogue: Catalogue, key: ProductKey, relation: str, **wanted: Any) -> list[dict[str, Any]]:
    """The rows about a product with these values, in the order of the table."""
    table = catalogue.index(relation).table(key.domain, key.product)
    mask = all_of(pc.equal(table[name], value) for name, value in wanted.items())
    return rows_of(table if mask is None else table.filter(mask))


def sound(text: str) -> str:
    """A text that a client sent, as Arrow can hold it."""
    return text.encode("utf-8", "replace").decode()


def all_of(masks: Iterable[Any]) -> Any:
    """Where all of these are true; None where there are none."""
    found = None
    for mask in masks:
        found = mask if found is None else pc.and_(found, mask)
    return found
