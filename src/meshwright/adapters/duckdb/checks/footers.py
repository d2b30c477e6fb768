"""What the footers of Parquet files tell about columns (Parquet format, `Statistics`).

A bound is used only where it bounds every value: the writer's order is that of the type (texts
and bytes are left out), no value can be NaN, and the text in which the engine gives it holds all
digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from meshwright.adapters.duckdb.checks.dictionaries import Page, texts_in
from meshwright.adapters.duckdb.checks.literals import text
from meshwright.adapters.duckdb.checks.parts import Parts
from meshwright.adapters.duckdb.relations import pattern_list
from meshwright.model.types import INTEGERS, ColumnType
from meshwright.sql.duckdb_types import duckdb_type, quote_identifier

FOOTERS = "verification:footers"
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
    """The footers of some files, folded by file; bounds stay in the engine, in the columns' types.

    `tables` are FROM clauses for the columns that are told of: `file`, `lo`, `hi`, `listed` and `pages`.
    """

    connection: duckdb.DuckDBPyConnection
    rows: Mapping[str, int]
    columns: Mapping[str, Mapping[str, FileColumn]] = field(default_factory=dict)
    coded: frozenset[str] = frozenset()
    whole: Mapping[str, bool] = field(default_factory=dict)  # whether a column holds whole numbers
    tables: Mapping[str, str] = field(default_factory=dict)

    def texts(self, column: str, paths: Sequence[str]) -> frozenset[str] | None:
        """The texts in a coded column's dictionaries in some files: all that are there, and perhaps others.

        None where that cannot be told, or is dear to tell.
        """
        rows = self.connection.execute(
            f"SELECT file, unnest(pages, recursive := true) FROM {self.tables[column]} "
            "WHERE list_contains(?, file)",
            [list(paths)],
        ).fetchall()
        if any(value is None for row in rows for value in row):
            return None
        return texts_in(Page(*row) for row in rows)

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
        row = self.connection.execute(
            f"SELECT min(lo), max(hi) FROM {self.tables[column]} WHERE list_contains(?, file)", [list(paths)]
        ).fetchone()
        return None if row is None or row[0] is None else (row[0], row[1])

    def overlapping(self, column: str, paths: Sequence[str]) -> list[tuple[str, ...]]:
        """The files whose bounds of a column meet, in groups; all of them must be bounded."""
        rows = self.connection.execute(
            "SELECT file, lo <= max(hi) OVER "
            "(ORDER BY lo, hi ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) FROM "
            f" {self.tables[column]} WHERE lo IS NOT NULL ORDER BY lo, hi"
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
        table = self.tables[column]
        row = self.connection.execute(
            f"SELECT count(*) > 0 FROM {table} a, {table} b "
            "WHERE a.file = ? AND list_contains(?, b.file) AND a.lo <= b.hi AND b.lo <= a.hi",
            [path, list(others)],
        ).fetchone()
        return row is None or bool(row[0])

    def meeting(self, column: str, paths: Sequence[str], other: Footers, name: str) -> tuple[str, ...]:
        """The files whose bounds of `column` meet those of column `name` in some files of `other`."""
        rows = self.connection.execute(
            f"SELECT file FROM {self.tables[column]}, (SELECT min(lo) AS low, max(hi) AS high "
            f"FROM {other.tables[name]} WHERE list_contains(?, file)) WHERE lo <= high AND hi >= low",
            [list(paths)],
        ).fetchall()
        return tuple(row[0] for row in rows)

    def witnesses(self, column: str, expressions: Sequence[str]) -> dict[str, list[int]]:
        """By file, how many of a column's witnesses meet each expression (`count_if(...)`).

        The witnesses of a column are its bounds, or where it is listed all whole numbers between.
        """
        bounds = "[lo, hi]"
        if self.whole[column]:
            every = "range(lo::BIGINT, hi::BIGINT + 1)"
            bounds = f"CASE WHEN listed THEN {every} ELSE {bounds}::BIGINT[] END"
        rows = f"(SELECT file, unnest({bounds}) AS {quote_identifier(column)} FROM {self.tables[column]})"
        query = f"SELECT file, {', '.join(expressions)} FROM {rows} GROUP BY file"
        return {row[0]: list(row[1:]) for row in self.connection.execute(query).fetchall()}


def read_footers(connection: duckdb.DuckDBPyConnection, parts: Parts, table: str = FOOTERS) -> Footers:
    """Read the footers of a relation's files; their bounds are in tables whose names begin with `table`.

    They are there until others are read into these.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    kinds: dict[str, ColumnType] = {}
    named: dict[str, dict[str, str]] = {}
    for name, column in parts.columns.items():
        if column.name is not None and _NESTED not in column.name and column.type.kind not in _UNKNOWN:
            kind = f"{column.type.kind} {duckdb_type(column.type)}"
            kinds[kind] = column.type
            named.setdefault(kind, {})[column.name] = name
    listed = ", ".join(text(name) for names in named.values() for name in names)
    chunks = quote_identifier(table)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {chunks} AS SELECT file_name AS file, path_in_schema AS name, "
        f"row_group_id, row_group_num_rows, column_id, type, num_values, stats_null_count, stats_nan_count, "
        f"stats_min_value, stats_max_value, {_CODED} AS coded, "
        "{'start': dictionary_page_offset, 'until': data_page_offset, 'codec': compression} AS page "
        f"FROM parquet_metadata({pattern_list(parts.paths)})"
        f" WHERE column_id = 0 OR path_in_schema IN ({listed or 'NULL'})"
    )
    counted = f"SELECT file, sum(row_group_num_rows)::BIGINT FROM {chunks} WHERE column_id = 0 GROUP BY file"
    rows = {path: count or 0 for path, count in connection.execute(counted).fetchall()}
    found: dict[str, dict[str, FileColumn]] = {
        name: {} for names in named.values() for name in names.values()
    }
    tables: dict[str, str] = {}
    coded: dict[str, int] = dict.fromkeys(found, 0)
    for number, (kind, names) in enumerate(named.items()):
        folded = quote_identifier(f"{table} {number}")
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {folded} AS SELECT file, name, {_folded(kinds[kind])} "
            f"FROM {chunks} WHERE name IN ({', '.join(map(text, names))}) GROUP BY file, name "
            "HAVING count(*) = count(DISTINCT row_group_id)"  # else two columns have this name
        )
        told = connection.execute(
            f"SELECT file, name, nulls, bounded, listed, coded FROM {folded}"
        ).fetchall()
        for path, name, nulls, bounded, few, whole in told:
            found[names[name]][path] = FileColumn(nulls, bounded, bounded and few)
            coded[names[name]] += whole
        for name, column_name in names.items():
            tables[column_name] = f"(SELECT * FROM {folded} WHERE name = {text(name)})"
    connection.execute(f"DROP TABLE {chunks}")
    return Footers(
        connection,
        rows,
        found,
        frozenset(name for name, files in coded.items() if files == len(rows) > 0),
        {name: kinds[kind].kind in INTEGERS for kind, names in named.items() for name in names.values()},
        tables,
    )


