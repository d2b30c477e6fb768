"""The lowest and highest values of columns: remembered file by file, and the rest scanned once.

Bounds in footers are not used: they may lie beyond every value, and an age that is off is a wrong verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from meshwright.adapters.duckdb.checks.faults import CHECK_FAULTS, reason
from meshwright.adapters.duckdb.checks.memory import CountsByFile
from meshwright.adapters.duckdb.checks.probes import SpanProbe
from meshwright.model.check import How, Measure
from meshwright.sql.duckdb_types import quote_identifier


def measure_spans(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    probes: Sequence[SpanProbe],
    rows: int,
    memory: CountsByFile | None = None,
) -> dict[str, Measure]:
    """What each probe finds, by the check's id; None where a column holds no value.

    Raises:
        duckdb.Error: the data cannot be read.
    """
    if not probes:
        return {}
    ends = {probe.end: probe.highest for probe in probes}
    try:
        found = (
            _scan(connection, relation, list(ends))
            if memory is None
            else _over_files(connection, ends, memory)
        )
    except CHECK_FAULTS as error:
        return {probe.spec.id: Measure(rows=rows, error=reason(error)) for probe in probes}
    return {
        probe.spec.id: Measure(found[probe.end][0], rows, found=probe.kind, how=found[probe.end][1])
        for probe in probes
    }


def _scan(
    connection: duckdb.DuckDBPyConnection, source: str, ends: Sequence[str]
) -> dict[str, tuple[int | None, How]]:
    row = connection.execute(f"SELECT {', '.join(ends)} FROM {source}").fetchone()
    assert row is not None
    return {end: (value, "scanned") for end, value in zip(ends, row, strict=True)}


def _over_files(
    connection: duckdb.DuckDBPyConnection, ends: Mapping[str, bool], memory: CountsByFile
) -> dict[str, tuple[int | None, How]]:
    parts = memory.parts
    if not memory.kept:
        return _scan(connection, parts.source(parts.paths), list(ends))
    known = memory.recall(dict.fromkeys(ends, parts.paths))
    wanted = [path for path in parts.paths if any(path not in known.get(end, {}) for end in ends)]
    read: dict[str, dict[str, int]] = {end: {} for end in ends}
    if wanted:
        file = quote_identifier(parts.file_column)
        for path, *values in connection.execute(
            f"SELECT {file}, {', '.join(ends)} FROM {parts.source(wanted)} GROUP BY {file}"
        ).fetchall():
            for end, value in zip(ends, values, strict=True):
                if value is not None:
                    read[end][path] = value
        memory.keep(read)
    found: dict[str, tuple[int | None, How]] = {}
    for end, highest in ends.items():
        values = [*known.get(end, {}).values(), *read[end].values()]
        value = (max if highest else min)(values, default=None)
        found[end] = (value, "scanned" if wanted else "remembered")
    return found
