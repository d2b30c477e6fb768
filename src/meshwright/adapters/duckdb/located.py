"""Rows of a source that are read where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from urllib.parse import unquote

import duckdb

from meshwright.adapters.duckdb.checks.parts import Part, Parts, parts_of_files
from meshwright.adapters.duckdb.iceberg_rows import parts_of_table, table_sql
from meshwright.adapters.duckdb.relations import pattern_list
from meshwright.adapters.duckdb.text_rows import TEXT
from meshwright.adapters.extraction.scalars import from_text
from meshwright.model.contract import ContractObject
from meshwright.model.types import ColumnType, column_type
from meshwright.provisioning.identity import file_identity
from meshwright.provisioning.ports import Located
from meshwright.sql.duckdb_types import duckdb_type, quote_identifier


def located_sql(connection: duckdb.DuckDBPyConnection, located: Located, obj: ContractObject) -> str:
    """A SELECT over rows that have types of their own: those of Parquet files or of a table.

    What the names of folders tell (`year=2024/`) is a column, of the contract's type where every
    value is one of it, else text.

    Raises:
        duckdb.Error: the values of the folders cannot be read.
    """
    if located.form == "parquet":
        folders = hive_values(located.files)
        options = f"union_by_name = true, hive_partitioning = {str(bool(folders)).lower()}"
        if folders:
            given = {column.name: duckdb_type(column.type) for column in located.columns}
            kinds = (
                given.get(name) or _type_of(connection, name, values, obj) for name, values in folders.items()
            )
            types = ", ".join(f"{quote_identifier(n)}: {k}" for n, k in zip(folders, kinds, strict=True))
            options += f", hive_types = {{{types}}}"
        return f"SELECT * FROM read_parquet({pattern_list(located.files)}, {options})"
    if located.form == "iceberg":
        return table_sql(located, located.files)
    names = (database_name(located.files[0]), located.options["schema"], located.options["table"])
    return f"SELECT * FROM {'.'.join(map(quote_identifier, names))}"


_NOTHING = "__HIVE_DEFAULT_PARTITION__"
"""The value of a folder that stands for null."""


def hive_values(files: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """The values of each column that folders are named by, where those of every file are."""
    found: dict[str, set[str]] = {}
    named: set[tuple[str, ...]] = set()
    for file in files:
        pairs = [part.partition("=") for part in PurePath(file).parts[:-1] if "=" in part.strip("=")]
        named.add(tuple(name for name, _, _ in pairs))
        for name, _, value in pairs:
            found.setdefault(name, set()).add(unquote(value))
    if len(named) != 1:
        return {}
    return {name: frozenset(values - {_NOTHING}) for name, values in found.items()}


def _type_of(
    connection: duckdb.DuckDBPyConnection, name: str, values: Iterable[str], obj: ContractObject
) -> str:
    prop = next((prop for prop in obj.properties if prop.column == name), None)
    kind = column_type(prop) if prop is not None else TEXT
    if prop is None or kind.kind in ("any", "struct", "list", "map", "string"):
        return "VARCHAR"
    listed = sorted(values)
    read = from_text("value", kind, None)
    sql = f"SELECT count(*) FROM (SELECT unnest(?::VARCHAR[]) AS value) WHERE ({read}) IS NULL"
    row = connection.execute(sql, [listed]).fetchone()
    return duckdb_type(kind) if row is not None and row[0] == 0 else "VARCHAR"


def database_name(path: str) -> str:
    """How a database file is called where it is attached."""
    return f"file:{path}"


def located_parts(
    connection: duckdb.DuckDBPyConnection, located: Located, columns: Mapping[str, ColumnType]
) -> Parts | None:
    """The files of rows in Parquet that all have the same columns, or of an Iceberg table.

    Others have no statistics here.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    if located.form == "iceberg":
        return parts_of_table(connection, located)
    if located.form != "parquet" or hive_values(located.files) or not _same_schema(connection, located.files):
        return None
    known = located.identities or tuple(map(file_identity, located.files))
    return parts_of_files([Part(*pair) for pair in zip(located.files, known, strict=True)], columns)


BELIEVING_BOUNDS = "statistics_propagation,filter_pushdown"
"""DuckDB's optimizers that take the bounds in a file for the bounds of all values."""


def may_hide_nan(connection: duckdb.DuckDBPyConnection, places: Sequence[Located]) -> bool:
    """Whether a Parquet file can hold NaN beyond the bounds that it tells (Parquet format, `Statistics`).

    DuckDB (2.0) then finds no NaN, not even by `isnan`. Of a file that cannot be read, whoever reads
    it will tell.
    """
    if any(_may_be_nan(column.type) for place in places for column in place.columns):
        return True
    files = [file for place in places if place.form == "parquet" for file in place.files]
    if not files:
        return False
    query = f"SELECT count(*) FROM parquet_schema({pattern_list(files)}) WHERE type IN ('FLOAT', 'DOUBLE')"
    try:
        row = connection.execute(query).fetchone()
    except duckdb.Error:
        return True
    return row is None or row[0] > 0


def _may_be_nan(kind: ColumnType) -> bool:
    inner = (*(each for _, each in kind.fields), *(each for each in (kind.item, kind.key) if each))
    return kind.kind in ("float", "double") or any(map(_may_be_nan, inner))


def _same_schema(connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> bool:
    if len(files) == 1:
        return True
    described = (
        "SELECT file_name, list((name, type, logical_type, converted_type, num_children)) AS fields "
        f"FROM parquet_schema({pattern_list(files)}) GROUP BY file_name"
    )
    row = connection.execute(f"SELECT count(DISTINCT fields[2:]::VARCHAR) FROM ({described})").fetchone()
    return row is not None and row[0] == 1
