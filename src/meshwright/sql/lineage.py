"""Which columns of its inputs each column of a statement's result comes from, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from meshwright.model.lineage import ANY, MEANING, ROWS, ColumnEdge
from meshwright.sql.derivation import (
    FILTER,
    GROUP_BY,
    IDENTITY,
    JOIN,
    MASKED_AGGREGATION,
    ROW,
    SORT,
    TRANSFORMATION,
    UNKNOWN,
)
from meshwright.sql.flow import Flow, Origins, fields_of, made_of
from meshwright.sql.pivots import Pivots
from meshwright.sql.resolve import NO_COLUMNS, Schemas
from meshwright.sql.scopes import ColumnRef, Item, Nested, Query, Select, Source, StarRef
from meshwright.sql.statement import Statement

_ROUNDS = 20
"""How often a recursive query is read; its edges can only grow, and settle after a few."""


def column_edges(
    statement: Statement, schemas: Schemas, wanted: Iterable[str] | None = None
) -> tuple[ColumnEdge, ...]:
    """Every edge from a column that the statement reads to a column of its result, sorted.

    `wanted` names the columns that the result has, where that is known; without it they are those
    that can be told, and `ANY` stands for the others. What decides which rows there are (filters,
    joins, groups, order, DISTINCT) is an edge to `ROWS`, once, and bears on every column. Where it
    cannot be told what a column comes from, edges of subtype `unknown` lead to it from everything
    that it may come from: no edge is lost.
    """
    edges = {
        ColumnEdge(key, source, column, *MEANING[how])
        for column, origins in origins_of(statement, schemas, wanted).items()
        for key, source, how in origins
    }
    return tuple(sorted(edges))


def origins_of(
    statement: Statement, schemas: Schemas, wanted: Iterable[str] | None = None
) -> dict[str, Origins]:
    """What each column of the result, and its `ROWS`, come from; as `column_edges`, by column."""
    flows = _Flows(schemas, statement.keys)
    try:
        flow = flows.of(statement.query)
    except RecursionError:  # nested so deeply that it cannot be told
        return {column: flows.everything(statement.keys) for column in (ROWS, *(wanted or [ANY]))}
    found: dict[str, Origins] = {ROWS: flow.rows}
    if wanted is None:
        found.update(flow.columns)
        if flow.open or flow.nameless or flow.rest:
            found[ANY] = flows.others(flow)
    else:
        for name in wanted:
            origins = flows.named(flow, name.lower())
            found[name] = flows.everything(statement.keys) if origins is None else origins
    return found


class _Flows(Pivots):
    """Works out the flows of the queries of one statement; each once."""

    def __init__(self, schemas: Schemas, keys: Iterable[str]) -> None:
        super().__init__(schemas, keys)
        self.flows: dict[int, Flow] = {}
        self.open: dict[
            int, bool
        ] = {}  # queries being read, and whether they turned out to contain themselves
        self.resolved: dict[tuple[int, str, bool], Origins] = {}
        self.items: set[int] = set()
        self.has: dict[int, tuple[frozenset[str], bool]] = {}

    # --- queries

    def of(self, query: Query) -> Flow:
        """The flow of a query."""
        known = self.flows.get(id(query))
        if known is not None:
            if id(query) in self.open:
                self.open[id(query)] = True
            return known
        for cte in query.ctes:
            self.of(cte)  # in their order, so that a long chain of them is no deep recursion
        known = Flow()
        for name in self.outputs(query)[0]:
            known.add(name, set())
        for _ in range(_ROUNDS):
            before = set(self.flows)
            self.flows[id(query)] = known
            self.open[id(query)] = False
            flow = self._read(query)
            again = self.open.pop(id(query)) and flow.size() > known.size()
            self.flows[id(query)] = known = flow
            if not again:
                break
            for inner in set(self.flows) - before - {id(query)}:
                del self.flows[inner]
            del self.flows[id(query)]
            self.resolved.clear()
            self.has.clear()
        return known

    def _read(self, query: Query) -> Flow:
        if query.select is not None:
            flow = self._select(query.select)
        else:
            assert query.left is not None and query.right is not None
            flow = self._sets(query, self.of(query.left), self.of(query.right))
        if query.columns:
            named = Flow(rows=flow.rows, open=flow.open, rest=flow.rest | flow.nameless)
            given = [*query.columns, *flow.names[len(query.columns) :]]
            made = [*flow.made, *([self.others(flow)] * (len(given) - len(flow.made)))]
            for name, origins in zip(given, made, strict=True):
                named.add(name, origins if not flow.open else origins | self.others(flow))
            return named
        return flow

    def _sets(self, query: Query, left: Flow, right: Flow) -> Flow:
        flow = Flow(rows=left.rows | right.rows)
        keeps = query.operation != "except"  # of the right, values come out
        if query.by_name:
            for name in dict.fromkeys([*left.names, *right.names]):
                flow.add(name, (self.named(left, name) or set()) | (self.named(right, name) or set()))
            flow.open = [*left.open, *right.open]
            flow.rest = left.rest | right.rest
        elif not left.open and not right.open and len(left.made) == len(right.made):
            for name, one, other in zip(left.names, left.made, right.made, strict=True):
                flow.add(name, one | other if keeps else one)
            flow.rest = left.rest | right.rest
        else:
            also = made_of(UNKNOWN, self.all_of(right)) if keeps else set()
            for name, one in zip(left.names, left.made, strict=True):
                flow.add(name, one | also)
            flow.open, flow.rest = left.open, left.rest | also
        everything = self.all_of(left) | self.all_of(right) if query.distinct else set()
        if query.distinct:
            flow.rows = flow.rows | made_of(GROUP_BY if query.operation == "union" else FILTER, everything)
        for key in query.sorted:
            flow.rows = flow.rows | made_of(SORT, self._sorted(flow, key))
        return flow

    def _sorted(self, flow: Flow, key: str | int) -> Origins:
        if isinstance(key, str):
            return self.named(flow, key) or set()
        return flow.made[key - 1] if 0 < key <= len(flow.made) and not flow.open else self.all_of(flow)

    def _select(self, select: Select) -> Flow:
        flow = Flow()
        parts: list[tuple[Origins, bool]] = []  # each result, and whether GROUP BY ALL groups by it
        for result in select.results:
            if isinstance(result, Item):
                for called, origins in self._result(result, select):
                    flow.add(called, origins)
                    parts.append((origins, result.key))
                continue
            for source, name in self.expand(select, result):
                if name is None:
                    flow.open.append((result, source))
                    parts.append((self.column(source, None), True))
                    continue
                origins = self._starred(select, result, source, name)
                flow.add(result.renamed.get(name, name), origins)
                parts.append((origins, True))
        flow.rows = self._rows(select, flow, parts)
        return flow

    def _result(self, item: Item, select: Select) -> Iterator[tuple[str, Origins]]:
        """The columns that one result makes: one, or one for each name that COLUMNS(...) stands for."""
        if item.each is None or not all(self.names(source)[1] for source in select.sources):
            yield item.name, self.part(item, select)
            return
        pattern, how = item.each
        common = self.part(replace(item, whole=[]), select)
        for source in select.sources:
            for name in () if source.hidden else self.columns_of(source)[0]:
                if pattern.search(self.written(source, name)):
                    yield name, common | made_of(how, self.column(source, name))

    def _starred(self, select: Select, star: StarRef, source: Source, name: str) -> Origins:
        if name in star.replaced:
            return self.part(star.replaced[name], select)
        origins = self.column(source, name)
        if star.source is None and (select.natural or name in select.same):
            for other in select.sources:
                if other is not source and name in self.names(other)[0]:
                    origins = origins | self.column(other, name)
        return origins

    def _rows(self, select: Select, flow: Flow, parts: list[tuple[Origins, bool]]) -> Origins:
        rows: Origins = set()
        for source in select.sources:
            rows |= self.rows(source)
        rows |= self.part(select.rows, select)
        for source, name in self._joined(select):
            rows |= made_of(JOIN, self.column(source, name))
        if select.unique:
            for origins, _ in parts:
                rows |= made_of(GROUP_BY, origins)
        for how in select.all:
            for origins, key in parts:
                if key or how != GROUP_BY:
                    rows |= made_of(how, origins)
        for number, how in select.positions:
            chosen = [parts[number - 1]] if 0 < number <= len(parts) and not flow.open else parts
            for origins, _ in chosen:
                rows |= made_of(how, origins)
        return rows

    def _joined(self, select: Select) -> list[tuple[Source, str | None]]:
        """The columns that USING and NATURAL compare."""
        found: list[tuple[Source, str | None]] = []
        for name in select.same:
            for source in select.sources:
                names, complete = self.names(source)
                if name in names or not complete:
                    found.append((source, name))
        if select.natural:
            known = [self.names(source) for source in select.sources]
            for number, source in enumerate(select.sources):
                others = known[:number] + known[number + 1 :]
                if not all(complete for _, complete in known):
                    found.append((source, None))
                    continue
                shared = frozenset[str]().union(*(names for names, _ in others))
                found += [(source, name) for name in known[number][0] & shared]
        return found

    # --- flows by name

    def named(self, flow: Flow, name: str) -> Origins | None:
        """What a column comes from; None where the flow has no such column."""
        known = flow.columns.get(name)
        if known is not None:
            return known | flow.rest if flow.rest else known
        found: Origins = set()
        for star, source in flow.open:
            found |= self._behind(star, source, name)
        if len(flow.open) > 1:
            found = made_of(UNKNOWN, found)
        found |= made_of(UNKNOWN, flow.nameless) | flow.rest
        return found if found or flow.open else None

    def _behind(self, star: StarRef, source: Source, name: str) -> Origins:
        own = next((before for before, after in star.renamed.items() if after == name), None)
        if own is None and (name in star.excluded or name in star.renamed):
            return set()
        return self.column(source, own or name)

    def others(self, flow: Flow) -> Origins:
        """What the columns that are not known come from."""
        found = flow.nameless | flow.rest
        for _, source in flow.open:
            found = found | self.column(source, None)
        return made_of(UNKNOWN, found)

    def all_of(self, flow: Flow) -> Origins:
        """What all columns come from."""
        found = flow.rest
        for _, source in flow.open:
            found = found | made_of(UNKNOWN, self.column(source, None))
        for origins in flow.made:
            found = found | origins
        return found

    def everything(self, keys: Iterable[str]) -> Origins:
        """Every column that the statement could read."""
        return {
            (key, column, UNKNOWN)
            for key in keys
            for column in (self.spelling[key].values() if key in self.spelling else (ANY,))
        }

    # --- sources

    def names(self, source: Source) -> tuple[frozenset[str], bool]:
        """The columns of a source, and whether these are all."""
        known = self.has.get(id(source))
        if known is None:
            names, complete = self.columns_of(source)
            known = (frozenset(names), complete)
            if source.query is None or id(source.query) not in self.open:
                self.has[id(source)] = known
        return known

    def written(self, source: Source, name: str) -> str:
        """A column as the schema spells it."""
        return self.spelling.get(source.key or "", {}).get(name, name)

    def rows(self, source: Source) -> Origins:
        """What decides the rows of a source."""
        if source.pivoted is not None:
            return self.pivoted_rows(source)
        if source.key is not None:
            return {(source.key, ROWS, ROW)}
        return self.of(source.query).rows if source.query is not None else set()

    def column(self, source: Source, name: str | None) -> Origins:
        """What a column of a source comes from; None is all of them, as a row."""
        if source.pivoted is not None:
            return self.pivoted(source, name, len(source.pivots))
        if source.query is None and source.key is None:
            item, scope = source.arguments, source.scope
            return self.part(item, scope) if item is not None and scope is not None else set()
        if name is None:
            return made_of(TRANSFORMATION, self._row(source))
        if name in source.columns:
            number = source.columns.index(name)
            if source.query is not None:
                flow = self.of(source.query)
                return self.all_of(flow) if flow.open or number >= len(flow.made) else flow.made[number]
            own = [*self.spelling.get(source.key or "", ())]
            if number >= len(own):
                return made_of(UNKNOWN, self._row(source))
            name = own[number]
        if source.key is not None:
            return {(source.key, self.spelling.get(source.key, {}).get(name, name), IDENTITY)}
        assert source.query is not None
        return self.named(self.of(source.query), name) or set()

    def _row(self, source: Source) -> Origins:
        if source.query is not None:
            return self.all_of(self.of(source.query))
        key = source.key or ""
        return {(key, name, IDENTITY) for name in self.spelling.get(key, {}).values()} or {
            (key, ANY, IDENTITY)
        }

    # --- expressions

    def part(self, item: Item, select: Select) -> Origins:
        """What an expression in a SELECT comes from."""
        if id(item) in self.items:
            return set()  # it names itself: the column it stands for was found already
        self.items.add(id(item))
        found: Origins = set()
        for ref in item.columns:
            if ref.how >= 0:
                results_first = ref.how == SORT and ref.start in select.sorted  # as ORDER BY reads names
                found |= made_of(ref.how, fields_of(ref.path, self.resolve(ref, select, results_first)))
        for nested in item.queries:
            if nested.how >= 0:
                found |= self._nested(nested)
        for source, how in item.whole:
            for each in select.sources if source is None else [source]:
                found |= made_of(how, self.column(each, None)) if how >= 0 else set()
        for source, how in item.counted:
            for each in select.sources if source is None else [source]:
                found |= made_of(how, self.counted(each)) if how >= 0 else set()
        self.items.discard(id(item))
        return found

    def counted(self, source: Source) -> Origins:
        """What a count of the rows of a source comes from."""
        return {
            (key, column, MASKED_AGGREGATION if how == ROW else how) for key, column, how in self.rows(source)
        }

    def _nested(self, nested: Nested) -> Origins:
        flow = self.of(nested.query)
        found = made_of(nested.how, flow.rows)
        return found | made_of(nested.how, self.all_of(flow)) if nested.matters else found

    def resolve(self, ref: ColumnRef, select: Select, results_first: bool) -> Origins:
        """What a column that is written in a SELECT comes from; a name may mean a result first."""
        if ref.source is not None:
            return self.column(ref.source, ref.name)
        place = (id(select), ref.name, results_first)
        known = self.resolved.get(place)
        if known is None:
            known = self._search(ref, select, results_first)
            if not self.open or not any(self.open.values()):
                self.resolved[place] = known
        return known

    def _search(self, ref: ColumnRef, select: Select, results_first: bool) -> Origins:
        name = ref.name
        found: Origins = set()
        if results_first and (items := self._called(name, select)):
            return self._items(items, select)
        scope: Select | None = select
        doubtful: list[Source] = []
        while scope is not None:
            holders = [source for source in scope.sources if name in self.names(source)[0]]
            holders = holders or [source for source in scope.sources if source.alias == name]
            if holders:
                for source in holders:
                    whole = source.alias == name and name not in self.names(source)[0]
                    found |= self.column(source, None if whole else name)
                return found
            doubtful += [source for source in scope.sources if not self.names(source)[1]]
            items = self._called(name, scope)
            if items:
                found = self._items(items, scope)
                break
            scope = scope.parent
        for source in doubtful:
            one = self.column(source, name)
            found = found | (one if len(doubtful) == 1 and not found else made_of(UNKNOWN, one))
        if not doubtful and not found and select.parent is None and len(select.sources) == 1:
            only = select.sources[0]  # nothing has the column, so it can only be meant to be here
            if only.key and name not in NO_COLUMNS and not self._called(name, select):
                return self.column(only, name)
        return found

    def _called(self, name: str, select: Select) -> list[Item]:
        """The results with this alias that are not being read."""
        return [
            item
            for item in select.results
            if isinstance(item, Item) and item.name == name and id(item) not in self.items
        ]

    def _items(self, items: list[Item], select: Select) -> Origins:
        return set[tuple[str, str, int]]().union(*(self.part(item, select) for item in items))
