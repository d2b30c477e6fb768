"""What the footers of Parquet files tell about columns (Parquet format, `Statistics`).

A bound is used only where it bounds every value: the writer's order is that of the type (texts
and bytes are left out), no value can be NaN, and the text in which the engine gives it holds all
digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from meshwright.adapters.duckdb.checks.literals import text
from meshwright.adapters.duckdb.checks.parts import Parts
from meshwright.adapters.duckdb.relations import pattern_list
from meshwright.model.types import INTEGERS, ColumnType
from meshwright.sql.duckdb_types import duckdb_type, quote_identifier

FOOTERS = 'temp.main."verification:footers"'
_GATHERED = 'temp.main."verification:gathered"'
FEW_VALUES = 1000
"""A whole-number column that spans no more than this is known value by value."""

_STORED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(INTEGERS, ("INT32", "INT64")),
    "decimal": ("INT32", "INT64", "FIXED_LEN_BYTE_ARRAY"),
    "date": ("INT32",),
    "time": ("INT32", "INT64"),
    "timestamp": ("INT64",),
    "timestamptz": ("INT64",),
    "float": ("FLOAT",),
    "double": ("DOUBLE",),
}
"""The physical types whose order in a file is that of the column's type, here."""

_NESTED = ", "
"""What joins the parts of a nested column's path in footers."""

_UNKNOWN = frozenset({"struct", "list", "map", "any"})


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column in one file.

    `nulls` is None where a footer does not tell. `bounded` says that every value lies between
    the bounds kept in `FOOTERS`; `listed` that the witnesses are all the values there can be.
    """

    nulls: int | None
    bounded: bool
    listed: bool


@dataclass(frozen=True)
class Footers:
    """The footers of some files, folded by file; bounds stay in the engine, in the columns' types."""

    connection: duckdb.DuckDBPyConnection
    table: str
    rows: Mapping[str, int]
    columns: Mapping[str, Mapping[str, FileColumn]] = field(default_factory=dict)
    coded: frozenset[str] = frozenset()
    whole: Mapping[str, bool] = field(default_factory=dict)  # whether a column holds whole numbers

    def of(self, column: str, path: str) -> FileColumn | None:
        """What is known of a column in a file; None where nothing is."""
        return self.columns.get(column, {}).get(path)

    def is_bounded(self, column: str, path: str) -> bool:
        """Whether the bounds of a column in a file are known."""
        told = self.of(column, path)
        return told is not None and told.bounded

    def span(self, column: str, paths: Sequence[str]) -> tuple[int, int] | None:
        """The lowest and the highest whole number of a column in some files; None where unknown."""
        if not self.whole.get(column) or not all(self.is_bounded(column, path) for path in paths):
            return None
        ((index, _),) = _numbered(self.columns, [column])
        row = self.connection.execute(
            f"SELECT min(lo{index}), max(hi{index}) FROM {self.table} WHERE list_contains(?, file)",
            [list(paths)],
        ).fetchone()
        return None if row is None or row[0] is None else (row[0], row[1])

    def overlapping(self, column: str, paths: Sequence[str]) -> list[tuple[str, ...]]:
        """The files whose bounds of a column meet, in groups; all of them must be bounded."""
        ((index, _),) = _numbered(self.columns, [column])
        rows = self.connection.execute(
            f"SELECT file, lo{index} <= max(hi{index}) OVER (ORDER BY lo{index}, hi{index} "
            f"ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) FROM {self.table} "
            f"WHERE lo{index} IS NOT NULL ORDER BY lo{index}, hi{index}"
        ).fetchall()
        groups: list[set[str]] = []
        for path, meets in rows:
            if meets:
                groups[-1].add(path)
            else:
                groups.append({path})
        return [tuple(path for path in paths if path in group) for group in groups]

    def may_overlap(self, column: str, path: str, others: Sequence[str]) -> bool:
        """Whether a value of a column may be in a file and in one of some others."""
        if not all(self.is_bounded(column, each) for each in (path, *others)):
            return True
        ((index, _),) = _numbered(self.columns, [column])
        row = self.connection.execute(
            f"SELECT count(*) > 0 FROM {self.table} a, {self.table} b "
            f"WHERE a.file = ? AND list_contains(?, b.file) "
            f"AND a.lo{index} <= b.hi{index} AND b.lo{index} <= a.hi{index}",
            [path, list(others)],
        ).fetchone()
        return row is None or bool(row[0])

    def meeting(self, column: str, paths: Sequence[str], other: Footers, name: str) -> tuple[str, ...]:
        """The files whose bounds of `column` meet those of column `name` in some files of `other`."""
        ((own, _),) = _numbered(self.columns, [column])
        ((its, _),) = _numbered(other.columns, [name])
        rows = self.connection.execute(
            f"SELECT file FROM {self.table}, (SELECT min(lo{its}) AS low, max(hi{its}) AS high "
            f"FROM {other.table} WHERE list_contains(?, file)) WHERE lo{own} <= high AND hi{own} >= low",
            [list(paths)],
        ).fetchall()
        return tuple(row[0] for row in rows)

    def witnesses(self, columns: Sequence[str], expressions: Sequence[str]) -> dict[str, list[int]]:
        """By file, how many of each column's witnesses meet each expression (`count_if(...)`).

        The witnesses of a column are its bounds, or where it is listed all whole numbers between.
        """
        listed = []
        for index, name in _numbered(self.columns, columns):
            bounds = f"[lo{index}, hi{index}]"
            if self.whole[name]:
                every = f"range(lo{index}::BIGINT, hi{index}::BIGINT + 1)"
                bounds = f"CASE WHEN listed{index} THEN {every} ELSE {bounds}::BIGINT[] END"
            listed.append(f"unnest({bounds}) AS {quote_identifier(name)}")
        rows = f"(SELECT file, {', '.join(listed)} FROM {self.table})"
        query = f"SELECT file, {', '.join(expressions)} FROM {rows} GROUP BY file"
        return {row[0]: list(row[1:]) for row in self.connection.execute(query).fetchall()}


