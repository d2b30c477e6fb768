"""Up to five failing rows of a check, without classified columns."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from meshwright.adapters.duckdb.checks.probes import KeyProbe, OrphanProbe, RowProbe, Shown, from_name
from meshwright.model.types import INTEGERS, ColumnType
from meshwright.sql.duckdb_types import quote_identifier

LIMIT = 5
LONGEST = 200

_PLAIN = frozenset({*INTEGERS, "boolean", "string", "float", "double"})


def samples(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    one: RowProbe | KeyProbe | OrphanProbe,
    key: Sequence[str],
    withheld: Collection[str],
    columns: Mapping[str, ColumnType],
) -> tuple[Mapping[str, Any], ...]:
    """Failing rows as {column: value}: the key and what offends; values are numbers, texts, booleans.

    A column in `withheld` is left out, and so is every value inside it.
    """
    keys = tuple(Shown(name, quote_identifier(name), name, columns[name]) for name in key if name in columns)
    if isinstance(one, RowProbe):
        shown, source = _each_once(keys, one.shown), f"{relation} WHERE {one.test}"
    elif isinstance(one, OrphanProbe):
        values = (replace(part, value=f"l.{from_name(i)}") for i, part in enumerate(one.shown))
        shown, source = _each_once(() if one.own else keys, tuple(values)), one.rows
    else:
        shown, source = _repeated(one, keys, relation)
    shown = tuple(part for part in shown if part.column not in withheld)
    if not shown:
        return ()
    listed = ", ".join(_readable(part) for part in shown)
    found = connection.execute(f"SELECT {listed} FROM {source} LIMIT {LIMIT}").fetchall()
    labels = [part.label for part in shown]
    return tuple({name: _plain(value) for name, value in zip(labels, row, strict=True)} for row in found)


def _each_once(keys: tuple[Shown, ...], values: tuple[Shown, ...]) -> tuple[Shown, ...]:
    """Both, without a key column that is shown as what offends anyway."""
    own = {part.label for part in values}
    return (*(part for part in keys if part.label not in own), *values)


def _repeated(one: KeyProbe, keys: tuple[Shown, ...], relation: str) -> tuple[tuple[Shown, ...], str]:
    """The rows that repeat a value, by their keys; the values alone where no other key tells them apart."""
    listed = ", ".join(f"{column} AS __k{i}" for i, column in enumerate(one.columns))
    grouped = ", ".join(one.columns)
    repeated = (
        f"SELECT {listed} FROM {one.source} WHERE {one.complete} GROUP BY {grouped} HAVING count(*) > 1"
    )
    alone = tuple(replace(part, value=f"__k{i}") for i, part in enumerate(one.shown))
    if one.spec.kind == "primary_key":
        incomplete = " OR ".join(f"{column} IS NULL" for column in one.columns)
        if one.misfit:
            incomplete = f"({incomplete}) AND NOT ({one.misfit})"
        return alone, f"(SELECT {listed} FROM {relation} WHERE {incomplete} UNION ALL {repeated})"
    both = _each_once(keys, one.shown)
    if one.own or both == one.shown:
        return alone, f"({repeated})"
    same = " AND ".join(f"{column} = __k{i}" for i, column in enumerate(one.columns))
    return both, f"{relation} SEMI JOIN ({repeated}) ON {same}"


def _readable(part: Shown) -> str:
    return part.value if part.kind.kind in _PLAIN else f"({part.value})::VARCHAR"


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str) and len(value) > LONGEST:
        return value[: LONGEST - 1] + "…"
    return value
