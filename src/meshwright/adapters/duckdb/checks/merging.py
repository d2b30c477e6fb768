"""Rules in SQL that count the rows for which something holds, as aggregates to be counted with others."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import duckdb

from meshwright.adapters.duckdb.checks.faults import CHECK_FAULTS
from meshwright.adapters.duckdb.checks.sandbox import Refusal, checked_rule
from meshwright.model.check import CheckSpec

_CLASSES = frozenset(
    {
        "COLUMN_REF",
        "CONSTANT",
        "COMPARISON",
        "CONJUNCTION",
        "FUNCTION",
        "OPERATOR",
        "CAST",
        "TYPE",
        "BETWEEN",
        "CASE",
    }
)
"""Expressions that look at one row, and at nothing else."""


def merged_rule(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    spec: CheckSpec,
    objects: Mapping[str, str],
    columns: Collection[str],
) -> str | None:
    """The aggregate over `relation` that is what a rule's statement returns.

    None where it is no `SELECT count(*) FROM relation WHERE ...`, or may not run. `columns` are
    those that the rule may name.
    """
    try:
        rule = checked_rule(connection, relation, spec, objects)
    except (Refusal, *CHECK_FAULTS):
        return None
    if rule.changing or not rule.own:
        return None
    node = rule.tree["statements"][0]["node"]
    if not _is_count(node):
        return None
    alias = str(node["from_table"].get("alias") or "").lower()
    condition = node["where_clause"]
    if not _is_of_row(condition, alias, {name.lower() for name in columns}):
        return None
    node["select_list"][0].update(filter=condition, alias="")
    node.update(where_clause=None, from_table=_nothing(connection))
    text = connection.execute("SELECT json_deserialize_sql(?)", [json.dumps(rule.tree)]).fetchall()[0][0]
    return str(text).removeprefix("SELECT ")


def _nothing(connection: duckdb.DuckDBPyConnection) -> Any:
    """The node of a FROM clause that is not there."""
    tree = json.loads(connection.execute("SELECT json_serialize_sql('SELECT 1')").fetchall()[0][0])
    return tree["statements"][0]["node"]["from_table"]


def _is_count(node: Mapping[str, Any]) -> bool:
    """Whether a query is a count of the rows of one table, and nothing more."""
    if node["type"] != "SELECT_NODE" or len(node["select_list"]) != 1:
        return False
    counted, table = node["select_list"][0], node["from_table"]
    nothing_more = (
        *(
            node[part]
            for part in ("modifiers", "group_expressions", "group_sets", "having", "qualify", "sample")
        ),
        (node.get("cte_map") or {}).get("map"),
        *(counted.get(part) for part in ("arguments", "children", "distinct", "filter")),
        *(table.get(part) for part in ("column_name_alias", "sample")),
    )
    counts = counted["class"] == "FUNCTION" and counted["function_name"] == "count_star"
    return counts and table["type"] == "BASE_TABLE" and not any(nothing_more)


def _is_of_row(node: Any, alias: str, columns: Collection[str]) -> bool:
    """Whether an expression names columns of the one table, which it takes out of their qualified names."""
    if isinstance(node, list):
        return all(_is_of_row(part, alias, columns) for part in node)
    if not isinstance(node, dict):
        return True
    if "class" in node:
        if node["class"] not in _CLASSES:
            return False
        if node["class"] == "COLUMN_REF":
            names = node["column_names"]
            if len(names) == 2 and str(names[0]).lower() == alias and alias not in columns:
                names = node["column_names"] = names[1:]
            return len(names) == 1 and str(names[0]).lower() in columns
    return all(_is_of_row(part, alias, columns) for part in node.values())
