"""The rows that break checks, told apart from the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from meshwright.adapters.duckdb.checks.literals import text
from meshwright.adapters.duckdb.checks.probes import (
    KeyProbe,
    OrphanProbe,
    Probe,
    RowProbe,
    probe,
)
from meshwright.adapters.duckdb.relations import free_name
from meshwright.model.check import CheckSpec
from meshwright.model.types import ColumnType


def row_tests(
    connection: duckdb.DuckDBPyConnection,
    whole: str,
    columns: Mapping[str, ColumnType],
    specs: Sequence[CheckSpec],
    objects: Mapping[str, str],
) -> dict[str, str]:
    """By check id an expression that is true for a row that breaks the check.

    `whole` is the relation that keys are unique in: all rows of a repeated key break it. Checks that
    say nothing about single rows (row counts, rules in SQL, items of arrays that are unique) are left out.

    Raises:
        duckdb.Error: the data cannot be read.
    """
    found: dict[str, str] = {}
    names = [free_name(f"__to{index}", columns) for index in range(len(columns))]
    for number, spec in enumerate(specs):
        test = _test(connection, probe(spec, whole, columns, objects), number, names)
        if test is not None:
            found[spec.id] = test
    return found


def broken_checks(tests: Mapping[str, str]) -> str:
    """An expression: the ids of the checks that a row breaks."""
    cases = ", ".join(f"CASE WHEN {test} THEN {text(name)} END" for name, test in tests.items())
    return f"list_filter([{cases}]::VARCHAR[], lambda one: one IS NOT NULL)"


def _test(connection: duckdb.DuckDBPyConnection, one: Probe, number: int, names: Sequence[str]) -> str | None:
    """`names` are of no column, so that none of the row's is taken for one of what it is compared with."""
    if isinstance(one, RowProbe) and one.spec.arguments.get("metric") != "rowCount":
        return one.test
    if isinstance(one, KeyProbe) and not one.own:
        return _repeats(connection, one, number, names)
    if isinstance(one, OrphanProbe) and not one.own:
        complete = " AND ".join(f"{column} IS NOT NULL" for column in one.columns)
        targets = ", ".join(f"{column} AS {names[i]}" for i, column in enumerate(one.targets))
        same = " AND ".join(f"{column} = r.{names[i]}" for i, column in enumerate(one.columns))
        return f"{complete} AND NOT EXISTS (SELECT 1 FROM (SELECT {targets} FROM {one.other}) r WHERE {same})"
    return None


def _repeats(connection: duckdb.DuckDBPyConnection, one: KeyProbe, number: int, names: Sequence[str]) -> str:
    """Rows whose key is there more than once; for a primary key those without a complete one too."""
    keys = f'temp.main."verification:repeated {number}"'
    listed = ", ".join(f"{column} AS {names[i]}" for i, column in enumerate(one.columns))
    grouped = ", ".join(one.columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {keys} AS SELECT {listed} FROM {one.source} "
        f"WHERE {one.complete} GROUP BY {grouped} HAVING count(*) > 1"
    )
    same = " AND ".join(f"{column} = {names[i]}" for i, column in enumerate(one.columns))
    repeated = f"({one.complete} AND EXISTS (SELECT 1 FROM {keys} WHERE {same}))"
    return f"(NOT ({one.complete}) OR {repeated})" if one.spec.kind == "primary_key" else repeated
