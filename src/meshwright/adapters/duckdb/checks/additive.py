"""Statements whose value over all rows is the sum of those over some of them and over the rest."""

from __future__ import annotations

from typing import Any

_COUNTS = frozenset({"count", "count_star", "count_if", "countif"})
_APART = frozenset({"SUBQUERY", "WINDOW"})
"""Expressions that look at more than one row."""

_NOTHING: tuple[Any, ...] = (None, [], {"map": []})
_PARTS = frozenset({"type", "select_list", "from_table", "where_clause", "aggregate_handling"})
"""The parts of a SELECT that such a statement may have."""


def counts_rows(tree: dict[str, Any]) -> bool:
    """Whether a statement counts rows of one table, each by itself: `SELECT count(*) FROM t WHERE ...`."""
    node = tree["statements"][0]["node"]
    if node.get("type") != "SELECT_NODE" or node.get("aggregate_handling") != "STANDARD_HANDLING":
        return False
    if any(value not in _NOTHING for name, value in node.items() if name not in _PARTS):
        return False
    table = node["from_table"]
    if table.get("type") != "BASE_TABLE" or table.get("sample") is not None:
        return False
    if len(node["select_list"]) != 1 or _looks_apart([node["where_clause"], node["select_list"]]):
        return False
    (count,) = node["select_list"]
    ordered = count.get("order_bys") or {}
    return (
        count.get("class") == "FUNCTION"
        and count.get("function_name") in _COUNTS
        and count.get("distinct") is False
        and not ordered.get("orders")
    )


def _looks_apart(part: Any) -> bool:
    if isinstance(part, list):
        return any(map(_looks_apart, part))
    if isinstance(part, dict):
        return part.get("class") in _APART or any(map(_looks_apart, part.values()))
    return False