def read_footers(connection: duckdb.DuckDBPyConnection, parts: Parts, table: str = FOOTERS) -> Footers:
    """Read the footers of a relation's files; their bounds are in `table` until it is read into again.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    known = {
        name: column
        for name, column in parts.columns.items()
        if column.name is not None and _NESTED not in column.name and column.type.kind not in _UNKNOWN
    }
    folded = ["file_name AS file", "CAST(sum(row_group_num_rows) FILTER (column_id = 0) AS BIGINT) AS rows"]
    for index, column in enumerate(known.values()):
        folded += _folded(index, str(column.name), column.type)
    # the function gives a chunk a file: gathered first, each aggregate is computed over few full ones
    listed = pattern_list(parts.paths)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_GATHERED} AS FROM parquet_metadata({listed})")
    by_file = f"SELECT {', '.join(folded)} FROM {_GATHERED} GROUP BY file_name"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {by_file}")
    connection.execute(f"DROP TABLE {_GATHERED}")
    told_of = ", ".join(f"{name}{index}" for index in range(len(known)) for name in _TOLD)
    told = connection.execute(f"SELECT file, rows{', ' if known else ''}{told_of} FROM {table}").fetchall()
    width = len(_TOLD)
    found: dict[str, dict[str, FileColumn]] = {name: {} for name in known}
    coded = set(known)
    rows: dict[str, int] = {}
    for path, count, *values in told:
        rows[path] = count or 0
        for index, name in enumerate(known):
            nulls, bounded, listed, whole = values[index * width : (index + 1) * width]
            found[name][path] = FileColumn(nulls, bounded, bounded and listed)
            if not whole or known[name].type.kind != "string":
                coded.discard(name)
    whole_numbers = {name: column.type.kind in INTEGERS for name, column in known.items()}
    return Footers(connection, table, rows, found, frozenset(coded), whole_numbers)


_TOLD = ("nulls", "bounded", "listed", "coded")


def _folded(index: int, name: str, kind: ColumnType) -> list[str]:
    """The aggregates that fold the row groups of one column."""
    of = f"FILTER (path_in_schema = {text(name)})"
    typed = duckdb_type(kind)
    low, high = (f"TRY_CAST(stats_{end}_value AS {typed})" for end in ("min", "max"))
    counted = f"CASE WHEN bool_and(stats_null_count IS NOT NULL) {of} THEN sum(stats_null_count) {of} END"
    stored = ", ".join(map(text, _STORED.get(kind.kind, ())))
    usable = [f"type IN ({stored})", f"{low} IS NOT NULL", f"{high} IS NOT NULL"]
    if kind.kind in ("float", "double"):
        usable.append("stats_nan_count = 0")
    if kind.kind in ("time", "timestamp", "timestamptz"):  # nanoseconds would be rounded
        usable += [f"NOT regexp_matches(stats_{end}_value, '[.][0-9]{{7}}')" for end in ("min", "max")]
    if kind.kind in ("timestamp", "timestamptz"):
        zoned = "" if kind.kind == "timestamptz" else "NOT "
        usable += [f"stats_{end}_value {zoned}LIKE '%+00'" for end in ("min", "max")]
    bounded = "false"
    if stored:
        bounded = f"bool_and(coalesce(stats_null_count = num_values OR ({' AND '.join(usable)}), false)) {of}"
    dictionary = (
        "len(encoding_stats) > 0 AND len(list_filter(encoding_stats, lambda one: "
        "one.page_type LIKE 'DATA_PAGE%' AND one.encoding NOT IN ('RLE_DICTIONARY', 'PLAIN_DICTIONARY'))) = 0"
    )
    listed = f"min({low}) {of} = max({high}) {of}"
    if kind.kind in INTEGERS:
        span = f"max({high}) {of}::HUGEINT - min({low}) {of}::HUGEINT"
        listed = f"{span} BETWEEN 0 AND {FEW_VALUES}"
    return [
        f"CAST({counted} AS BIGINT) AS nulls{index}",
        f"min({low}) {of} AS lo{index}",
        f"max({high}) {of} AS hi{index}",
        f"coalesce({bounded}, false) AS bounded{index}",
        f"coalesce(bool_and(coalesce({dictionary}, false)) {of}, false) AS coded{index}",
        f"coalesce({listed}, false) AS listed{index}",
    ]


def _numbered(known: Mapping[str, Any], columns: Sequence[str]) -> list[tuple[int, str]]:
    """Columns with their numbers in `FOOTERS`."""
    numbers = {name: index for index, name in enumerate(known)}
    return [(numbers[name], name) for name in columns]
