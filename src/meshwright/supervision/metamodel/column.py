"""Columns of relations, and values that fit them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa

ColumnKind = Literal["text", "integer", "number", "boolean", "timestamp", "texts", "integers"]

ARROW: Mapping[ColumnKind, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "texts": pa.list_(pa.string()),
    "integers": pa.list_(pa.int64()),
}
"""The Arrow type of each kind of column."""

Rows = Mapping[str, Any]
"""Values by column: Arrow arrays or lists, all of one length; a column that is left out is null."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a relation.

    `field` is the key of the document's part that holds the value; without one the value is known by
    the part's place, or the relation computes it. `default` is what an absent value means.
    """

    name: str
    kind: ColumnKind
    description: str
    field: str | None = None
    required: bool = False
    default: Any = None

    @property
    def type(self) -> pa.DataType:
        """The type in Arrow."""
        return ARROW[self.kind]


def array(values: Any, kind: ColumnKind, size: int) -> pa.Array:
    """Values as an Arrow array of a kind; what does not fit becomes text, or null where it cannot.

    None stands for `size` nulls. Moments may be given as ISO 8601 texts.
    """
    if values is None:
        return pa.nulls(size, ARROW[kind])
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values if values.type == ARROW[kind] else values.cast(ARROW[kind])
    try:
        if kind == "timestamp":
            return pa.array(values, pa.string()).cast(ARROW[kind])
        return pa.array(values, ARROW[kind])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError, TypeError, ValueError):
        return pa.array([fitted(value, kind) for value in values], ARROW[kind])


def fitted(value: Any, kind: ColumnKind) -> Any:
    """A value that a column of a kind can hold: as it is, as text, or null."""
    if value is None:
        return None
    match kind:
        case "text":
            return as_text(value)
        case "texts":
            return [fitted(part, "text") for part in value] if isinstance(value, list | tuple) else None
        case "integers":
            return [fitted(part, "integer") for part in value] if isinstance(value, list | tuple) else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer":
            whole = (isinstance(value, int) and not isinstance(value, bool)) or (
                isinstance(value, float) and value.is_integer()
            )
            return int(value) if whole and -(2**63) <= value < 2**63 else None
        case "number":
            return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        case "timestamp":
            return _moment(value)


def as_text(value: Any) -> str | None:
    """A value as text: what is no text as JSON; None stays None.

    >>> as_text("2.50"), as_text(4), as_text([1, "b"])
    ('2.50', '4', '[1, "b"]')
    """
    if type(value) is int:
        return str(value)
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # JSON may hold lone surrogates


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def text(name: str, description: str, field: str | None = None, **more: Any) -> Column:
    """A column of text."""
    return Column(name, "text", description, field, **more)


def integer(name: str, description: str, field: str | None = None, **more: Any) -> Column:
    """A column of whole numbers."""
    return Column(name, "integer", description, field, **more)


def number(name: str, description: str, field: str | None = None, **more: Any) -> Column:
    """A column of numbers."""
    return Column(name, "number", description, field, **more)


def boolean(name: str, description: str, field: str | None = None, **more: Any) -> Column:
    """A column of truth values."""
    return Column(name, "boolean", description, field, **more)


def timestamp(name: str, description: str, field: str | None = None, **more: Any) -> Column:
    """A column of moments, in UTC."""
    return Column(name, "timestamp", description, field, **more)


def texts(name: str, description: str, field: str | None = None, **more: Any) -> Column:
    """A column of lists of text."""
    return Column(name, "texts", description, field, **more)


def integers(name: str, description: str, field: str | None = None, **more: Any) -> Column:
    """A column of lists of whole numbers."""
    return Column(name, "integers", description, field, **more)
