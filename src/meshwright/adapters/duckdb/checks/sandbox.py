"""Rules in SQL: one SELECT over the contract's own objects, and nothing else.

DuckDB's own parser yields the syntax tree, and what DuckDB writes for that tree is what runs: every
kind of node and every function in it is on an allow list, and every table is one that is offered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

import duckdb

from meshwright.adapters.duckdb.checks.additive import counts_rows
from meshwright.adapters.duckdb.checks.faults import CHECK_FAULTS, reason
from meshwright.adapters.duckdb.checks.functions import (
    CHANGING,
    EXPRESSIONS,
    FUNCTIONS,
    MODIFIERS,
    QUERIES,
    TABLE_FUNCTIONS,
    TABLES,
)
from meshwright.adapters.extraction.faults import is_of_file
from meshwright.model.check import CheckSpec, Measure

_REST = '"verification:rest"'
NO_SCOPE: frozenset[str] = frozenset()


class Refusal(Exception):
    """A rule's statement is not allowed; the message says what in it."""


class Remembers(Protocol):
    """Values that statements returned for the same rows."""

    def recall_rule(self, sql: str) -> tuple[int, str | None] | None:
        """The value over the first of the rows, and a SELECT of the rest, None where there is no rest.

        None where nothing is known.
        """
        ...

    def keep_rule(self, sql: str, value: int) -> None:
        """Remember a value."""
        ...


def run_rule(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    spec: CheckSpec,
    objects: Mapping[str, str],
    memory: Remembers | None = None,
) -> Measure:
    """The one value that a rule's statement returns, or why it could not be run.

    `memory` is asked and told where the value follows from the rows of the rule's own object.
    """
    try:
        rule = checked_rule(connection, relation, spec, objects)
        text = connection.execute("SELECT json_deserialize_sql(?)", [json.dumps(rule.tree)]).fetchall()[0][0]
        if rule.changing or not rule.own:
            memory = None
        zone = connection.execute("SELECT current_setting('TimeZone')").fetchall()[0][0]
        asked = f"{zone}: {text}"  # dates of time stamps depend on the zone
        known = memory.recall_rule(asked) if memory is not None else None
        if memory is not None and known is not None:
            before, rest = known
            if rest is None:
                return Measure(before, how="remembered")
            if counts_rows(rule.tree):
                value = before + _over(connection, rule.tree, rest)
                memory.keep_rule(asked, value)
                return Measure(value)
        result = connection.execute(text)
        width = len(result.description or ())
        rows = result.fetchmany(2)
    except Refusal as refusal:
        return Measure(error=str(refusal))
    except CHECK_FAULTS as error:
        if is_of_file(error):
            raise
        return Measure(error=f"the query failed: {reason(error)}")
    if width != 1 or len(rows) != 1:
        many = f"{width} columns" if width != 1 else "no row" if not rows else "several rows"
        return Measure(error=f"the query must return one value, and returned {many}")
    value = rows[0][0]
    if memory is not None and type(value) is int and abs(value) < 2**63:
        memory.keep_rule(asked, value)
    return Measure(value, changing=rule.changing)


