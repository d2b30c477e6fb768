"""Counts of violating rows that file statistics prove, with no row read.

Every proof is exact: a count per check and file, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from meshwright.adapters.duckdb.checks.dictionaries import MANY
from meshwright.adapters.duckdb.checks.faults import CHECK_FAULTS
from meshwright.adapters.duckdb.checks.footers import FileColumn, Footers
from meshwright.adapters.duckdb.checks.probes import KeyProbe, RowProbe
from meshwright.sql.duckdb_types import quote_identifier

Counts = dict[str, dict[str, int]]
"""Counts by aggregate and the path of a file."""


def prove_complete(probes: Iterable[KeyProbe], footers: Footers, paths: Sequence[str]) -> Counts:
    """In how many rows all columns of a key have a value, where nulls are in one column at most."""
    found: Counts = {}
    for probe in probes:
        columns = [footers.columns.get(name, {}) for name in probe.names]
        for path in paths:
            told = [column.get(path) for column in columns]
            nulls = [each.nulls for each in told if each is not None and each.nulls is not None]
            if len(nulls) == len(probe.columns) and sum(map(bool, nulls)) <= 1:
                found.setdefault(probe.filled, {})[path] = footers.rows[path] - sum(nulls)
    return found


def prove(probes: Iterable[RowProbe], footers: Footers, paths: Sequence[str]) -> Counts:
    """The counts that the footers prove, by expression and file.

    A check on nulls takes the footers' counts. A check on values holds for every row of a file
    where the column has nulls only, and where its witnesses pass: the bounds, for a check whose
    valid values are an interval; every value that can be there, for any check on whole numbers
    in a narrow range, and for a column that holds one value.
    """
    found: Counts = {}
    asked: dict[str, RowProbe] = {}
    for probe in probes:
        if probe.column is None:
            continue
        if probe.of_nulls:
            for path in paths:
                told = footers.of(probe.column, path)
                if told is not None and told.nulls is not None:
                    found.setdefault(probe.counted, {})[path] = told.nulls
        elif not probe.true_for_null:
            asked[probe.counted] = probe
    if asked:
        found.update(_by_witnesses(list(asked.values()), footers, paths))
    return found


def prove_by_dictionaries(probes: Iterable[RowProbe], footers: Footers, paths: Sequence[str]) -> Counts:
    """The zeros that the dictionaries of columns of texts prove, by expression and file.

    Every text that is there is in them, and perhaps one that is not: what breaks a check proves nothing.
    They are read where the values are many.
    """
    asked: dict[str, list[RowProbe]] = {}
    for probe in probes:
        if probe.column in footers.coded and not (probe.of_nulls or probe.true_for_null):
            asked.setdefault(str(probe.column), []).append(probe)
    found: Counts = {}
    if len(asked) * sum(footers.rows.get(path, 0) for path in paths) < MANY:
        return found
    for column, own in asked.items():
        texts = footers.texts(column, paths)
        if texts is None:
            continue
        tests = ", ".join(f"count_if({probe.test})" for probe in own)
        values = f"(SELECT unnest(?::VARCHAR[]) AS {quote_identifier(column)})"
        with suppress(*CHECK_FAULTS):  # a scan finds out which check cannot be computed
            row = footers.connection.execute(f"SELECT {tests} FROM {values}", [list(texts)]).fetchone()
            for probe, count in zip(own, row or (), strict=True):
                if count == 0:
                    found[probe.counted] = dict.fromkeys(paths, 0)
    return found


def _by_witnesses(probes: Sequence[RowProbe], footers: Footers, paths: Sequence[str]) -> Counts:
    found: Counts = {}
    asked: dict[str, list[RowProbe]] = {}
    for probe in probes:
        if _any_bounded(probe, footers, paths):
            asked.setdefault(str(probe.column), []).append(probe)
    broken: dict[tuple[str, str], int] = {}
    for column, own in asked.items():
        with suppress(*CHECK_FAULTS):  # a scan finds out which check cannot be computed
            for path, counts in footers.witnesses(column, [f"count_if({one.test})" for one in own]).items():
                broken |= {(one.counted, path): count for one, count in zip(own, counts, strict=True)}
    for probe in probes:
        for path in paths:
            told = footers.of(str(probe.column), path)
            if told is None:
                continue
            empty = told.nulls is not None and told.nulls == footers.rows[path]
            if empty or (_decisive(probe, told) and broken.get((probe.counted, path)) == 0):
                found.setdefault(probe.counted, {})[path] = 0
    return found


def _any_bounded(probe: RowProbe, footers: Footers, paths: Sequence[str]) -> bool:
    columns = (footers.of(str(probe.column), path) for path in paths)
    return any(column is not None and _decisive(probe, column) for column in columns)


def _decisive(probe: RowProbe, column: FileColumn) -> bool:
    """Whether no value can violate the check when no witness does."""
    if not column.bounded:
        return False
    return column.listed or probe.spec.proof == "bounds"
