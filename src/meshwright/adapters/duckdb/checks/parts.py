"""The immutable files that a relation is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from meshwright.adapters.duckdb.relations import file_list, free_name, literal, pattern_list, scan_by_id
from meshwright.model.publication import Column, Handle
from meshwright.model.types import ColumnType
from meshwright.sql.duckdb_types import duckdb_type


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file that never changes; `identity` tells it from every other, also at its path."""

    path: str
    identity: str


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A top-level column of a relation, as it is read from files.

    `name` is how every file calls it, None where that cannot be told: it is then read, never
    judged by statistics. `meaning` says how it is found in a file and as what type it is read;
    counts are remembered for the same meaning only.
    """

    type: ColumnType
    name: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class Parts:
    """The files of a relation.

    `source` gives a FROM clause over some of them, with the relation's columns and each row's file as
    column `file_column`. `thinned` are the files that hold rows which are none of the relation's:
    what is true for all values in such a file is true for those of the relation, and no more.
    """

    files: tuple[Part, ...]
    source: Callable[[Sequence[str]], str]
    columns: Mapping[str, StoredColumn]
    file_column: str
    thinned: frozenset[str] = frozenset()

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths, in order."""
        return tuple(part.path for part in self.files)


def parts_of_files(files: Sequence[Part], columns: Mapping[str, ColumnType]) -> Parts:
    """Parquet files that are read by the names of their columns; `columns` are those of the relation."""
    stored = {
        name: StoredColumn(kind, name, f"name {name} {duckdb_type(kind)}") for name, kind in columns.items()
    }
    file_column = free_name("filename", columns)

    def source(paths: Sequence[str]) -> str:
        options = f"hive_partitioning = false, filename = {literal(file_column)}"
        return f"read_parquet({pattern_list(paths)}, {options})"

    return Parts(tuple(files), source, stored, file_column)


def parts_of_handle(connection: duckdb.DuckDBPyConnection, handle: Handle) -> Parts:
    """The files of a handle, whose columns are found by field id; a path never means other rows.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    paths = [file.path for file in handle.files]
    columns = columns_by_id(connection, handle.columns, file_list(paths), len(paths))
    file_column = free_name("filename", columns)

    def source(paths: Sequence[str]) -> str:
        return f"({scan_by_id(handle.columns, file_list(paths) if paths else None, file_column)})"

    return Parts(tuple(Part(path, path) for path in paths), source, columns, file_column)


def columns_by_id(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], listed: str, files: int
) -> dict[str, StoredColumn]:
    """Columns that are found by field id in some files: a list literal of so many.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    ids = ", ".join(str(column.field_id) for column in columns)
    named: dict[int, list[str]] = {}
    for number, name in connection.execute(
        f"SELECT field_id, name FROM parquet_schema({listed}) WHERE field_id IN ({ids})"
    ).fetchall():
        named.setdefault(number, []).append(name)
    stored = {}
    for column in columns:
        found = named.get(column.field_id, [])
        same = len(found) == files and len(set(found)) == 1
        meaning = f"field {column.field_id} {duckdb_type(column.type)}"
        stored[column.name] = StoredColumn(column.type, found[0] if same else None, meaning)
    return stored
