"""What a table's current snapshot is made of, in words that outlive the library that read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from meshwright.model.publication import Column
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Deleted


@dataclass(frozen=True, slots=True)
class Contents:
    """The columns, the data files and the deleted rows of one snapshot.

    Where an engine that finds columns by field ids, and rows by position, would read other rows than
    the table has, `apart` says why: then the rows are read by PyIceberg.
    """

    columns: tuple[Column, ...]
    files: tuple[str, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    apart: str | None = field(default=None)

    def as_text(self) -> str:
        """The contents as JSON, for `contents_from`."""
        return json.dumps(asdict(self), separators=(",", ":"))


def contents_from(text: str) -> Contents:
    """What `Contents.as_text` wrote.

    Raises:
        ValueError: it is something else.
    """
    try:
        told = json.loads(text)
        return Contents(
            tuple(map(_column, told["columns"])),
            tuple(told["files"]),
            tuple(Deleted(**one) for one in told["deleted"]),
            told["apart"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"these are no contents of a table: {error}") from None


def _column(told: Mapping[str, Any]) -> Column:
    children = tuple(map(_column, told["children"]))
    return Column(told["field_id"], told["name"], _type(told["type"]), told["description"], children)


def _type(told: Mapping[str, Any]) -> ColumnType:
    fields = tuple((name, _type(kind)) for name, kind in told["fields"])
    item, key = (_type(told[end]) if told[end] else None for end in ("item", "key"))
    return ColumnType(told["kind"], told["precision"], told["scale"], fields, item, key)
