"""What a relation is: documented columns, a key, and where its rows come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from meshwright.supervision.metamodel.column import Column, Rows, array
from meshwright.supervision.metamodel.levels import Level, Walk
from meshwright.supervision.metamodel.world import World

Change = Literal["declarations", "domains", "facts", "publications", "policies", "external"]
"""What of a registry a derived relation follows."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One table of schema `mesh`.

    A declared relation has a row for each part of some `level` of the documents, and `compute` adds
    columns that are no field of a part, given the others; or it has `collect`, which makes rows from several
    levels. Its rows are kept by product. A derived one has `derive`, made anew whenever what it `follows` has
    changed, from the relations that it `needs` and from the registry. Neither does I/O. In rows of
    `collect`, the column `_product` says which product of the walk each belongs to.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    level: Callable[[Walk], Level] | None = None
    compute: Callable[[Level, Rows], Rows] | None = None
    collect: Callable[[Walk], Rows] | None = None
    derive: Callable[[World], Rows | pa.Table] | None = None
    needs: tuple[str, ...] = ()
    follows: frozenset[Change] = frozenset({"declarations"})

    @property
    def schema(self) -> pa.Schema:
        """The schema in Arrow."""
        return pa.schema([(column.name, column.type) for column in self.columns])

    @property
    def declared(self) -> bool:
        """Whether its rows come from declarations of one product alone."""
        return self.derive is None

    def table(self, rows: Rows | pa.Table) -> pa.Table:
        """Rows as a table of this relation's schema."""
        if isinstance(rows, pa.Table):
            return rows
        size = max((len(values) for values in rows.values()), default=0)
        arrays = [array(rows.get(column.name), column.kind, size) for column in self.columns]
        return pa.Table.from_arrays(arrays, schema=self.schema)
