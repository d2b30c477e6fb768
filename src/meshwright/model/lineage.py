"""How columns come from columns: the words of OpenLineage's column lineage, and edges in them.

`Subtype` follows the transformation subtypes of OpenLineage's ColumnLineageDatasetFacet 1.2; `rows`
and `unknown` are ours: which rows there are, and what cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
