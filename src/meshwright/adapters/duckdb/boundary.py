"""The boundary of a model, drawn with the parser that executes it.

A model's statement has been checked before in its own dialect. DuckDB may read a text in another way,
so the tables and table functions that DuckDB itself sees are held against what was offered.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import duckdb

from meshwright.errors import BuildError

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


def require_offered(
    connection: duckdb.DuckDBPyConnection, sql: str, offered: Collection[str], where: str
) -> None:
    """Do nothing when the one SELECT in `sql` reads offered relations only.

    Raises:
        BuildError: it is no single SELECT for DuckDB, or reads anything else.
    """
    row = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0]
    tree = json.loads(row[0])
    if tree.get("error"):
        raise BuildError(f"DuckDB does not read this as a SELECT: {tree.get('error_message')}", where=where)
    if len(tree["statements"]) != 1:
        raise BuildError("DuckDB reads this as several statements", where=where)
    names = {name.lower() for name in offered}
    for stranger in _strangers(tree["statements"][0], names):
        raise BuildError(
            f"the model reads `{stranger}`, which is none of its inputs",
            where=where,
            way_out="declare an input port in product.yaml and read it as input_port.object",
        )


def _strangers(node: Any, known: set[str]) -> list[str]:
    """The tables and table functions below a node that are not known; CTEs are, below their query."""
    if isinstance(node, list):
        return [name for part in node for name in _strangers(part, known)]
    if not isinstance(node, dict):
        return []
    if node.get("cte_name"):
        known = known | {str(node["cte_name"]).lower()}
    found: list[str] = []
    entries = (node.get("cte_map") or {}).get("map", ())
    for entry in entries:
        found += _strangers(entry["value"], known | {str(entry["key"]).lower()})
        known = known | {str(entry["key"]).lower()}
    kind = node.get("type")
    if kind == "BASE_TABLE":
        path = [str(part) for part in node["qualified_name"]["path"]]
        if len(path) != 1 or path[0].lower() not in known:
            found.append(".".join(path))
    elif kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).lower()
        if node["function"].get("schema") or name not in TABLE_FUNCTIONS:
            found.append(f"{name}(...)")
    for key, part in node.items():
        if key != "cte_map":
            found += _strangers(part, known)
    return found
