"""How columns come from columns: the words of OpenLineage's column lineage, and edges in them.

`Subtype` follows the transformation subtypes of OpenLineage's ColumnLineageDatasetFacet 1.2; `rows`
and `unknown` are ours: which rows there are, and what cannot be told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["direct", "indirect", "unknown"]
"""Whether a value comes from a column, is only influenced by it, or may be either."""

Subtype = Literal[
    "identity",
    "transformation",
    "aggregation",
    "filter",
    "join",
    "group_by",
    "sort",
    "window",
    "conditional",
    "rows",
    "unknown",
]

MEANING: tuple[tuple[Subtype, bool], ...] = (
    ("identity", False),
    ("transformation", False),
    ("aggregation", False),
    ("transformation", True),
    ("aggregation", True),
    ("filter", False),
    ("join", False),
    ("group_by", False),
    ("sort", False),
    ("window", False),
    ("conditional", False),
    ("rows", False),
    ("unknown", False),
)
"""Subtype and masking by number. Edges are stored by number: new ones go to the end."""

DIRECT: frozenset[str] = frozenset({"identity", "transformation", "aggregation"})
"""The subtypes with which values are carried over."""

ROWS = ""
"""In place of a column: the rows of a table. What bears on them bears on every column."""

ANY = "*"
"""In place of a column: any column of a table, where it cannot be told which."""


def kind_of(subtype: str) -> Kind:
    """The kind that a subtype belongs to."""
    if subtype in DIRECT:
        return "direct"
    return "unknown" if subtype == "unknown" else "indirect"


@dataclass(frozen=True, slots=True, order=True)
class ColumnEdge:
    """One way in which a column of a statement's result comes from a column that it reads.

    `key` is the reference as written (`crm.deals`), `source` its column, `column` the result's.
    Each may be `ROWS`, and `ANY` where columns are not known; a field of a structure is dotted
    (`address.city`). `masking` says that the value cannot be read out of what was made of it: a
    digest, a count.
    """

    key: str
    source: str
    column: str
    subtype: Subtype
    masking: bool = False

    @property
    def kind(self) -> Kind:
        """Whether values are carried over."""
        return kind_of(self.subtype)


@dataclass(frozen=True, slots=True)
class ObjectLineage:
    """What one object of an output port comes from, through all models of its product.

    `model` builds it. `columns` maps each of its columns, and `ROWS`, to (input port, object there,
    column there, number of `MEANING`); objects go by their names in data.
    """

    port: str
    major: int
    object: str
    model: str
    columns: Mapping[str, Sequence[tuple[str, str, str, int]]]


def lineage_to_json(objects: Sequence[ObjectLineage]) -> str:
    """The lineage of a product as compact JSON text; `lineage_from_json` reads it back equal."""
    sources: dict[tuple[str, str], int] = {}
    written = [
        [
            each.port,
            each.major,
            each.object,
            each.model,
            {
                column: [
                    value
                    for port, name, source, how in origins
                    for value in (sources.setdefault((port, name), len(sources)), source, how)
                ]
                for column, origins in each.columns.items()
            },
        ]
        for each in objects
    ]
    return json.dumps([[*map(list, sources)], written], separators=(",", ":"), ensure_ascii=False)


def lineage_from_json(text: str) -> tuple[ObjectLineage, ...]:
    """The lineage that `lineage_to_json` wrote."""
    sources, written = json.loads(text)
    return tuple(
        ObjectLineage(
            port, major, name, model, {c: tuple(_origins(flat, sources)) for c, flat in columns.items()}
        )
        for port, major, name, model, columns in written
    )


def _origins(flat: Sequence[Any], sources: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, str, int]]:
    for number, source, how in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        port, name = sources[number]
        yield port, name, source, how
