"""Counts over the rows of a relation: proved file by file, remembered, and the rest scanned once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import duckdb

from meshwright.adapters.duckdb.checks.faults import CHECK_FAULTS
from meshwright.adapters.duckdb.checks.footers import Footers
from meshwright.adapters.duckdb.checks.memory import CountsByFile
from meshwright.adapters.duckdb.checks.parts import Parts
from meshwright.adapters.duckdb.checks.probes import KeyProbe, Probe, RowProbe
from meshwright.adapters.duckdb.checks.proofs import prove, prove_by_dictionaries, prove_complete
from meshwright.adapters.extraction.faults import is_of_file
from meshwright.model.check import How
from meshwright.sql.duckdb_types import quote_identifier

WIDTH = 200
"""Aggregates in one scan; a contract with more checks is scanned again."""

ROWS = "count(*)"

Found = int | duckdb.Error
Wanted = Mapping[str, RowProbe | KeyProbe | None]
"""Aggregates by their SQL, with the probe that asks for each; nobody asks for the count of rows."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What an aggregate came to, and how that was found out."""

    value: Found
    how: How = "scanned"


def wanted_of(asked: Iterable[Probe]) -> dict[str, RowProbe | KeyProbe | None]:
    """Every aggregate that probes ask for over the rows of the relation, each once."""
    wanted: dict[str, RowProbe | KeyProbe | None] = {ROWS: None}
    for one in asked:
        if isinstance(one, RowProbe):
            wanted.setdefault(one.counted, one)
        elif isinstance(one, KeyProbe) and not one.own:
            wanted.setdefault(one.filled, one)
            if one.spared:
                wanted.setdefault(one.spared, None)
    return wanted


def tally(connection: duckdb.DuckDBPyConnection, relation: str, wanted: Wanted) -> dict[str, Tally]:
    """Every aggregate in one scan of `relation`.

    Raises:
        duckdb.Error: the data cannot be read.
    """
    found = {sql: Tally(value) for sql, value in _scan(connection, relation, list(wanted)).items()}
    _raise_if_unreadable(found[ROWS].value)
    return found


def tally_parts(
    connection: duckdb.DuckDBPyConnection, footers: Footers, memory: CountsByFile
) -> dict[str, Tally]:
    """The same over the files of a relation; what statistics prove, or is remembered, is not read.

    Raises:
        duckdb.Error: the data cannot be read.
    """
    parts, wanted = memory.parts, memory.wanted
    cells: dict[str, dict[str, Found]] = {sql: {} for sql in wanted}
    for sql, counts in {ROWS: footers.rows, **_proved(wanted, footers, parts.paths)}.items():
        cells[sql].update({path: n for path, n in counts.items() if _is_exact(wanted[sql], n, path, parts)})
    how: dict[str, How] = dict.fromkeys(wanted, "proved")
    for sql, counts in memory.recall(_missing(cells, parts.paths)).items():
        cells[sql].update(counts)
        how[sql] = "remembered"
    for paths, unknown in _by_files(_missing(cells, parts.paths)).items():
        asked = [probe for sql in unknown if isinstance(probe := wanted[sql], RowProbe)]
        listed = prove_by_dictionaries(asked, footers, paths)
        rest = {sql: wanted[sql] for sql in unknown if sql not in listed}
        read = _read(connection, parts, paths, rest, footers, memory.kept) if rest else {}
        how.update(dict.fromkeys(read, "scanned"))
        fresh: dict[str, Mapping[str, Found]] = {**listed, **read}
        for sql, told in fresh.items():
            cells[sql].update(told)
        memory.keep(fresh)
    return {sql: Tally(_sum(counts.values()), how[sql]) for sql, counts in cells.items()}


def _proved(wanted: Wanted, footers: Footers, paths: Sequence[str]) -> dict[str, dict[str, int]]:
    keys = (probe for probe in wanted.values() if isinstance(probe, KeyProbe))
    rows = [probe for probe in wanted.values() if isinstance(probe, RowProbe)]
    return {**prove_complete(keys, footers, paths), **prove(rows, footers, paths)}


def _is_exact(probe: RowProbe | KeyProbe | None, count: int, path: str, parts: Parts) -> bool:
    """Whether what a footer tells of a file holds for its rows: also where some of them are none.

    Rows that violate a check are then no more than those in the file; rows and keys may be fewer.
    """
    return path not in parts.thinned or (isinstance(probe, RowProbe) and count == 0)


