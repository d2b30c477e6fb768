"""Measure the checks of one relation in as few statements as there can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from meshwright.adapters.duckdb.checks.faults import CHECK_FAULTS, reason
from meshwright.adapters.duckdb.checks.probes import (
    KeyProbe,
    OrphanProbe,
    Probe,
    QueryProbe,
    RowProbe,
    pattern_of,
    probe,
)
from meshwright.adapters.duckdb.checks.sample import samples
from meshwright.adapters.duckdb.checks.sandbox import run_rule
from meshwright.model.check import CheckSpec, Measure
from meshwright.model.operators import satisfied
from meshwright.model.types import ColumnType

WIDTH = 200
"""Aggregates in one scan; a contract with more checks is scanned again."""

SMALL = 100_000
"""Up to so many rows all keys and relationships are asked for in one statement."""


def measure(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Mapping[str, ColumnType],
    specs: Sequence[CheckSpec],
    objects: Mapping[str, str],
    key: Sequence[str] = (),
    classified: Collection[str] = (),
) -> dict[str, Measure]:
    """What each check finds in `relation`, by the check's id.

    `relation` and the values of `objects` (by object name) are SQL identifiers of relations in
    `connection`; `columns` are the relation's. All checks on rows are counted in one scan.
    Failed checks come with up to five failing rows: the columns of `key` and the offending value,
    without the columns in `classified`; where these are not given, the checks' own are taken. A
    check that cannot be computed has an error in its measure, and the others are still measured.

    Raises:
        duckdb.Error: the data cannot be read, memory or disk is exhausted, or the connection is
            interrupted.
    """
    probes = {spec.id: probe(spec, relation, columns, objects) for spec in specs}
    _reject_patterns(connection, specs, probes)
    found: dict[str, Measure] = {name: one for name, one in probes.items() if isinstance(one, Measure)}
    asked = [one for one in probes.values() if not isinstance(one, Measure)]
    rows = 0
    if any(one.how == "proved" for one in found.values()) or asked:
        rows, counted = _scan(connection, relation, asked)
        found.update(_keys_and_orphans(connection, asked, rows, counted))
        for one in asked:
            if isinstance(one, RowProbe):
                found[one.spec.id] = _as_measure(one.spec, counted[one.counted], rows)
            elif isinstance(one, QueryProbe):
                found[one.spec.id] = replace(run_rule(connection, relation, one.spec, objects), rows=rows)
    for one in asked:
        spec, value = one.spec, found[one.spec.id]
        if isinstance(one, QueryProbe) or value.error or value.value in (0, None):
            continue
        if spec.arguments.get("metric") == "rowCount" or satisfied(spec.threshold, value.value, rows):
            continue
        hidden = {*classified, *spec.withheld}
        listed = samples(connection, relation, one, tuple(key) or spec.key, hidden, columns)
        found[spec.id] = replace(value, samples=listed)
    return {spec.id: _counted_rows(found[spec.id], rows) for spec in specs}


def _counted_rows(value: Measure, rows: int) -> Measure:
    return replace(value, rows=rows) if value.how == "proved" and value.error is None else value


def _scan(
    connection: duckdb.DuckDBPyConnection, relation: str, asked: Iterable[Probe]
) -> tuple[int, dict[str, int | duckdb.Error]]:
    """Every aggregate over the relation, each once, by its SQL; and the number of rows."""
    wanted = {"count(*)": None}
    for one in asked:
        if isinstance(one, RowProbe):
            wanted[one.counted] = None
        elif isinstance(one, KeyProbe) and not one.own:
            wanted[one.filled] = None
    listed = list(wanted)
    counted: dict[str, int | duckdb.Error] = {}
    for start in range(0, len(listed), WIDTH):
        part = listed[start : start + WIDTH]
        counted.update(zip(part, _evaluate(connection, part, f" FROM {relation}"), strict=True))
    rows = counted["count(*)"]
    if isinstance(rows, duckdb.Error):
        raise rows
    return rows, counted


def _keys_and_orphans(
    connection: duckdb.DuckDBPyConnection,
    asked: Iterable[Probe],
    rows: int,
    counted: Mapping[str, int | duckdb.Error],
) -> dict[str, Measure]:
    wanted: dict[str, None] = {}
    for one in asked:
        if isinstance(one, KeyProbe):
            wanted[one.distinct] = None
            if one.own:
                wanted[f"SELECT {one.filled} FROM {one.source}"] = None
        elif isinstance(one, OrphanProbe):
            wanted[f"SELECT count(*) FROM {one.rows}"] = None
    listed = list(wanted)
    step = len(listed) if rows <= SMALL else 1
    values: dict[str, int | duckdb.Error] = {}
    for start in range(0, len(listed), step or 1):
        part = listed[start : start + step]
        values.update(zip(part, _evaluate(connection, [f"({query})" for query in part], ""), strict=True))
    found: dict[str, Measure] = {}
    for one in asked:
        if isinstance(one, KeyProbe):
            filled = values[f"SELECT {one.filled} FROM {one.source}"] if one.own else counted[one.filled]
            distinct = values[one.distinct]
            found[one.spec.id] = _surplus(one, filled, distinct, rows)
        elif isinstance(one, OrphanProbe):
            found[one.spec.id] = _as_measure(one.spec, values[f"SELECT count(*) FROM {one.rows}"], rows)
    return found


def _surplus(one: KeyProbe, filled: int | duckdb.Error, distinct: int | duckdb.Error, rows: int) -> Measure:
    """Rows that repeat a value; for a primary key those without a complete one too."""
    if isinstance(filled, duckdb.Error):
        return _as_measure(one.spec, filled, rows)
    if isinstance(distinct, duckdb.Error):
        return _as_measure(one.spec, distinct, rows)
    incomplete = rows - filled if one.spec.kind == "primary_key" else 0
    return Measure(filled - distinct + incomplete, rows)


def _as_measure(spec: CheckSpec, value: int | duckdb.Error, rows: int) -> Measure:
    if isinstance(value, duckdb.Error):
        return Measure(rows=rows, error=reason(value))
    return Measure(value, rows)


def _evaluate(
    connection: duckdb.DuckDBPyConnection, expressions: Sequence[str], tail: str
) -> list[int | duckdb.Error]:
    """The values of expressions, computed together; one that cannot be computed gives its error."""
    if not expressions:
        return []
    try:
        found: list[Any] = connection.execute(f"SELECT {', '.join(expressions)}{tail}").fetchall()
    except CHECK_FAULTS as error:
        if len(expressions) == 1:
            return [error]
        half = len(expressions) // 2
        return [
            *_evaluate(connection, expressions[:half], tail),
            *_evaluate(connection, expressions[half:], tail),
        ]
    return [int(value or 0) for value in found[0]]


def _of_pattern(error: duckdb.Error) -> str:
    """What RE2 has against a pattern: that quotes the contract, never data."""
    line = str(error).strip().splitlines()[0]
    return line.partition("Error: ")[2] or line


def _reject_patterns(
    connection: duckdb.DuckDBPyConnection, specs: Iterable[CheckSpec], probes: dict[str, Probe]
) -> None:
    """Replace the probes of checks whose regular expression RE2 cannot run by an error."""
    patterns: dict[str, list[CheckSpec]] = {}
    for spec in specs:
        literal = pattern_of(spec)
        if literal is not None and isinstance(probes[spec.id], RowProbe):
            patterns.setdefault(literal, []).append(spec)
    tests = [f"regexp_matches('', {literal})::INT" for literal in patterns]
    for value, owners in zip(_evaluate(connection, tests, ""), patterns.values(), strict=True):
        if isinstance(value, duckdb.Error):
            for spec in owners:
                probes[spec.id] = Measure(
                    error=f"the pattern `{spec.arguments['pattern']}` is not a regular expression that RE2 "
                    f"can run ({_of_pattern(value)}); RE2 has no look-around and no back-references"
                )
