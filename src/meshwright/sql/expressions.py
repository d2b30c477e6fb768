"""From an expression to the columns in it, and what is made of each."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from meshwright.sql.derivation import AGGREGATION, COMPOSED, FILTER, NAMED, TRANSFORMATION, WINDOW, Steps
from meshwright.sql.found import Found, function_name
from meshwright.sql.guards import ONE_SELECT, TABLE_FUNCTIONS, Refusals, forbidden
from meshwright.sql.scopes import ColumnRef, Item, Nested, Query, Select, Source

CTEs = Mapping[str, Query]

_COMPOSED = (*COMPOSED, (NAMED,) * len(COMPOSED))
"""Of what is only named (the last one), nothing is made."""


class Expressions(ABC):
    """Reads the expressions of one statement; what it makes of queries inside them is a subclass's."""

    def __init__(self, refusals: Refusals, parameters: bool = False) -> None:
        from sqlglot import exp

        self.exp: Any = exp
        self.refusals = refusals
        self.forbidden = forbidden()
        if parameters:
            del self.forbidden[exp.Placeholder]
        self.steps = Steps(exp)
        self.multiplies = False  # the expression makes several rows of one
        self.windows: dict[str, Any] = {}
        self.by_source: dict[int, Found] = {}
        self.queries = (exp.Select, exp.SetOperation)
        self.carries = (exp.Column, exp.Dot, exp.Bracket, exp.Columns, *self.queries)

    @abstractmethod
    def _query(self, tree: Any, parent: Select | None, ctes: CTEs, into: Query | None = None) -> Query: ...

    def _check_node(self, node: Any) -> None:
        what = self.forbidden.get(type(node))
        if what is not None:
            raise self.refusals.on(node, f"a model cannot hold {what}", way_out=ONE_SELECT)

    def _walk(self, node: Any, select: Select, ctes: CTEs, item: Item, how: int) -> None:
        """Collect what is below `node`, and what is made of it; queries inside become subqueries."""
        exp = self.exp
        column, function = exp.Column, exp.Func
        kinds, steps = self.queries, self.steps
        forbidden = self.forbidden
        stack = [(node, how)]
        while stack:
            node, how = stack.pop()
            if isinstance(node, column):
                self._column(node, select, item, how, ())
                continue
            if type(node) in forbidden:
                self._check_node(node)
            if isinstance(node, kinds):
                self._nested(node, select, ctes, item, how)
                continue
            if isinstance(node, exp.Subquery) and node.args.get("with_"):
                query = self._query(node, select, ctes)
                select.subqueries.append((query, True))
                item.queries.append(Nested(query, how, True))
                continue
            if isinstance(node, exp.Table):
                raise self.refusals.on(node, "a table cannot stand here", way_out=ONE_SELECT)
            if isinstance(node, function):
                name = function_name(node)
                self.refusals.check_call(node, name)
                if isinstance(node, exp.Columns) or name == "columns":
                    select.everything = True
                    item.each = None if item.whole else self._each(node, how)
                    item.whole.append((None, how))
                    continue
                if name in TABLE_FUNCTIONS or isinstance(node, exp.UDTF):
                    self.multiplies = True
                how = _COMPOSED[how][steps.of_function(node, name)]
            elif isinstance(node, exp.Dot | exp.Bracket):
                if self._field(node, select, item, how):
                    continue
                how = _COMPOSED[how][TRANSFORMATION]
            elif isinstance(node, exp.WithinGroup):
                ordered = node.expression.expressions  # what is ordered is what is aggregated
                stack += [(node.this, how), *((part, _COMPOSED[how][AGGREGATION]) for part in ordered)]
                continue
            elif isinstance(node, exp.Comprehension):
                self._comprehension(node, select, ctes, item, how)
                continue
            elif isinstance(node, exp.Star):
                if isinstance(node.parent, exp.Count):
                    item.counted.append((None, how))
                else:
                    select.everything = True
                    item.whole.append((None, how))
                continue
            elif isinstance(node, exp.PositionalColumn):
                item.whole.append((None, how))
            elif isinstance(node, exp.Window) and node.alias:
                stack += [(part, _COMPOSED[how][WINDOW]) for part in self._over(node.alias.lower())]
            by_argument = steps.by_argument.get(type(node))
            if by_argument is None:
                stack += [(part, how) for part in node.iter_expressions(reverse=True)]
                continue
            for argument, value in reversed(node.args.items()):
                step = by_argument.get(argument)
                made = how if step is None else _COMPOSED[how][step]
                for part in reversed(value) if isinstance(value, list) else (value,):
                    if isinstance(part, exp.Expr):
                        stack.append((part, made))

    def _each(self, node: Any, how: int) -> tuple[re.Pattern[str], int] | None:
        """The names that `COLUMNS(*)` or `COLUMNS('...')` stands for; None where it is another."""
        what = node.this if isinstance(node, self.exp.Columns) else None
        if isinstance(what, self.exp.Star) and not any(what.args.values()):
            return re.compile(""), how
        if isinstance(what, self.exp.Literal) and what.is_string:
            with suppress(re.error):
                return re.compile(what.name), how
        return None

    def _over(self, name: str) -> Iterator[Any]:
        """The parts of a window that `OVER name` means, and of those it is made from."""
        seen: set[str] = set()
        while name in self.windows and name not in seen:
            seen.add(name)
            yield from self.windows[name].iter_expressions()
            name = self.windows[name].alias.lower()

    def _nested(self, node: Any, select: Select, ctes: CTEs, item: Item, how: int) -> None:
        query = self._query(node, select, ctes)
        parent = node.parent
        while isinstance(parent, self.exp.Subquery | self.exp.Paren):
            parent = parent.parent
        matters = not isinstance(parent, self.exp.Exists)
        select.subqueries.append((query, matters))
        item.queries.append(Nested(query, how, matters))

    def _comprehension(self, node: Any, select: Select, ctes: CTEs, item: Item, how: int) -> None:
        """`[x + 1 for x in tags if x > 2]`: the variable is no column."""
        inner = Item("")
        self._walk(node.this, select, ctes, inner, how)
        if node.args.get("condition") is not None:
            self._walk(node.args["condition"], select, ctes, inner, _COMPOSED[how][FILTER])
        variable = node.args["expression"].name.lower()
        item.columns += [ref for ref in inner.columns if ref.source is not None or ref.name != variable]
        item.queries += inner.queries
        self._walk(node.args["iterator"], select, ctes, item, how)

    def _field(self, node: Any, select: Select, item: Item, how: int) -> bool:
        """Collect `(d.address).city` or `address['city']`; whether it was one."""
        exp = self.exp
        path: list[str] = []
        while isinstance(node, exp.Dot | exp.Bracket | exp.Paren):
            if isinstance(node, exp.Dot):
                if not isinstance(node.expression, exp.Identifier):
                    return False
                path.insert(0, node.expression.name.lower())
            elif isinstance(node, exp.Bracket):
                keys = node.expressions
                if len(keys) != 1 or not isinstance(keys[0], exp.Literal) or not keys[0].is_string:
                    return False
                path.insert(0, keys[0].name.lower())
            node = node.this
        if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
            return False
        self._column(node, select, item, how, tuple(path))
        return True

    def _column(self, node: Any, select: Select, item: Item, how: int, path: tuple[str, ...]) -> None:
        parts = node.parts
        if isinstance(node.this, self.exp.Star):
            found = self._qualifier(parts[:-1], select)
            if found is not None and isinstance(node.parent, self.exp.Count):
                item.counted.append((found[0], how))
            elif found is not None:
                select.whole.append(found[0])
                item.whole.append((found[0], how))
            return
        source, consumed = None, 0
        if len(parts) > 1:
            found = self._qualifier(parts[:-1], select)
            if found is not None:
                source, consumed = found
        written, fields = parts[consumed], parts[consumed + 1 :]
        path = (*(field.name.lower() for field in fields), *path) if fields else path
        start = written.meta.get("start", -1)
        item.columns.append(ColumnRef(written.name.lower(), source, start, how, path))

    def _qualifier(self, parts: Any, select: Select) -> tuple[Source, int] | None:
        """The source that leading parts name, in this SELECT or around it, and how many parts."""
        names = tuple(part.name.lower() for part in parts)
        scope: Select | None = select
        while scope is not None:
            for length in range(len(names), 0, -1):
                prefix = names[:length]
                for source in scope.sources:
                    if source.qualified[-length:] == prefix or (length == 1 and source.alias == prefix[0]):
                        found = self.by_source.get(id(source))
                        if found is not None and found.alias is not None:
                            span = (parts[0].meta["start"], parts[length - 1].meta["end"] + 1)
                            if span not in found.qualifiers:
                                found.qualifiers.append(span)
                        return source, length
            scope = scope.parent
        return None
