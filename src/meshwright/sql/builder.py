"""From a syntax tree to scopes and references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from meshwright.sql.derivation import (
    FILTER,
    IDENTITY,
    JOIN,
    NAMED,
    TRANSFORMATION,
)
from meshwright.sql.expressions import CTEs, Expressions
from meshwright.sql.found import Found, alias_columns, function_name
from meshwright.sql.guards import ONE_SELECT, Refusals
from meshwright.sql.keys import ROLES, decide_rows, is_key, pivot_of, sorted_by
from meshwright.sql.scopes import ColumnRef, Item, Query, Select, Source, StarRef
from meshwright.sql.statement import Reference

if TYPE_CHECKING:
    from sqlglot import exp


class Builder(Expressions):
    """Reads one statement; `statement` gives its scopes, then `finish` its references."""

    def __init__(self, text: str, refusals: Refusals, parameters: bool = False) -> None:
        super().__init__(refusals, parameters)
        self.text = text
        self.ctes: set[str] = set()
        self.found: list[Found] = []

    def statement(self, tree: exp.Expr) -> Query:
        """The scopes of the whole statement."""
        return self._query(tree, None, {})

    def finish(self) -> Iterable[Reference]:
        """The references in reading order."""
        for found in sorted(self.found, key=lambda found: found.start):
            yield found.reference(self.text)

    # --- queries

    def _query(self, tree: Any, parent: Select | None, ctes: CTEs, into: Query | None = None) -> Query:
        query = into or Query()
        while isinstance(tree, self.exp.Subquery):
            ctes = self._with(tree, parent, ctes, query)
            tree = tree.this
        if isinstance(tree, self.exp.Select):
            self._select(tree, query, parent, self._with(tree, parent, ctes, query))
        elif isinstance(tree, self.exp.SetOperation):
            ctes = self._with(tree, parent, ctes, query)
            query.by_name = bool(tree.args.get("by_name"))
            query.distinct = tree.args.get("distinct") is not False or not isinstance(tree, self.exp.Union)
            query.operation = tree.key
            query.sorted = sorted_by(tree.args.get("order"), self.exp)
            query.left = self._query(tree.this, parent, ctes)
            query.right = self._query(tree.expression, parent, ctes)
            self._check_modifiers(tree)
        else:
            raise self.refusals.on(tree, "only a SELECT can stand here", way_out=ONE_SELECT)
        return query

    def _check_modifiers(self, tree: Any) -> None:
        for name, value in tree.args.items():
            if name not in ("this", "expression", "with_", "expressions"):
                for node in value if isinstance(value, list) else [value]:
                    if isinstance(node, self.exp.Expr):
                        self._refuse_inside(node)

    def _refuse_inside(self, tree: Any) -> None:
        for node in tree.walk():
            self._check_node(node)

    def _with(self, tree: Any, parent: Select | None, ctes: CTEs, owner: Query) -> CTEs:
        clause = tree.args.get("with_")
        if clause is None:
            return ctes
        known = dict(ctes)
        for cte in clause.expressions:
            name = cte.alias.lower()
            query = Query(columns=alias_columns(cte))
            seen = {**known, name: query} if clause.args.get("recursive") else known
            self._query(cte.this, parent, seen, query)
            known[name] = query
            self.ctes.add(name)
            owner.ctes.append(query)
        return known

    def _select(self, tree: Any, query: Query, parent: Select | None, ctes: CTEs) -> None:
        select = query.select = Select(parent)
        args = tree.args
        distinct = args.get("distinct")
        select.distinct = distinct is not None
        select.unique = distinct is not None and not distinct.args.get("on")
        around, self.windows = self.windows, {node.name.lower(): node for node in args.get("windows") or ()}
        tables: list[tuple[Any, Source]] = []
        joins = list(args.get("joins") or ())
        start = args.get("from_")
        roots = [start.this] if start is not None else []
        for node in (*roots, *(join.this for join in joins), *(args.get("laterals") or ())):
            self._source(node, select, ctes, tables, joins)
            join = node.parent
            if isinstance(join, self.exp.Join) and str(join.args.get("kind")).upper() in ("SEMI", "ANTI"):
                select.sources[-1].hidden = True
        self._crowd(select)
        for node, source in tables:
            self._inside_source(node, source, select, ctes)
        for join in joins:
            self._join(join, select, ctes)
        group = args.get("group")
        for node in tree.expressions:
            select.results.append(self._result(node, select, ctes, bool(group and group.args.get("all"))))
        for name, value in args.items():
            if name in ("from_", "joins", "laterals", "expressions", "with_", "kind"):
                continue
            for node in value if isinstance(value, list) else (value,):
                if isinstance(node, self.exp.Expr):
                    self._walk(node, select, ctes, select.rows, ROLES.get(name, FILTER))
        self.windows = around
        decide_rows(args, select, self.exp)
        self._stars_that_decide(args, select)

    def _stars_that_decide(self, args: Mapping[str, Any], select: Select) -> None:
        """A star decides which rows come out under DISTINCT, ALL and positions."""
        if not any(isinstance(result, StarRef) for result in select.results):
            return
        group, order = args.get("group"), args.get("order")
        keys = [
            *(group.expressions if group else ()),
            *(key.this for key in (order.expressions if order else ())),
        ]
        by_position = any(isinstance(key, self.exp.Literal | self.exp.PositionalColumn) for key in keys)
        by_all = bool(group and group.args.get("all")) or any(key.name.upper() == "ALL" for key in keys)
        select.everything = select.everything or select.distinct or by_position or by_all

    # --- sources

    def _source(
        self, node: Any, select: Select, ctes: CTEs, tables: list[tuple[Any, Source]], joins: list[Any]
    ) -> None:
        """Add what stands in FROM to the sources, and joins inside brackets to `joins`."""
        exp = self.exp
        self._check_node(node)
        nested = node.args.get("joins") or ()
        if (
            isinstance(node, exp.Subquery)
            and isinstance(node.this, exp.Table | exp.Subquery)
            and not node.alias
        ):
            self._source(node.this, select, ctes, tables, joins)
        else:
            if isinstance(node, exp.Table):
                source = self._table(node, select, ctes)
            elif isinstance(node, exp.Subquery | exp.Lateral | exp.Unnest | exp.Values | exp.Func):
                source = Source(str(node.alias or "").lower(), columns=alias_columns(node), opaque=True)
            else:
                raise self.refusals.on(node, "a model cannot read from this", way_out=ONE_SELECT)
            select.sources.append(source)
            tables.append((node, source))
        joins += nested
        for join in nested:
            self._source(join.this, select, ctes, tables, joins)

    def _table(self, node: Any, select: Select, ctes: CTEs) -> Source:
        exp = self.exp
        alias = node.alias.lower()
        columns = alias_columns(node)
        if isinstance(node.this, exp.Func):
            name = function_name(node.this)
            if name == "changes" and not node.args.get("db"):
                return self._changes(node, alias, columns)
            self.refusals.check_table_function(node, name, 1 + bool(node.args.get("db")))
            return Source(alias or name, columns=columns, opaque=True)
        identifiers = node.parts
        parts = tuple(part.name for part in identifiers)
        if len(parts) == 1 and not node.args.get("db") and parts[0].lower() in ctes:
            return Source(alias or parts[0].lower(), query=ctes[parts[0].lower()], columns=columns)
        self.refusals.check_table(node, parts)
        source = Source(alias or parts[-1].lower(), columns=columns)
        if not alias:
            source.qualified = tuple(part.lower() for part in parts)
        self._refer(source, identifiers, parts, False, None)
        if not alias:
            last = identifiers[-1].meta
            self.by_source[id(source)].alias = self.text[last["start"] : last["end"] + 1]
        return source

    def _changes(self, node: Any, alias: str, columns: tuple[str, ...]) -> Source:
        arguments = node.this.expressions
        column = arguments[0] if len(arguments) == 1 else None
        identifiers = column.parts if isinstance(column, self.exp.Column) else []
        if len(identifiers) not in (2, 3):
            raise self.refusals.on(
                node,
                "`changes(...)` takes one input",
                way_out="write FROM changes(input_port.object)",
            )
        parts = tuple(part.name for part in identifiers)
        source = Source(alias or parts[-1].lower(), columns=columns)
        self._refer(source, identifiers, parts, True, node.this.meta["start"])
        if not alias:
            last = identifiers[-1].meta
            self.by_source[id(source)].alias = self.text[last["start"] : last["end"] + 1]
        return source

    def _refer(
        self, source: Source, identifiers: Any, parts: tuple[str, ...], changes: bool, start: int | None
    ) -> None:
        first = identifiers[0].meta["start"] if start is None else start
        end = identifiers[-1].meta["end"] + 1
        if changes:
            end = self.text.index(")", end) + 1
        found = Found(source, parts, changes, first, end)
        source.key = f"changes({'.'.join(parts)})" if changes else ".".join(parts)
        self.found.append(found)
        self.by_source[id(source)] = found

    def _crowd(self, select: Select) -> None:
        """Mark references that would share their name with another table in sight."""
        around: list[Source] = []
        scope = select.parent
        while scope is not None:
            around += scope.sources
            scope = scope.parent
        for number, source in enumerate(select.sources):
            for other in (*around, *select.sources[:number]):
                if other.alias == source.alias:
                    for each in (source, other):
                        found = self.by_source.get(id(each))
                        if found is not None:
                            found.crowded = found.alias is not None

    def _inside_source(self, node: Any, source: Source, select: Select, ctes: CTEs) -> None:
        exp = self.exp
        inner = node.this
        while isinstance(inner, exp.Subquery) and not inner.alias:
            inner = inner.this
        if isinstance(node, exp.Subquery | exp.Lateral) and isinstance(inner, self.queries):
            source.query = self._query(node.this if isinstance(node, exp.Lateral) else node, select, ctes)
            source.opaque = False
        elif isinstance(node, exp.Subquery):
            raise self.refusals.on(node, "only a SELECT can stand here", way_out=ONE_SELECT)
        elif isinstance(node, exp.Lateral):
            self._arguments([inner], source, select, ctes)
        elif isinstance(node, exp.Table):
            if isinstance(inner, exp.Func) and not self.by_source.get(id(source)):
                self._arguments(inner.iter_expressions(), source, select, ctes)
        else:
            arguments = (part for part in node.iter_expressions() if not isinstance(part, exp.TableAlias))
            self._arguments(arguments, source, select, ctes)
        for name, how in (("pivots", NAMED), ("sample", FILTER), ("when", FILTER)):
            value = node.args.get(name)
            for part in value if isinstance(value, list) else [value] if value is not None else ():
                self._walk(part, select, ctes, select.rows, how)
        if node.args.get("pivots"):
            self._pivot(node, source, select, ctes)

    def _arguments(self, nodes: Iterable[Any], source: Source, select: Select, ctes: CTEs) -> None:
        """What a table function reads is in all that it makes, and decides how many rows there are."""
        item = source.arguments = Item("")
        source.scope = select
        for node in nodes:
            self._walk(node, select, ctes, item, TRANSFORMATION)
        self._decides(item, select)

    def _decides(self, item: Item, select: Select) -> None:
        rows = select.rows
        rows.columns += [replace(column, how=JOIN) for column in item.columns]
        rows.queries += [replace(nested, how=JOIN) for nested in item.queries]
        rows.whole += [(source, JOIN) for source, _ in item.whole]

    def _pivot(self, node: Any, source: Source, select: Select, ctes: CTEs) -> None:
        """Behind a pivot stands another table: the pivoted one is used whole."""
        source.pivoted = replace(source)
        select.whole.append(source.pivoted)
        source.pivots = [pivot_of(pivot, self.steps, self.exp) for pivot in node.args["pivots"]]
        alias = node.args["pivots"][-1].alias
        source.key = source.query = source.arguments = None
        source.opaque, source.columns = True, ()
        source.alias = alias.lower() if alias else source.alias

    def _join(self, join: Any, select: Select, ctes: CTEs) -> None:
        if str(join.args.get("method") or "").upper() == "NATURAL":
            select.natural = True
        for name in join.args.get("using") or ():
            select.same.append(name.name.lower())
        condition = join.args.get("on")
        if condition is not None:
            self._walk(condition, select, ctes, select.rows, JOIN)

    # --- expressions

    def _result(self, node: Any, select: Select, ctes: CTEs, by_all: bool) -> Item | StarRef:
        exp = self.exp
        inner = node.this if isinstance(node, exp.Alias) else node
        if isinstance(inner, exp.Star):
            return self._star(inner, None, select, ctes)
        if isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star):
            source = self._qualifier(inner.parts[:-1], select)
            if source is not None:
                return self._star(inner.this, source[0], select, ctes)
        named = isinstance(node, exp.Alias | exp.Column | exp.Dot)
        item = Item(node.alias_or_name.lower() if named else "", plain=isinstance(inner, exp.Column))
        if item.plain:
            self._column(inner, select, item, IDENTITY, ())
            return item
        if by_all:
            item.key = is_key(inner, exp)
        bare = inner.unnest() if isinstance(inner, exp.Paren | exp.Subquery) else inner
        plain = isinstance(bare, self.carries)
        around, self.multiplies = self.multiplies, False
        self._walk(inner, select, ctes, item, IDENTITY if plain else TRANSFORMATION)
        if self.multiplies:
            self._decides(item, select)
        if named and isinstance(node, exp.Alias):
            item.each = None
        self.multiplies = around
        return item

    def _star(self, star: Any, source: Source | None, select: Select, ctes: CTEs) -> StarRef:
        excluded, renamed, replaced = [], {}, {}
        for column in star.args.get("except_") or ():
            excluded.append(column.name.lower())
            select.used.append(ColumnRef(column.name.lower(), source))
        for part in star.args.get("replace") or ():
            item = replaced[part.alias.lower()] = Item(part.alias.lower())
            plain = isinstance(part.this, self.exp.Column)
            self._walk(part.this, select, ctes, item, IDENTITY if plain else TRANSFORMATION)
            select.used.extend(replace(column, how=NAMED) for column in item.columns)
        for part in star.args.get("rename") or ():
            renamed[part.this.name.lower()] = part.alias.lower()
            select.used.append(ColumnRef(part.this.name.lower(), source))
        return StarRef(source, frozenset(excluded), renamed, replaced)
