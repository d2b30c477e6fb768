"""Handles and partitions, as DuckDB reads and writes them."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from meshwright.adapters.duckdb.buckets import Hashes, bucket_expression
from meshwright.errors import MissingPart
from meshwright.model.publication import Column, DataFile, Handle, PartitionField
from meshwright.model.types import ColumnType
from meshwright.sql.duckdb_types import duckdb_type, quote_identifier


def literal(text: str) -> str:
    """`text` as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def file_list(files: Sequence[str]) -> str:
    """Paths as a list literal."""
    return "[" + ", ".join(literal(path) for path in files) + "]"


def pattern_list(files: Sequence[str]) -> str:
    """Paths of any names as a list literal of patterns, for functions that take such."""
    return file_list([glob.escape(path) for path in files])


def nothing(columns: Iterable[tuple[str, ColumnType]]) -> str:
    """A SELECT of these columns and no row."""
    nulls = (f"CAST(NULL AS {duckdb_type(kind)}) AS {quote_identifier(name)}" for name, kind in columns)
    return f"SELECT {', '.join(nulls)} WHERE false"


def free_name(wanted: str, columns: Iterable[str]) -> str:
    """`wanted`, or what is like it and is no column: a contract may give its columns any name."""
    taken = {column.lower() for column in columns}
    while wanted.lower() in taken:
        wanted = f"_{wanted}"
    return wanted


def scan(columns: Sequence[Column], files: Sequence[DataFile], filename: str | None = None) -> str:
    """A SELECT over data files under one schema, and the file of each row as column `filename`."""
    return scan_by_id(columns, file_list([file.path for file in files]) if files else None, filename)


def scan_by_id(columns: Sequence[Column], listed: str | None, filename: str | None = None) -> str:
    """A SELECT over Parquet files under one schema, and the file of each row as column `filename`.

    `listed` is a list literal, None for no file. Columns are found by field id, so that renamed, added
    and dropped columns read right (Iceberg v2, column projection).
    """
    if listed is None:
        extra = [(filename, ColumnType("string"))] if filename else []
        return nothing([*((column.name, column.type) for column in columns), *extra])
    schema = ", ".join(
        f"{column.field_id}: {{name: {literal(column.name)}, type: {literal(duckdb_type(column.type))}, "
        "default_value: NULL}"
        for column in columns
    )
    options = f"schema = MAP {{{schema}}}, hive_partitioning = false"
    if filename:
        options += f", filename = {literal(filename)}"
    return f"SELECT * FROM read_parquet({listed}, {options})"


def scan_handle(handle: Handle) -> str:
    """A SELECT over everything in a handle."""
    return scan(handle.columns, handle.files)


def field_ids(columns: Sequence[Column]) -> str:
    """The FIELD_IDS option of COPY for these columns, nested ones included."""

    def one(column: Column) -> str:
        if not column.children:
            return str(column.field_id)
        inner = ", ".join(f"{quote_identifier(child.name)}: {one(child)}" for child in column.children)
        return f"{{__duckdb_field_id: {column.field_id}, {inner}}}"

    return "{" + ", ".join(f"{quote_identifier(column.name)}: {one(column)}" for column in columns) + "}"


_EPOCH_PARTS: Mapping[str, str] = {
    "year": "year({0}) - 1970",
    "month": "(year({0}) - 1970) * 12 + month({0}) - 1",
    "day": "date_diff('day', DATE '1970-01-01', CAST({0} AS DATE))",
    "hour": "date_diff('hour', TIMESTAMP '1970-01-01', date_trunc('hour', {0}))",
}


def partition_expression(part: PartitionField, column: Column, hashes: Hashes) -> str:
    """The partition value of a row of stored values (Iceberg spec, partition transforms), in SQL.

    Raises:
        MissingPart: the embedded engine does not compute this transform.
    """
    name, kind = quote_identifier(column.name), column.type.kind
    if part.transform == "identity":
        return name
    if part.transform in _EPOCH_PARTS:
        moment = f"timezone('UTC', {name})" if kind == "timestamptz" else name
        return _EPOCH_PARTS[part.transform].format(moment)
    width = re.match(r"truncate\[(\d+)\]\Z", part.transform)
    if width and kind == "string":
        return f"left({name}, {width[1]})"
    if width and kind in ("int32", "int64"):
        return f"{name} - ((({name} % {width[1]}) + {width[1]}) % {width[1]})"
    buckets = re.match(r"bucket\[(\d+)\]\Z", part.transform)
    if buckets and kind in hashes:
        return bucket_expression(hashes[kind], kind, name, int(buckets[1]))
    raise MissingPart(
        f"the embedded engine cannot partition {column.type} column `{column.name}` by `{part.transform}`",
        way_out="use identity, year, month, day, hour, truncate[N] or bucket[N] where they suit the type",
    )


def partition_values(
    parts: Sequence[PartitionField], names: Sequence[str], keys: Mapping[str, Any] | None
) -> dict[str, Any]:
    """COPY's partition keys by partition column, as text; `names` are what COPY knows the parts as."""
    if not keys:
        return {}
    return {part.column: keys[name] for part, name in zip(parts, names, strict=True)}
