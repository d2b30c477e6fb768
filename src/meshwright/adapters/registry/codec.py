"""Values of the model as JSON text and back, without loss."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from meshwright.model.publication import Column, PartitionField
from meshwright.model.types import ColumnType


def dump(value: Any) -> str:
    """Plain data as compact JSON; keys keep their order."""
    return json.dumps(value, separators=(",", ":"))


def load(text: str) -> Any:
    """Plain data from JSON."""
    return json.loads(text)


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8.

    What JSON has no form for (dates, decimals) is written as its text.

    >>> canonical({"b": [1, "é"], "a": None})
    '{"a":null,"b":[1,"é"]}'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # lone surrogates as JSON escapes


# --- columns


def dump_columns(columns: Sequence[Column]) -> str:
    """Columns as JSON."""
    return dump([_column(column) for column in columns])


def load_columns(text: str) -> tuple[Column, ...]:
    """Columns from JSON."""
    return tuple(_to_column(item) for item in load(text))


def dump_partitions(partitions: Sequence[PartitionField]) -> str:
    """Partition fields as JSON."""
    return dump([[field.column, field.transform] for field in partitions])


def load_partitions(text: str) -> tuple[PartitionField, ...]:
    """Partition fields from JSON."""
    return tuple(PartitionField(column, transform) for column, transform in load(text))


def _column(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {"id": column.field_id, "name": column.name, "type": _type(column.type)}
    if column.description is not None:
        found["description"] = column.description
    if column.children:
        found["children"] = [_column(child) for child in column.children]
    return found


def _to_column(item: Mapping[str, Any]) -> Column:
    children = tuple(_to_column(child) for child in item.get("children", ()))
    return Column(item["id"], item["name"], _to_type(item["type"]), item.get("description"), children)


def _type(kind: ColumnType) -> Any:
    found: dict[str, Any] = {"kind": kind.kind}
    if kind.precision or kind.scale:
        found |= {"precision": kind.precision, "scale": kind.scale}
    if kind.fields:
        found["fields"] = [[name, _type(part)] for name, part in kind.fields]
    if kind.item is not None:
        found["item"] = _type(kind.item)
    if kind.key is not None:
        found["key"] = _type(kind.key)
    return found if len(found) > 1 else kind.kind


def _to_type(item: Any) -> ColumnType:
    if isinstance(item, str):
        return ColumnType(item)
    return ColumnType(
        item["kind"],
        item.get("precision", 0),
        item.get("scale", 0),
        tuple((name, _to_type(part)) for name, part in item.get("fields", ())),
        _to_type(item["item"]) if "item" in item else None,
        _to_type(item["key"]) if "key" in item else None,
    )


# --- partition values

_NO_PARTITION = "{}"


def dump_partition(partition: Mapping[str, Any]) -> str:
    """The partition values of a file as JSON; values that JSON lacks are tagged with their type.

    >>> dump_partition({"day": date(2024, 2, 29), "region": "north"})
    '{"day":{"date":"2024-02-29"},"region":"north"}'
    """
    return dump({name: _value(value) for name, value in partition.items()}) if partition else _NO_PARTITION


def load_partition(text: str) -> Mapping[str, Any]:
    """The partition values of a file, as they were given."""
    if text == _NO_PARTITION:
        return {}
    return {name: _to_value(value) for name, value in load(text).items()}


def _value(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return {"datetime": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case time():
            return {"time": value.isoformat()}
        case Decimal():
            return {"decimal": str(value)}
        case UUID():
            return {"uuid": str(value)}
        case bytes():
            return {"bytes": value.hex()}
    raise TypeError(f"a partition value cannot be a {type(value).__name__}")


def _to_value(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    ((kind, text),) = item.items()
    match kind:
        case "datetime":
            return datetime.fromisoformat(text)
        case "date":
            return date.fromisoformat(text)
        case "time":
            return time.fromisoformat(text)
        case "decimal":
            return Decimal(text)
        case "uuid":
            return UUID(text)
        case "bytes":
            return bytes.fromhex(text)
    raise TypeError(f"`{kind}` is no type of a partition value")