def _missing(cells: Mapping[str, Mapping[str, Found]], paths: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The files in which aggregates are not known yet, by aggregate."""
    missing = {sql: tuple(path for path in paths if path not in known) for sql, known in cells.items()}
    return {sql: files for sql, files in missing.items() if files}


def _by_files(missing: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, ...], list[str]]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for sql, files in missing.items():
        groups.setdefault(files, []).append(sql)
    return groups


def _read(
    connection: duckdb.DuckDBPyConnection,
    parts: Parts,
    paths: tuple[str, ...],
    wanted: Wanted,
    footers: Footers,
    by_file: bool,
) -> dict[str, dict[str, Found]]:
    """Aggregates over some files, by file; where nobody wants that, all is told of the first file.

    Where a cheap test can show that no row violates a check, it is tried first.
    """
    file = quote_identifier(parts.file_column) if by_file and len(paths) > 1 else None
    together = dict(wanted)
    found: dict[str, dict[str, Found]] = {}
    for column, probes in _coded(wanted, footers).items():
        sums = {f"coalesce(sum(__rows) FILTER (WHERE {probe.test}), 0)": sql for sql, probe in probes.items()}
        source = partial(_values, parts, quote_identifier(column), file)
        for summed, counts in _count(connection, source, list(sums), paths, file).items():
            found[sums[summed]] = counts
            del together[sums[summed]]
    cheap = {
        sql: probe.cheap for sql, probe in together.items() if isinstance(probe, RowProbe) and probe.cheap
    }
    first = {cheap.get(sql, sql): sql for sql in together}
    for asked, counts in _count(connection, parts.source, list(first), paths, file).items():
        found[first[asked]] = counts
    again = [sql for sql in cheap if any(found[sql].values())]
    found.update(_count(connection, parts.source, again, paths, file))
    return found


def _coded(wanted: Wanted, footers: Footers) -> dict[str, dict[str, RowProbe]]:
    """Aggregates over texts that are stored as dictionaries: they are computed once a value."""
    found: dict[str, dict[str, RowProbe]] = {}
    for sql, probe in wanted.items():
        if isinstance(probe, RowProbe) and probe.column in footers.coded:
            found.setdefault(str(probe.column), {})[sql] = probe
    return found


def _values(parts: Parts, column: str, file: str | None, paths: Sequence[str]) -> str:
    """The values of a column with how often each is there."""
    by = f"{column}, {file}" if file else column
    return f"(SELECT {by}, count(*) AS __rows FROM {parts.source(paths)} GROUP BY {by})"


def _count(
    connection: duckdb.DuckDBPyConnection,
    source: Callable[[Sequence[str]], str],
    wanted: Sequence[str],
    paths: tuple[str, ...],
    file: str | None,
) -> dict[str, dict[str, Found]]:
    found: dict[str, dict[str, Found]] = {}
    for start in range(0, len(wanted), WIDTH):
        part = wanted[start : start + WIDTH]
        if file is not None:
            found.update(_count_by_file(connection, source, part, paths, file))
            continue
        for sql, value in _scan(connection, source(paths), part).items():
            found[sql] = {paths[0]: value, **dict.fromkeys(paths[1:], 0)}
    return found


def _count_by_file(
    connection: duckdb.DuckDBPyConnection,
    source: Callable[[Sequence[str]], str],
    wanted: Sequence[str],
    paths: tuple[str, ...],
    file: str,
) -> dict[str, dict[str, Found]]:
    try:
        rows = connection.execute(
            f"SELECT {file}, {', '.join(wanted)} FROM {source(paths)} GROUP BY {file}"
        ).fetchall()
    except CHECK_FAULTS:  # which of them, and in which file
        each = {path: _scan(connection, source((path,)), wanted) for path in paths}
        return {sql: {path: each[path][sql] for path in paths} for sql in wanted}
    told = {row[0]: [int(value or 0) for value in row[1:]] for row in rows}
    nothing = [0] * len(wanted)  # a file without rows
    return {sql: {path: told.get(path, nothing)[i] for path in paths} for i, sql in enumerate(wanted)}


def _scan(connection: duckdb.DuckDBPyConnection, source: str, wanted: Sequence[str]) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for start in range(0, len(wanted), WIDTH):
        part = wanted[start : start + WIDTH]
        found.update(zip(part, evaluate(connection, part, f" FROM {source}"), strict=True))
    return found


def evaluate(connection: duckdb.DuckDBPyConnection, expressions: Sequence[str], tail: str) -> list[Found]:
    """The values of expressions, computed together; one that cannot be computed gives its error."""
    if not expressions:
        return []
    try:
        found = connection.execute(f"SELECT {', '.join(expressions)}{tail}").fetchall()
    except CHECK_FAULTS as error:
        if is_of_file(error):
            raise
        if len(expressions) == 1:
            return [error]
        half = len(expressions) // 2
        return [
            *evaluate(connection, expressions[:half], tail),
            *evaluate(connection, expressions[half:], tail),
        ]
    return [int(value or 0) for value in found[0]]


def _sum(counts: Iterable[Found]) -> Found:
    total = 0
    for count in counts:
        if isinstance(count, duckdb.Error):
            return count
        total += count
    return total


def _raise_if_unreadable(value: Found) -> None:
    if isinstance(value, duckdb.Error):
        raise value
