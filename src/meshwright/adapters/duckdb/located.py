"""Rows of a source that are read where they lie."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import duckdb

from meshwright.adapters.duckdb.checks.parts import Part, Parts, parts_of_files
from meshwright.adapters.duckdb.relations import pattern_list
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Located
from meshwright.sql.duckdb_types import quote_identifier


def located_sql(located: Located) -> str:
    """A SELECT over rows that have types of their own: those of Parquet files or of a table."""
    if located.form == "parquet":
        return f"SELECT * FROM read_parquet({pattern_list(located.files)}, union_by_name = true)"
    names = (database_name(located.files[0]), located.options["schema"], located.options["table"])
    return f"SELECT * FROM {'.'.join(map(quote_identifier, names))}"


def database_name(path: str) -> str:
    """How a database file is called where it is attached."""
    return f"file:{path}"


def located_parts(
    connection: duckdb.DuckDBPyConnection, located: Located, columns: Mapping[str, ColumnType]
) -> Parts | None:
    """The files of rows in Parquet that all have the same columns; others have no statistics here.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    if located.form != "parquet" or not _same_schema(connection, located.files):
        return None
    return parts_of_files([Part(file, _identity(file)) for file in located.files], columns)


def _same_schema(connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> bool:
    if len(files) == 1:
        return True
    described = (
        "SELECT file_name, list((name, type, logical_type, converted_type, num_children)) AS fields "
        f"FROM parquet_schema({pattern_list(files)}) GROUP BY file_name"
    )
    row = connection.execute(f"SELECT count(DISTINCT fields[2:]::VARCHAR) FROM ({described})").fetchone()
    return row is not None and row[0] == 1


def _identity(path: str) -> str:
    """What changes whenever the file does: a write changes the time of change, whatever it sets."""
    found = os.stat(path)  # noqa: PTH116
    return f"{path}\0{found.st_ino}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ctime_ns}"
