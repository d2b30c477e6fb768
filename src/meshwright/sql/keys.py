"""What decides the rows of a result beside conditions: groups, order, DISTINCT, and pivots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshwright.sql.derivation import GROUP_BY, IDENTITY, NAMED, SORT, Steps
from meshwright.sql.scopes import ColumnRef, Item, Pivot, Select

ROLES: Mapping[str, int] = {
    "group": GROUP_BY,
    "distinct": GROUP_BY,
    "order": SORT,
    "sort": SORT,
    "cluster": SORT,
    "distribute": SORT,
    "windows": NAMED,  # each use of one says what comes of it
}
"""What the parts of a SELECT make of the columns in them; what is not here filters."""


def decide_rows(args: Mapping[str, Any], select: Select, exp: Any) -> None:
    """Note the results that decide rows by their number, or all together."""
    group, order, distinct = args.get("group"), args.get("order"), args.get("distinct")
    if group is not None and group.args.get("all"):
        select.all.append(GROUP_BY)
    keys = [(key, GROUP_BY) for key in (group.expressions if group else ())]
    keys += [(key.this, SORT) for key in (order.expressions if order else ())]
    on = distinct.args.get("on") if distinct is not None else None
    keys += [(key, GROUP_BY) for key in (on.expressions if on is not None else ())]
    for key, how in keys:
        number = _number(key, exp)
        if number is not None:
            select.positions.append((number, how))
        elif how == SORT and isinstance(key, exp.Column) and len(key.parts) == 1:
            select.sorted.add(key.this.meta.get("start", -1))
        elif isinstance(key, exp.Var) and key.name.upper() == "ALL":
            select.all.append(how)


def _number(key: Any, exp: Any) -> int | None:
    while isinstance(key, exp.Paren):
        key = key.this
    return int(key.name) if isinstance(key, exp.Literal) and key.is_int else None


def sorted_by(order: Any, exp: Any) -> list[str | int]:
    """The results that the ORDER BY of a set operation names, by name or number; 0 is all of them."""
    found: list[str | int] = []
    for ordered in order.expressions if order is not None else ():
        number = _number(ordered.this, exp)
        if number is not None:
            found.append(number)
        elif isinstance(ordered.this, exp.Var):
            found.append(0)
        else:
            found += [column.name.lower() for column in ordered.find_all(exp.Column)]
    return found


def is_key(node: Any, exp: Any) -> bool:
    """Whether GROUP BY ALL groups by an expression: no aggregate is in it, but for those over windows."""
    for call in node.find_all(exp.AggFunc, exp.Anonymous):
        around = call.parent
        while isinstance(around, exp.Filter | exp.IgnoreNulls | exp.RespectNulls | exp.WithinGroup):
            around = around.parent
        if isinstance(call, exp.AggFunc) and not isinstance(around, exp.Window):
            return False
    return True


def pivot_of(node: Any, steps: Steps, exp: Any) -> Pivot:
    """One PIVOT or UNPIVOT."""
    fields = [field for field in node.args.get("fields") or () if isinstance(field, exp.In)]
    if not node.args.get("unpivot"):
        group = node.args.get("group")
        keys = [column.name.lower() for field in fields for column in field.this.find_all(exp.Column)]
        grouped = [column.name.lower() for column in group.find_all(exp.Column)] if group else None
        return Pivot(False, [_value(value, steps, exp) for value in node.expressions], keys, grouped)
    values = [_value(value, steps, exp) for field in fields for value in field.expressions]
    return Pivot(
        True,
        values,
        [ref.name for value in values for ref in value.columns],
        names=_names(node.expressions, exp),
        labels=_names([field.this for field in fields], exp),
    )


def _value(node: Any, steps: Steps, exp: Any) -> Item:
    item = Item(node.alias.lower() if isinstance(node, exp.Alias) else "")
    inner = node.this if isinstance(node, exp.Alias | exp.PivotAlias) else node
    how = steps.of_function(inner, inner.sql_names()[0].lower()) if isinstance(inner, exp.Func) else IDENTITY
    item.columns += [ColumnRef(column.name.lower(), how=how) for column in inner.find_all(exp.Column)]
    item.counted += [(None, how)] if inner.find(exp.Star) is not None else []
    return item


def _names(nodes: list[Any], exp: Any) -> tuple[str, ...]:
    return tuple(
        part.name.lower()
        for node in nodes
        for part in (node.expressions if isinstance(node, exp.Tuple) else [node])
    )