_CODED = (
    "coalesce(len(encoding_stats) > 0 AND len(list_filter(encoding_stats, lambda one: one.page_type LIKE "
    "'DATA_PAGE%' AND one.encoding NOT IN ('RLE_DICTIONARY', 'PLAIN_DICTIONARY'))) = 0, false)"
)
"""Whether all values of a column in a row group are in its dictionary."""


def _folded(kind: ColumnType) -> str:
    """The aggregates that fold the row groups of a column of this type."""
    low, high = (f"TRY_CAST(stats_{end}_value AS {duckdb_type(kind)})" for end in ("min", "max"))
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
        bounded = f"bool_and(coalesce(stats_null_count = num_values OR ({' AND '.join(usable)}), false))"
    few = f"min({low}) = max({high})"
    if kind.kind in INTEGERS:
        few = f"max({high})::HUGEINT - min({low})::HUGEINT BETWEEN 0 AND {FEW_VALUES}"
    nulls = "CASE WHEN bool_and(stats_null_count IS NOT NULL) THEN sum(stats_null_count)::BIGINT END"
    return ", ".join(
        [
            f"{nulls} AS nulls",
            f"min({low}) AS lo",
            f"max({high}) AS hi",
            f"coalesce({bounded}, false) AS bounded",
            f"coalesce({few}, false) AS listed",
            f"bool_and(coded{'' if kind.kind == 'string' else ' AND false'}) AS coded",
            f"{'list(page)' if kind.kind == 'string' else 'NULL'} AS pages",
        ]
    )
