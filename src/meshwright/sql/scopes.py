"""The scopes of a statement, without the syntax tree: what each SELECT reads, and by which names.

Names are folded to lower case, as SQL compares them.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class ColumnRef:
    """A column as written: `d.city` has the parts `("d", "city")`.

    `source` is what its qualifier names, `name` the column in it; an unqualified column has no
    source yet, and its `name` is its first part. `start` is where it stands in the text, -1 where
    that is not known.
    """

    name: str
    source: Source | None = None
    start: int = -1


@dataclass(slots=True)
class StarRef:
    """A `*` in a list of results: of one source, or of all (`source` None).

    `excluded` leaves columns out; `renamed` maps a column to its new name.
    """

    source: Source | None = None
    excluded: frozenset[str] = frozenset()
    renamed: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Item:
    """One entry of a list of results: an expression with the columns in it."""

    name: str
    columns: list[ColumnRef] = field(default_factory=list)
    plain: bool = False  # a bare column and nothing else
    queries: list[Query] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Source:
    """What one name of a FROM stands for: a reference (its key), a query, or neither.

    `columns` are the names an alias gives, `AS t(a, b)`; `opaque` sources, such as table
    functions and pivots, have columns that are not known unless an alias names them.
    `qualified` is the name as written, folded, when no alias hides it.
    """

    alias: str
    key: str | None = None
    query: Query | None = None
    columns: tuple[str, ...] = ()
    qualified: tuple[str, ...] = ()
    opaque: bool = False


@dataclass(slots=True, eq=False)
class Select:
    """One SELECT: sources, results, and every column it names anywhere.

    `used` holds the columns outside the results (filters, joins, groups, order), `whole` the
    sources of which every column is used, `same` the columns of USING, `subqueries` the queries
    in expressions, each with whether its results matter (those of EXISTS do not).
    """

    parent: Select | None
    sources: list[Source] = field(default_factory=list)
    results: list[Item | StarRef] = field(default_factory=list)
    used: list[ColumnRef] = field(default_factory=list)
    whole: list[Source] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    subqueries: list[tuple[Query, bool]] = field(default_factory=list)
    distinct: bool = False
    everything: bool = False  # COLUMNS(...), or a star whose every column decides the rows
    natural: bool = False


@dataclass(slots=True, eq=False)
class Query:
    """A SELECT or a set operation of two queries, with the names a CTE's alias gives.

    It is filled after it is made, because a recursive one contains itself.
    """

    select: Select | None = None
    left: Query | None = None
    right: Query | None = None
    by_name: bool = False
    distinct: bool = False
    columns: tuple[str, ...] = ()
    ctes: list[Query] = field(default_factory=list)
