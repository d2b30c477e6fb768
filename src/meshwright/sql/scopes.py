"""The scopes of a statement, without the syntax tree: what each SELECT reads, and by which names.

Names are folded to lower case, as SQL compares them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from meshwright.sql.derivation import NAMED


@dataclass(slots=True)
class ColumnRef:
    """A column as written: `d.city` has the parts `("d", "city")`.

    `source` is what its qualifier names, `name` the column in it; an unqualified column has no
    source yet, and its `name` is its first part. `start` is where it stands in the text, -1 where
    that is not known. `how` is what is made of it (`sql.derivation`), `path` the fields of it.
    """

    name: str
    source: Source | None = None
    start: int = -1
    how: int = NAMED
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class StarRef:
    """A `*` in a list of results: of one source, or of all (`source` None).

    `excluded` leaves columns out; `renamed` maps a column to its new name, `replaced` to what stands
    in its place.
    """

    source: Source | None = None
    excluded: frozenset[str] = frozenset()
    renamed: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, Item] = field(default_factory=dict)


@dataclass(slots=True)
class Nested:
    """A query inside an expression: what is made of its result, and whether that is more than
    whether there is one."""

    query: Query
    how: int
    matters: bool


@dataclass(slots=True)
class Item:
    """Expressions with the columns in them, such as one entry of a list of results.

    `whole` are sources (None: all there are) of which every column is in it, `counted` ones (None:
    all) whose rows are; each with what is made of them. `key` says that it is no aggregate, so that
    GROUP BY ALL groups by it. `each` are the names that the one COLUMNS(...) in it stands for, and what
    is made of each column.
    """

    name: str
    columns: list[ColumnRef] = field(default_factory=list)
    plain: bool = False  # a bare column and nothing else
    queries: list[Nested] = field(default_factory=list)
    whole: list[tuple[Source | None, int]] = field(default_factory=list)
    counted: list[tuple[Source | None, int]] = field(default_factory=list)
    key: bool = True
    each: tuple[re.Pattern[str], int] | None = None


@dataclass(slots=True)
class Pivot:
    """One PIVOT or UNPIVOT behind a table.

    `values` are the aggregates, or (unpivoting) the columns that are put below each other; `keys`
    the columns whose values become names; `group` the columns it groups by, None: all others.
    `names` are the new columns of values when unpivoting, `labels` those of names.
    """

    unpivot: bool
    values: list[Item]
    keys: list[str]
    group: list[str] | None = None
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Source:
    """What one name of a FROM stands for: a reference (its key), a query, or neither.

    `columns` are the names an alias gives, `AS t(a, b)`; `opaque` sources, such as table
    functions and pivots, have columns that are not known unless an alias names them.
    `qualified` is the name as written, folded, when no alias hides it. `arguments` are the
    expressions that a table function reads, in the SELECT `scope`; `pivots` stand behind the
    source `pivoted`; a `hidden` one, right of a semi join, has no columns outside its condition.
    """

    alias: str
    key: str | None = None
    query: Query | None = None
    columns: tuple[str, ...] = ()
    qualified: tuple[str, ...] = ()
    opaque: bool = False
    arguments: Item | None = None
    scope: Select | None = None
    pivots: list[Pivot] = field(default_factory=list)
    pivoted: Source | None = None
    hidden: bool = False


@dataclass(slots=True, eq=False)
class Select:
    """One SELECT: sources, results, and every column it names anywhere.

    `used` are the columns outside the results (filters, joins, groups, order), `whole` the
    sources of which every column is used, `same` the columns of USING, `subqueries` the queries
    in expressions, each with whether its results matter (those of EXISTS do not). `rows` is what
    decides the rows, its columns among `used`; `positions` and `all` are results that do so by
    number (`ORDER BY 2`) and all of them, each with how; `sorted` says where ORDER BY has bare names.
    """

    parent: Select | None
    sources: list[Source] = field(default_factory=list)
    results: list[Item | StarRef] = field(default_factory=list)
    rows: Item = field(default_factory=lambda: Item(""))
    whole: list[Source] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    subqueries: list[tuple[Query, bool]] = field(default_factory=list)
    distinct: bool = False
    everything: bool = False  # COLUMNS(...), or a star whose every column decides the rows
    natural: bool = False
    unique: bool = False  # DISTINCT without ON
    positions: list[tuple[int, int]] = field(default_factory=list)
    all: list[int] = field(default_factory=list)
    sorted: set[int] = field(default_factory=set)

    @property
    def used(self) -> list[ColumnRef]:
        """The columns outside the results."""
        return self.rows.columns


@dataclass(slots=True, eq=False)
class Query:
    """A SELECT or a set operation of two queries, with the names a CTE's alias gives.

    It is filled after it is made, because a recursive one contains itself. `operation` is that of
    sets: `union`, `intersect` or `except`; `sorted` the results that ORDER BY of one names.
    """

    select: Select | None = None
    left: Query | None = None
    right: Query | None = None
    by_name: bool = False
    distinct: bool = False
    columns: tuple[str, ...] = ()
    ctes: list[Query] = field(default_factory=list)
    operation: str = ""
    sorted: list[str | int] = field(default_factory=list)
