"""Which columns of its inputs a statement uses, and which columns it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from meshwright.sql.guards import position
from meshwright.sql.resolve import NO_COLUMNS, Resolver, Schemas
from meshwright.sql.scopes import ColumnRef, Item, Query, Select, Source, StarRef
from meshwright.sql.statement import Statement

Used = Mapping[str, frozenset[str] | None]
"""The columns used of each reference by key, spelled as its schema spells them; None: not known."""


def columns_used(statement: Statement, schemas: Schemas, wanted: Iterable[str] | None = None) -> Used:
    """The columns that the statement uses of each of its references.

    A column that is named anywhere is used: results, filters, joins, groups, order. Columns that
    only a star brings along are used when what is around the star uses them; at the top that is
    `wanted`, or everything when it is None. `count(*)` uses none. None instead of a set says that
    it cannot be told: a star, or an unqualified name, over columns that nobody knows.
    """
    uses = _Uses(schemas, statement.keys)
    uses.visit(statement.query)
    uses.want(statement.query, None if wanted is None else frozenset(name.lower() for name in wanted))
    return {key: uses.result(key) for key in statement.keys}


def output_columns(statement: Statement, schemas: Schemas) -> tuple[str, ...] | None:
    """The columns of the statement's result, in lower case; None when they cannot be told."""
    known, complete = Resolver(schemas, statement.keys).outputs(statement.query)
    return tuple(dict.fromkeys(known)) if complete else None


@dataclass(frozen=True, slots=True)
class UnknownColumn:
    """A column that a statement asks of a reference by name, and that its schema lacks."""

    key: str
    name: str
    line: int | None
    column: int | None


def unknown_columns(statement: Statement, schemas: Schemas) -> tuple[UnknownColumn, ...]:
    """Columns that cannot be there: `deals.amuont` where the schema of `deals` is known."""
    uses = _Uses(schemas, statement.keys)
    uses.visit(statement.query)
    found: dict[tuple[str, str], UnknownColumn] = {}
    for key, name, start in uses.lacking:
        line, column = position(statement.text, start) if start >= 0 else (None, None)
        found.setdefault((key, name), UnknownColumn(key, name, line, column))
    return tuple(found.values())