def _over(connection: duckdb.DuckDBPyConnection, tree: dict[str, Any], rows: str) -> int:
    """What a statement that counts rows of one table counts in these rows of it."""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {_REST} AS {rows}")
    tree["statements"][0]["node"]["from_table"].update(_names(_base_table(connection, _REST)))
    text = connection.execute("SELECT json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()[0][0]
    return int(connection.execute(text).fetchall()[0][0])


def _names(table: dict[str, Any]) -> dict[str, Any]:
    """What a tree says of which relation a table is."""
    return {part: table[part] for part in ("catalog_name", "schema_name", "table_name", "qualified_name")}


@dataclass(frozen=True, slots=True)
class Rule:
    """A statement that may run: its tree, whether the same rows may give another value (`changing`),
    and whether it reads its `own` object only."""

    tree: dict[str, Any]
    changing: bool
    own: bool


def checked_rule(
    connection: duckdb.DuckDBPyConnection, relation: str, spec: CheckSpec, objects: Mapping[str, str]
) -> Rule:
    """A rule's statement over the offered relations, `relation` for its own object.

    Raises:
        Refusal: it is not allowed.
        duckdb.Error: it cannot be parsed.
    """
    offered = {
        name: relation if own == spec.object else objects.get(own) for name, own in _tables(spec, objects)
    }
    tree = _parse(connection, spec.arguments["query"])
    targets = {name: _base_table(connection, other) for name, other in offered.items() if other}
    walk = _Walk({name: targets.get(name) for name in offered})
    walk.node(tree["statements"], NO_SCOPE)
    own = {name for name, target in offered.items() if target == relation}
    return Rule(tree, walk.changing, walk.read <= own)


def _tables(spec: CheckSpec, objects: Mapping[str, str]) -> list[tuple[str, str]]:
    names = {name.lower(): name for name in (*objects, spec.object)}
    return list({**names, **spec.arguments.get("tables", {})}.items())


def _parse(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """The syntax tree of exactly one SELECT.

    Raises:
        Refusal: it does not parse, is no SELECT, or is several statements.
    """
    if "\0" in sql:
        raise Refusal("the query holds a NUL character")
    rows = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    tree: dict[str, Any] = json.loads(rows[0][0])
    if tree.get("error", True):
        if tree.get("error_type") == "parser":
            raise Refusal(f"the query does not parse: {tree.get('error_message')}")
        raise Refusal("the query must be one SELECT that only reads")
    if len(tree["statements"]) != 1:
        raise Refusal(f"the query must be one SELECT, and is {len(tree['statements'])} statements")
    return tree


def _base_table(connection: duckdb.DuckDBPyConnection, identifier: str) -> dict[str, Any]:
    """The tree node of a relation that is given as an SQL identifier."""
    tree = _parse(connection, f"SELECT * FROM {identifier}")
    node: dict[str, Any] = tree["statements"][0]["node"]["from_table"]
    return node


class _Walk:
    """Checks a tree against the allow lists, and points its tables at the offered relations."""

    def __init__(self, tables: Mapping[str, dict[str, Any] | None]) -> None:
        self._tables = tables
        self.read: set[str] = set()
        self.changing = False  # whether the same rows may give another value

    def node(self, node: Any, scope: frozenset[str]) -> None:
        if isinstance(node, list):
            for part in node:
                self.node(part, scope)
        elif isinstance(node, dict):
            self._checked(node, scope)

    def _checked(self, node: dict[str, Any], scope: frozenset[str]) -> None:
        kind = node.get("type")
        if "class" in node:
            self._expression(node)
        elif isinstance(kind, str):
            if kind in QUERIES:
                scope = self._with_ctes(node, scope)
            elif kind in TABLES:
                self._table(node, kind, scope)
            elif kind not in MODIFIERS:
                raise Refusal(f"the query uses {_spoken(kind)}, which a rule may not")
        done = {"cte_map"} | ({"function"} if kind == "TABLE_FUNCTION" else set())
        for name, part in node.items():
            if name not in done:
                self.node(part, scope)
        if kind == "TABLE_FUNCTION":
            self.node(node["function"]["arguments"], scope)

    def _with_ctes(self, node: dict[str, Any], scope: frozenset[str]) -> frozenset[str]:
        """Check the common table expressions of a query; each sees those before it."""
        if node.get("cte_name"):
            scope |= {str(node["cte_name"]).lower()}
        for entry in (node.get("cte_map") or {}).get("map", ()):
            self.node(entry["value"], scope)
            scope |= {str(entry["key"]).lower()}
        return scope

    def _expression(self, node: dict[str, Any]) -> None:
        kind = str(node["class"])
        if kind == "PARAMETER":
            raise Refusal("the query has a parameter (`?` or `$1`), and nothing to fill it with")
        if kind not in EXPRESSIONS:
            raise Refusal(f"the query uses {_spoken(kind)}, which a rule may not")
        if kind in ("FUNCTION", "WINDOW"):
            name = str(node.get("function_name") or "").lower()
            if node.get("schema") or node.get("catalog") or name not in FUNCTIONS:
                raise Refusal(f"the query calls `{name}`, which a rule may not")
            self.changing |= name in CHANGING

    def _table(self, node: dict[str, Any], kind: str, scope: frozenset[str]) -> None:
        if kind == "TABLE_FUNCTION":
            name = str(node["function"].get("function_name", "")).lower()
            if (
                node["function"].get("schema")
                or node["function"].get("catalog")
                or name not in TABLE_FUNCTIONS
            ):
                raise Refusal(f"the query reads from `{name}(...)`, which a rule may not")
        elif kind == "BASE_TABLE":
            self._base_table(node, scope)

    def _base_table(self, node: dict[str, Any], scope: frozenset[str]) -> None:
        path = [str(part) for part in node["qualified_name"]["path"]]
        name = ".".join(path).lower()
        if node.get("at_clause"):
            raise Refusal("the query asks for another version of a table, which a rule may not")
        if len(path) == 1 and name in scope:
            return
        if name not in self._tables:
            close = get_close_matches(name, list(self._tables), 1)
            hint = (
                f"; did you mean `{close[0]}`?"
                if close
                else f"; it may read {', '.join(sorted(self._tables))}"
            )
            raise Refusal(f"the query reads `{'.'.join(path)}`, which is no object of the contract{hint}")
        self.read.add(name)
        target = self._tables[name]
        if target is None:
            raise Refusal(f"the query reads `{'.'.join(path)}`, whose data are not available here")
        if not node.get("alias"):
            node["alias"] = path[-1]
        node.update(_names(target))


def _spoken(kind: str) -> str:
    return f"`{kind.removesuffix('_NODE').removesuffix('_REF').replace('_', ' ').lower()}`"
