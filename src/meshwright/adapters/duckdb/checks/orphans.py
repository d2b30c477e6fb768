"""Rows that refer to nothing, counted file by file.

A count is remembered for a file and the files that it refers to. Where none was an orphan, none
becomes one by files that are added on the other side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from meshwright.adapters.duckdb.checks.faults import CHECK_FAULTS
from meshwright.adapters.duckdb.checks.footers import Footers, read_footers
from meshwright.adapters.duckdb.checks.memory import CountsByFile
from meshwright.adapters.duckdb.checks.parts import Parts
from meshwright.adapters.duckdb.checks.probes import OrphanProbe
from meshwright.adapters.duckdb.checks.tally import Tally
from meshwright.sql.duckdb_types import quote_identifier

OTHERS = "verification:other footers"
LOOK_BACK = 8
"""So many files may have been added on the other side since a file was found to have no orphan."""


def orphans_by_file(
    connection: duckdb.DuckDBPyConnection,
    probe: OrphanProbe,
    footers: Footers,
    memory: CountsByFile,
    others: Parts,
) -> Tally:
    """The complete rows of all files that find no partner in `others`.

    Raises:
        duckdb.Error: the data cannot be read.
    """
    parts = memory.parts
    sql = f"orphans {probe.rows}"
    known = memory.recall_against(sql, parts.paths, others, LOOK_BACK)
    unknown = [path for path in parts.paths if path not in known]
    if not unknown:
        return Tally(sum(known.values()), "remembered")
    try:
        found = _count(connection, probe, footers, parts, others, unknown)
    except CHECK_FAULTS as error:
        return Tally(error)
    memory.keep_against(sql, found, others)
    return Tally(sum(known.values()) + sum(found.values()))


def _count(
    connection: duckdb.DuckDBPyConnection,
    probe: OrphanProbe,
    footers: Footers,
    parts: Parts,
    others: Parts,
    paths: Sequence[str],
) -> dict[str, int]:
    """By file, how many rows find no partner; only files that can hold one are read on the other side."""
    met = _meeting(connection, probe, footers, parts, others, paths) or others.paths[:1]
    over = replace(probe, source=parts.source(paths), other=others.source(met))
    file = quote_identifier(parts.file_column)
    rows = connection.execute(f"SELECT {file}, count(*) FROM {over.rows} GROUP BY {file}").fetchall()
    return {**dict.fromkeys(paths, 0), **dict(rows)}


def _meeting(
    connection: duckdb.DuckDBPyConnection,
    probe: OrphanProbe,
    footers: Footers,
    parts: Parts,
    others: Parts,
    paths: Sequence[str],
) -> tuple[str, ...]:
    name, target = probe.names[0], probe.target_names[0]
    if len(others.files) == 1 or parts.columns[name].type != others.columns[target].type:
        return others.paths
    theirs = read_footers(connection, others, OTHERS)
    bounded = all(footers.is_bounded(name, path) for path in paths)
    if not bounded or not all(theirs.is_bounded(target, path) for path in others.paths):
        return others.paths
    return theirs.meeting(target, paths, footers, name)