class _Uses(Resolver):
    """Accumulates the columns used of each reference of one statement."""

    def __init__(self, schemas: Schemas, keys: Iterable[str]) -> None:
        super().__init__(schemas, keys)
        self.used: dict[str, set[str]] = {key: set() for key in keys}
        self.unclear: set[str] = set()
        self.lacking: list[tuple[str, str, int]] = []
        self.wanted: dict[int, set[str] | None] = {}
        self.seen: set[int] = set()

    def result(self, key: str) -> frozenset[str] | None:
        """What is used of one reference, as its schema spells it."""
        if key in self.unclear:
            return None
        spelling = self.spelling.get(key, {})
        return frozenset(spelling.get(name, name) for name in self.used[key])

    # --- what is used by name

    def visit(self, query: Query) -> None:
        """Record every column that is named in the query and in those inside it."""
        if id(query) in self.seen:
            return
        self.seen.add(id(query))
        for inner in (*query.ctes, query.left, query.right):
            if inner is not None:
                self.visit(inner)
        if query.select is not None:
            self._visit_select(query.select)

    def _visit_select(self, select: Select) -> None:
        for source in select.sources:
            if source.query is not None:
                self.visit(source.query)
        for column in select.used:
            self.resolve(column, select)
        for result in select.results:
            if isinstance(result, Item):
                for column in result.columns:
                    self.resolve(column, select, result.name)
        for source in select.whole:
            self.take(source, None)
        for name in select.same:
            for source in select.sources:
                names, complete = self.columns_of(source)
                if name in names or not complete:
                    self.take(source, name)
        if select.everything:
            for source in select.sources:
                self.take(source, None)
        if select.natural:
            self._natural(select)
        for query, matters in select.subqueries:
            self.visit(query)
            self.want(query, None if matters else frozenset())

    def _natural(self, select: Select) -> None:
        counts: dict[str, int] = {}
        for source in select.sources:
            names, complete = self.columns_of(source)
            for name in names:
                counts[name] = counts.get(name, 0) + 1
            if not complete:
                for other in select.sources:
                    self.take(other, None)
                return
        for source in select.sources:
            for name in self.columns_of(source)[0]:
                if counts[name] > 1:
                    self.take(source, name)

    def resolve(self, column: ColumnRef, select: Select, result: str | None = None) -> None:
        """Take a column from the source it names, or from the one that has it."""
        for source, name in self.origins(column, select, result):
            self.take(source, name, column.start)

    def origins(
        self, column: ColumnRef, select: Select, result: str | None = None
    ) -> list[tuple[Source, str | None]]:
        """Where a column comes from: sources with a column each; None for the whole source."""
        if column.source is not None:
            return [(column.source, column.name)]
        scope: Select | None = select
        open_sources: list[Source] = []
        while scope is not None:
            holders = [source for source in scope.sources if column.name in self.columns_of(source)[0]]
            if holders:
                return [(source, column.name) for source in holders]
            rows = [source for source in scope.sources if source.alias == column.name]
            if rows:
                return [(source, None) for source in rows]
            open_sources += [source for source in scope.sources if not self.columns_of(source)[1]]
            named = any(
                isinstance(item, Item) and item.name == column.name and item.name != result
                for item in scope.results
            )
            if named:
                return []
            scope = scope.parent
        real = [source for source in open_sources if source.key or source.query]
        if len(open_sources) == 1 and real:
            return [(real[0], column.name)]
        for source in real:
            self.doubt(source)
        if not open_sources and select.parent is None and len(select.sources) == 1:
            only = select.sources[0]  # nothing has the column, so it can only be meant to be here
            return [(only, column.name)] if only.key and column.name not in NO_COLUMNS else []
        return []

    def doubt(self, source: Source) -> None:
        """Say that what is used of the references behind a source cannot be told."""
        if source.key is not None:
            if source.key not in self.spelling:
                self.unclear.add(source.key)
        elif source.query is not None:
            self.take(source, None)

    # --- what is taken from a source

    def take(self, source: Source, name: str | None, start: int = -1) -> None:
        """Use one column of a source, or (None) all of them."""
        if name is not None and source.columns and name in source.columns:
            names = self._own_names(source)
            position = source.columns.index(name)
            if position >= len(names):
                name = None if source.key or source.query else name
            else:
                name = names[position]
        if source.key is not None:
            self._take_reference(source.key, name, start)
        elif source.query is not None:
            self.want(source.query, None if name is None else frozenset({name}))

    def _own_names(self, source: Source) -> Sequence[str]:
        if source.key is not None:
            return [*self.spelling.get(source.key, {})]
        return self.outputs(source.query)[0] if source.query is not None else ()

    def _take_reference(self, key: str, name: str | None, start: int) -> None:
        spelling = self.spelling.get(key)
        if name is None:
            if spelling is None:
                self.unclear.add(key)
            else:
                self.used[key].update(spelling)
        else:
            if spelling is not None and name not in spelling:
                self.lacking.append((key, name, start))
            self.used[key].add(name)

    def want(self, query: Query, names: frozenset[str] | None) -> None:
        """Use columns of a query's result, or (None) all: what its stars stand for is used."""
        before = self.wanted.setdefault(id(query), set())
        if before is None or (names is not None and names <= before and id(query) in self.wanted and names):
            return
        if names is None:
            self.wanted[id(query)] = None
        else:
            before.update(names)
        if query.columns and names is not None:
            own = self._query_names(query)
            names = frozenset(
                own[query.columns.index(name)]
                if name in query.columns and query.columns.index(name) < len(own)
                else name
                for name in names
            )
        if query.select is not None:
            self._want_select(query.select, names)
        elif query.left is not None and query.right is not None:
            if query.distinct:
                names = None
            self.want(query.left, names)
            self.want(query.right, names if query.by_name else self._by_position(query, names))

    def _query_names(self, query: Query) -> Sequence[str]:
        if query.select is not None:
            return self.select_outputs(query.select)[0]
        return self.outputs(query.left)[0] if query.left is not None else ()

    def _by_position(self, query: Query, names: frozenset[str] | None) -> frozenset[str] | None:
        assert query.left is not None and query.right is not None
        if names is None:
            return None
        left, complete = self.outputs(query.left)
        right, also = self.outputs(query.right)
        if not (complete and also and len(left) == len(right)):
            return None
        return frozenset(other for name, other in zip(left, right, strict=True) if name in names)

    def _want_select(self, select: Select, names: frozenset[str] | None) -> None:
        for result in select.results:
            if not isinstance(result, StarRef):
                continue
            for source, name in self.expand(select, result):
                if name is None:
                    self._want_unknown(select, result, source, names)
                elif names is None or result.renamed.get(name, name) in names:
                    self.take(source, name)

    def _want_unknown(
        self, select: Select, star: StarRef, source: Source, names: frozenset[str] | None
    ) -> None:
        if names is None:
            self.take(source, None)
            return
        made, _ = self.select_outputs(select)
        missing = names - frozenset(made)
        others = [s for s, name in self.expand(select, star) if name is None]
        if missing and len(others) > 1:
            self.doubt(source)
        for name in missing if len(others) == 1 else ():
            self.take(source, name)
