"""The boundary of a statement, drawn with the parser that executes it.

A statement has been checked before in its own dialect. DuckDB may read a text in another way, so the
tables, functions and kinds of nodes that DuckDB itself sees are held against what they may be.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any

import duckdb

from meshwright.adapters.duckdb.checks.functions import EXPRESSIONS, MODIFIERS, QUERIES, TABLES
from meshwright.adapters.duckdb.checks.functions import FUNCTIONS as OF_RULES
from meshwright.errors import BuildError, SqlError
from meshwright.sql.unquoted import unquoted_names

TABLE_FUNCTIONS = frozenset(
    {
        "generate_series",
        "generate_subscripts",
        "json_each",
        "json_tree",
        "range",
        "regexp_split_to_table",
        "repeat",
        "repeat_row",
        "string_split_to_table",
        "unnest",
    }
)
"""Table functions that read nothing but their arguments."""

_MORE_FUNCTIONS = """
!__postfix arg_max_nulls_last arg_min_nulls_last array_grade_up array_negative_dot_product
array_to_string_comma_default assert_true binom bit_position bitstring bitstring_agg create_sort_key
decimal_average decimal_division enum_code enum_first enum_last enum_range enum_range_boundary
formatreadabledecimalsize formatreadablesize from_json from_json_strict gen_random_uuid generate_series
generate_subscripts get_bit grade_up histogram_exact icu_sort_key is_histogram_other_bin json
json_deep_merge json_group_array json_group_object json_group_structure json_insert json_merge_patch_diff
json_normalize json_pretty json_remove json_replace json_set json_strip_nulls json_transform
json_transform_strict list_grade_up list_kurtosis_pop list_negative_dot_product
list_negative_inner_product list_sem lttb md5_number_lower md5_number_upper parse_dirname parse_dirpath
parse_filename parse_formatted_bytes parse_path path_join pg_size_pretty pg_typeof random range
regexp_split_to_table remap_struct repeat reservoir_quantile set_bit st_asbinary st_asgeojson st_astext
st_aswkb st_aswkt st_geomfromgeojson st_geomfromwkb st_intersects_extent struct_indexof struct_position
struct_update uuid uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7 variant_array_length
variant_contains variant_exists variant_extract variant_extract_string variant_group_array
variant_group_object variant_keys variant_normalize variant_type variant_typeof vertex_extract
"""

FUNCTIONS = OF_RULES | frozenset(_MORE_FUNCTIONS.split())
"""Functions whose result comes from their arguments, the clock or chance, and that change nothing."""

_NODES = QUERIES | TABLES | MODIFIERS | {"PIVOT"}

_Name = tuple[str, ...]


def require_offered(
    connection: duckdb.DuckDBPyConnection, sql: str, offered: Collection[str], where: str
) -> None:
    """Do nothing when the one SELECT in `sql` reads offered relations only.

    Raises:
        BuildError: it is no single SELECT for DuckDB, or reads anything else.
    """
    try:
        fault = _fault(_syntax_tree(connection, sql), {(name.lower(),) for name in offered})
    except _Unreadable as error:
        raise BuildError(str(error), where=where, way_out=error.way_out) from None
    if fault is not None:
        what, way_out, _ = fault
        lacks = ", which is none of its inputs" if what.startswith("reads") else ", which a model may not"
        declare = "declare an input port in product.yaml and read it as input_port.object"
        raise BuildError(f"the model {what}{lacks}", where=where, way_out=way_out or declare)


def only_select(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    granted: Collection[Sequence[str]],
    parameters: bool = False,
) -> duckdb.Statement:
    """The one SELECT in `sql`, ready to be executed; it reads tables of `granted` names only.

    With `parameters` it may have such, to be given when it is executed.

    Raises:
        SqlError: it is no single SELECT for DuckDB, or reads anything else.
    """
    overview = "write one SELECT over domain.product.object; `mesh list` shows what there is"
    try:
        tree = _syntax_tree(connection, sql)
    except _Unreadable as error:
        line, column = _line_column(sql, error.offset)
        raise SqlError(
            str(error), line=line, column=column, where="the query", way_out=error.way_out or overview
        ) from None
    classes = EXPRESSIONS | {"PARAMETER"} if parameters else EXPRESSIONS
    fault = _fault(tree, {tuple(part.lower() for part in name) for name in granted}, classes)
    if fault is not None:
        what, way_out, offset = fault
        line, column = _line_column(sql, offset)
        raise SqlError(
            f"the query {what}, which a query may not",
            line=line,
            column=column,
            where="the query",
            way_out=way_out or overview,
        )
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SqlError("DuckDB does not read this as one SELECT", where="the query", way_out=overview)
    return statements[0]


class _Unreadable(Exception):
    """DuckDB does not read a text as one SELECT; the message says so."""

    def __init__(self, what: str, way_out: str | None = None, offset: int | None = None) -> None:
        super().__init__(what)
        self.way_out = way_out
        self.offset = offset


def _syntax_tree(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    if "\0" in sql:
        raise _Unreadable("the statement holds a NUL character")
    row = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0]
    try:
        tree: dict[str, Any] = json.loads(row[0])
    except RecursionError:
        raise _Unreadable("the statement is nested too deeply") from None
    if tree.get("error", True):
        what = f"DuckDB does not read this as a SELECT: {tree.get('error_message')}"
        position = str(tree.get("position", ""))
        raise _Unreadable(what, _to_quote(connection, sql), int(position) if position.isdigit() else None)
    if len(tree["statements"]) != 1:
        raise _Unreadable("DuckDB reads this as several statements")
    statement: dict[str, Any] = tree["statements"][0]
    return statement


def _to_quote(connection: duckdb.DuckDBPyConnection, sql: str) -> str | None:
    """The way out where a name is a word that DuckDB reads as a part of its grammar."""
    reserved = connection.execute(
        "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function')"
    ).fetchall()
    words = {row[0] for row in reserved}.intersection(unquoted_names(sql, "duckdb"))
    if not words:
        return None
    listed = ", ".join(f'"{word}"' for word in sorted(words))
    return f"names that are words of DuckDB's grammar need quotes: {listed}"


def _line_column(sql: str, offset: int | None) -> tuple[int | None, int | None]:
    """Line and column (from 1) of a place that DuckDB counts in bytes."""
    if offset is None:
        return None, None
    before = sql.encode()[:offset].decode(errors="ignore")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _offset(node: dict[str, Any]) -> int | None:
    place = node.get("query_location")
    return place if isinstance(place, int) and place < 2**63 else None


def _fault(
    tree: dict[str, Any], granted: set[_Name], classes: frozenset[str] = EXPRESSIONS
) -> tuple[str, str | None, int | None] | None:
    """The first thing in a tree that may not be there, the way out if it is a special one, and its place.

    A common table expression is known to those after it and to its query, a recursive one to itself.
    """
    parts: list[tuple[Any, frozenset[_Name]]] = [(tree, frozenset(granted))]
    while parts:
        node, known = parts.pop()
        if isinstance(node, list):
            parts += [(part, known) for part in reversed(node)]
        elif isinstance(node, dict):
            fault = _fault_of_expression(node, classes) if "class" in node else _fault_of_node(node, known)
            if fault is not None:
                return (*fault, _offset(node))
            if node.get("type") == "RECURSIVE_CTE_NODE":
                own = str(node["cte_name"]).lower()
                known |= {(own,), ("recurring", own)}
            for entry in (node.get("cte_map") or {}).get("map", ()):
                parts.append((entry["value"], known))
                known |= {(str(entry["key"]).lower(),)}
            table_function = node.get("type") == "TABLE_FUNCTION"
            for name, part in node.items():
                if name == "function" and table_function:
                    parts.append((part["arguments"], known))
                elif name != "cte_map":
                    parts.append((part, known))
    return None


def _fault_of_node(node: dict[str, Any], known: frozenset[_Name]) -> tuple[str, str | None] | None:
    kind = node.get("type")
    if not isinstance(kind, str):
        return None
    if kind not in _NODES:
        return f"uses {_spoken(kind)}", None
    if kind == "BASE_TABLE":
        path = _path(node)
        if tuple(part.lower() for part in path) not in known:
            return f"reads `{'.'.join(path)}`", None
    elif kind == "TABLE_FUNCTION":
        path = _path(node["function"])
        if len(path) != 1 or path[0].lower() not in TABLE_FUNCTIONS:
            return f"reads `{path[-1]}(...)`", None
    return None


def _fault_of_expression(node: dict[str, Any], classes: frozenset[str]) -> tuple[str, str | None] | None:
    kind = str(node["class"])
    if kind not in classes:
        return f"uses {_spoken(kind)}", None
    if kind in ("FUNCTION", "WINDOW"):
        name = _path(node)[-1]
        if name.lower() not in FUNCTIONS:
            close = get_close_matches(name.lower(), FUNCTIONS, 1)
            return f"calls `{name}`", f"did you mean `{close[0]}`?" if close else None
    return None


def _path(node: dict[str, Any]) -> list[str]:
    return [str(part) for part in node["qualified_name"]["path"]]


def _spoken(kind: str) -> str:
    return f"`{kind.removesuffix('_NODE').removesuffix('_REF').replace('_', ' ').lower()}`"
