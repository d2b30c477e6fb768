"""Rules in SQL: one SELECT over the contract's own objects, run where these are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from meshwright.adapters.postgres.checks.faults import reason
from meshwright.adapters.postgres.checks.probes import Relation
from meshwright.model.check import CheckSpec, Measure
from meshwright.sql.postgres_rules import Refusal, readable_rule

_WHOLE = frozenset({"smallint", "integer", "bigint"})
_FLOATS = frozenset({"real", "double precision"})


def run_rule(
    attempt: Callable[[str], tuple[int, list[tuple[Any, ...]]] | Exception],
    spec: CheckSpec,
    relations: Mapping[str, Relation],
    schema: str,
) -> Measure:
    """The one value that a rule's statement returns, or why it could not be run.

    `attempt` runs a statement and returns the number of its columns and its rows, or the fault;
    `relations` are those of the contract's objects that there are data of, all in `schema`.
    """
    names = {name.lower(): name for name in (*relations, spec.object)}
    names.update(spec.arguments.get("tables", {}))
    tables = {name: relations[own].name if own in relations else None for name, own in names.items()}
    try:
        statement = readable_rule(spec.arguments["query"], tables, schema)
    except Refusal as refused:
        return Measure(error=str(refused))
    shape = attempt(f"SELECT * FROM ({statement}) q LIMIT 0")
    if isinstance(shape, Exception):
        return Measure(error=f"the query failed: {reason(shape)}")
    if shape[0] != 1:
        return Measure(error=f"the query must return one value, and returned {shape[0]} columns")
    found = attempt(f"SELECT pg_typeof(q.v)::text, q.v::text FROM ({statement}) q(v) LIMIT 2")
    if isinstance(found, Exception):
        return Measure(error=f"the query failed: {reason(found)}")
    if len(found[1]) != 1:
        many = "several rows" if found[1] else "no row"
        return Measure(error=f"the query must return one value, and returned {many}")
    return Measure(_value(*found[1][0]))


def _value(kind: str, text: str | None) -> Any:
    if text is None:
        return None
    if kind in _WHOLE:
        return int(text)
    if kind in _FLOATS:
        return float(text)
    if kind == "numeric":
        return Decimal(text)
    if kind == "boolean":
        return text in ("t", "true")
    return text
