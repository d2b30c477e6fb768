"""How many different values there are of what may occur once only.

Files whose ranges of the first column do not meet cannot share a key, so each cluster of files
that do is counted by itself, and remembered by its files. Keys of whole numbers that lie close
together are counted in a bitmap, which needs one bit a possible key and no order.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from meshwright.adapters.duckdb.checks.faults import CHECK_FAULTS
from meshwright.adapters.duckdb.checks.footers import Footers
from meshwright.adapters.duckdb.checks.memory import CountsByFile
from meshwright.adapters.duckdb.checks.parts import Parts
from meshwright.adapters.duckdb.checks.probes import KeyProbe
from meshwright.adapters.duckdb.checks.tally import Found, Tally
from meshwright.model.check import How
from meshwright.sql.duckdb_types import quote_identifier

BITS = 1_000_000_000
"""The longest bitmap: what the engine's aggregate takes, 125 MB a thread."""

SPARSE = 256
"""A bitmap with more bits than this a row is slower than hashing the rows."""


def distinct_keys(
    connection: duckdb.DuckDBPyConnection,
    probe: KeyProbe,
    footers: Footers,
    memory: CountsByFile,
) -> Tally:
    """The number of different complete keys in all files.

    Raises:
        duckdb.Error: the data cannot be read, or memory and disk are exhausted.
    """
    parts, total, how = memory.parts, 0, set[How]()
    for cluster in _clusters(probe, parts, footers):
        found, reached = _of_cluster(connection, probe, footers, memory, cluster)
        if isinstance(found, duckdb.Error):
            return Tally(found)
        total += found
        how.add(reached)
    return Tally(total, "scanned" if "scanned" in how or not how else "remembered")


def _of_cluster(
    connection: duckdb.DuckDBPyConnection,
    probe: KeyProbe,
    footers: Footers,
    memory: CountsByFile,
    paths: tuple[str, ...],
) -> tuple[Found, How]:
    parts = memory.parts
    known = memory.recall_longest(probe.filled, paths)
    if known is not None and known[0] == len(paths):
        return known[1], "remembered"
    try:
        if known is None:
            total = _count(connection, probe, parts, footers, paths)
        else:
            old, new = paths[: known[0]], paths[known[0] :]
            total = known[1] + _count(connection, probe, parts, footers, new)
            total -= _shared(connection, probe, parts, footers, old, new)
    except CHECK_FAULTS as error:
        return error, "scanned"
    memory.keep_group(probe.filled, paths, total)
    return total, "scanned"


def _clusters(probe: KeyProbe, parts: Parts, footers: Footers) -> list[tuple[str, ...]]:
    """Files, in the order of the relation, that may share keys with each other and no other file."""
    first = probe.names[0]
    if len(parts.files) == 1 or not all(footers.is_bounded(first, path) for path in parts.paths):
        return [parts.paths]
    return footers.overlapping(first, parts.paths)


def _count(
    connection: duckdb.DuckDBPyConnection,
    probe: KeyProbe,
    parts: Parts,
    footers: Footers,
    paths: Sequence[str],
) -> int:
    """Different complete keys in some files."""
    source = f"{parts.source(paths)} WHERE {probe.complete}"
    packed = _packed(probe, footers, paths)
    if packed is None:
        return _one(connection, f"SELECT count(*) FROM (SELECT 1 FROM {source} GROUP BY {_listed(probe)})")
    expression, size = packed
    if size <= min(BITS, SPARSE * max(sum(footers.rows[path] for path in paths), 1)):
        bitmap = f"bitstring_agg({expression}, 0::BIGINT, {size - 1}::BIGINT)"
        return _one(connection, f"SELECT coalesce(bit_count({bitmap}), 0) FROM {source}")
    return _one(connection, f"SELECT count(*) FROM (SELECT 1 FROM {source} GROUP BY {expression})")


def _packed(probe: KeyProbe, footers: Footers, paths: Sequence[str]) -> tuple[str, int] | None:
    """The key as one whole number from 0, and how many such numbers there can be.

    None where a column holds no whole numbers, has no bounds, or the numbers are too large.
    """
    expression, size = "0", 1
    for column, name in zip(probe.columns, probe.names, strict=True):
        span = footers.span(name, paths)
        if span is None:
            return None
        low, high = span
        width = high - low + 1
        expression = f"({expression} * {width} + ({column}::BIGINT - {low}))"
        size *= width
        if size >= 2**62 or not -(2**62) < low <= high < 2**62:
            return None
    return expression, size


def _shared(
    connection: duckdb.DuckDBPyConnection,
    probe: KeyProbe,
    parts: Parts,
    footers: Footers,
    old: Sequence[str],
    new: Sequence[str],
) -> int:
    """How many different keys of `new` files are in `old` ones; only those of these that overlap are read."""
    first = probe.names[0]
    met = [path for path in old if footers.may_overlap(first, path, new)]
    if not met:
        return 0
    listed = _listed(probe)
    keys = f"SELECT DISTINCT {listed} FROM {parts.source(new)} WHERE {probe.complete}"
    same = " AND ".join(f"o.{column} = n.{column}" for column in probe.columns)
    column = quote_identifier(first)
    limits = f"(SELECT min({column}) FROM fresh) AND (SELECT max({column}) FROM fresh)"
    there = f"SELECT {listed} FROM {parts.source(met)} WHERE {column} BETWEEN {limits}"
    return _one(
        connection,
        f"WITH fresh AS MATERIALIZED ({keys}) SELECT count(*) FROM fresh n SEMI JOIN ({there}) o ON {same}",
    )


def _listed(probe: KeyProbe) -> str:
    return ", ".join(probe.columns)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
