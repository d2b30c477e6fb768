"""Files as relations that DuckDB reads, with their columns."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from meshwright.adapters.extraction.drift import require_columns
from meshwright.adapters.extraction.fitting import JSON
from meshwright.adapters.extraction.scalars import literal
from meshwright.adapters.extraction.text import csv_header, opened
from meshwright.errors import DriftError
from meshwright.model.contract import ContractObject
from meshwright.model.types import ANY, ColumnType
from meshwright.sql.duckdb_types import from_duckdb

if TYPE_CHECKING:
    import duckdb

    from meshwright.adapters.extraction.writing import Part

TEXT = ColumnType("string")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One object's files, and how they are written; `where` is for errors."""

    files: tuple[Path, ...]
    form: str
    encoding: str
    delimiter: str
    where: str


def allowed(files: Iterable[Path]) -> tuple[str, ...]:
    """The paths that a connection must be allowed, as they are and as they are written in SQL."""
    return tuple(dict.fromkeys(form for file in files for form in (str(file), glob.escape(str(file)))))


def csv_groups(delivery: Delivery) -> list[tuple[tuple[str, ...], list[Path]]]:
    """Files by their header, in the order in which the headers first come."""
    groups: dict[tuple[str, ...], list[Path]] = {}
    for file in delivery.files:
        header = csv_header(file, delivery.encoding, delivery.delimiter, delivery.where)
        groups.setdefault(header, []).append(file)
    return list(groups.items())


def csv_parts(delivery: Delivery, obj: ContractObject) -> list[Part]:
    """CSV files, one part for each different header; every value is text, the empty one NULL."""
    from meshwright.adapters.extraction.writing import Part

    parts: list[Part] = []
    for header, members in csv_groups(delivery):
        where = f"{delivery.where}, {members[0].name}"
        require_columns(obj, header, where, _other_delimiter(header, delivery.delimiter))
        names = _without_duplicates(header, obj, where)
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
        options = (
            f"header = true, auto_detect = false, delim = {literal(delivery.delimiter)}, quote = '\"', "
            f"escape = '\"', nullstr = '', columns = {{{columns}}}"
        )
        relation = f"read_csv({_list(members)}, {options})"
        parts.append(Part(relation, dict.fromkeys(names, TEXT), _label(members)))
    return parts


def csv_columns(file: Path, delivery: Delivery, obj: ContractObject) -> tuple[str, ...]:
    """The names of a CSV file's columns, none for a file without a byte in it.

    Raises:
        DriftError: there is no header, or it has a column of the contract twice, or is evidently
            separated by something else.
        Unavailable: the file cannot be read.
    """
    with opened(file, delivery.where) as stream:
        if not stream.read(1):
            return ()
    header = csv_header(file, delivery.encoding, delivery.delimiter, delivery.where)
    where = f"{delivery.where}, {file.name}"
    hint = _other_delimiter(header, delivery.delimiter)
    if hint and not any(prop.column in header for prop in obj.properties):
        raise DriftError(
            "the header has one column only, and it is none of the contract's", where=where, way_out=hint
        )
    return _without_duplicates(header, obj, where)


def _without_duplicates(header: tuple[str, ...], obj: ContractObject, where: str) -> tuple[str, ...]:
    twice = [prop.column for prop in obj.properties if header.count(prop.column) > 1]
    if twice:
        raise DriftError(f"the header has the column {twice[0]} more than once", where=where)
    return tuple(_unique(header))


def parquet_parts(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> list[Part]:
    """Parquet files, one part for each different schema."""
    from meshwright.adapters.extraction.writing import Part

    groups: dict[tuple[tuple[str, ColumnType], ...], list[Path]] = {}
    for file in files:
        rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({_list([file])})").fetchall()
        groups.setdefault(tuple((row[0], from_duckdb(row[1])) for row in rows), []).append(file)
    return [
        Part(f"read_parquet({_list(members)})", dict(schema), _label(members))
        for schema, members in groups.items()
    ]


def shared_columns(parts: Sequence[Part]) -> Mapping[str, ColumnType]:
    """The columns that every part has; `any` where their types differ."""
    first = parts[0].columns
    return {
        name: kind if all(part.columns[name] == kind for part in parts) else ANY
        for name, kind in first.items()
        if all(name in part.columns for part in parts)
    }


def json_columns(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], form: str, obj: ContractObject
) -> Mapping[str, ColumnType]:
    """The keys of the records, as far as a sample shows, and what the contract does not require.

    Files without a record have every column: they contradict nothing.
    """
    optional = {prop.column: ANY for prop in obj.properties if not prop.required}
    records = f"read_json({_list(files)}, {_layout(form)}, maximum_depth = 1, map_inference_threshold = -1)"
    keys = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {records}").fetchall()]
    if keys == ["json"]:
        objects = f"read_json_objects({_list(files)}, {_layout(form)})"
        if connection.execute(f"SELECT 1 FROM {objects} LIMIT 1").fetchone() is None:
            return {prop.column: ANY for prop in obj.properties}
    return {**dict.fromkeys(keys, ANY), **optional}


def json_part(files: Sequence[Path], form: str, obj: ContractObject) -> Part:
    """JSON files, with the contract's columns as JSON values; keys that are not there are NULL."""
    from meshwright.adapters.extraction.writing import Part

    names = [prop.column for prop in obj.properties]
    columns = ", ".join(f"{literal(name)}: 'JSON'" for name in names)
    relation = f"read_json({_list(files)}, {_layout(form)}, columns = {{{columns}}})"
    return Part(relation, dict.fromkeys(names, JSON), _label(files))


def _layout(form: str) -> str:
    return "format = 'auto'" if form == "json" else "format = 'newline_delimited'"


def _list(files: Iterable[Path]) -> str:
    """Files as a list of DuckDB, where a name is a pattern: wildcards in names are escaped."""
    return f"[{', '.join(literal(glob.escape(str(file))) for file in files)}]"


def _label(files: Sequence[Path]) -> str:
    return files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"


def _unique(header: Sequence[str]) -> list[str]:
    """Names without duplicates, as DuckDB wants them: the first keeps its name."""
    names: list[str] = []
    folded: set[str] = set()
    for number, name in enumerate(header):
        unique = name
        while unique.lower() in folded or not unique:
            unique = f"{unique or 'column'}_{number}"
        folded.add(unique.lower())
        names.append(unique)
    return names


def _other_delimiter(header: Sequence[str], delimiter: str) -> str | None:
    """A hint when the whole header came as one column."""
    if len(header) != 1:
        return None
    likely = next((mark for mark in ";,\t|" if mark != delimiter and mark in header[0]), None)
    named = "tab" if likely == "\t" else likely
    return (
        f"the header is separated by {named!r}: write `delimiter: {named!r}` below the server"
        if likely
        else None
    )
