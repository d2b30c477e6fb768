"""Rows of Iceberg tables: data files by field ids, less the rows that are deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from meshwright.adapters.duckdb.checks.parts import Part, Parts, columns_by_id
from meshwright.adapters.duckdb.relations import free_name, literal, pattern_list, scan_by_id
from meshwright.errors import InputError
from meshwright.model.publication import Column
from meshwright.provisioning.identity import file_identity
from meshwright.provisioning.ports import Located
from meshwright.sql.duckdb_types import quote_identifier


def table_sql(located: Located, paths: Sequence[str], filename: str | None = None) -> str:
    """A SELECT over some of a table's files (Iceberg v2, scan planning); `filename` is each row's file."""
    thinned = {each.path for each in located.deleted}
    whole = [path for path in paths if path not in thinned]
    rest = [path for path in paths if path in thinned]
    listed = pattern_list(whole) if whole else None
    selects = [scan_by_id(located.columns, listed, filename)] if whole or not rest else []
    if rest:
        selects.append(_thinned(located, rest, filename))
    return " UNION ALL ".join(selects)


def parts_of_table(connection: duckdb.DuckDBPyConnection, located: Located) -> Parts | None:
    """The files of a table; one is told from others by what is deleted of it, too.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    if not located.files:
        return None
    columns = columns_by_id(connection, located.columns, pattern_list(located.files), len(located.files))
    file_column = free_name("filename", columns)
    marks = {path: [file_identity(path)] for path in located.files}
    for each in sorted(located.deleted, key=lambda one: one.file):
        marks[each.path].append(f"less {each.named} in {file_identity(each.file)}")

    def source(paths: Sequence[str]) -> str:
        return f"({table_sql(located, paths, file_column)})"

    parts = tuple(Part(path, "\0".join(marks[path])) for path in located.files)
    return Parts(parts, source, columns, file_column, frozenset(each.path for each in located.deleted))


def require_ids(connection: duckdb.DuckDBPyConnection, located: Located) -> None:
    """Every file tells its field ids, and calls the parts of structs as the table does.

    Raises:
        InputError: one does not: its columns would be read as others, or not at all.
        duckdb.Error: a file cannot be read.
    """
    if not located.files:
        return
    schemas = f"parquet_schema({pattern_list(located.files)})"
    told = connection.execute(
        f"SELECT file_name FROM {schemas} GROUP BY file_name HAVING count(field_id) = 0"
    )
    for (path,) in told.fetchall():
        raise _unreadable(path, "it has none", located)
    parts = {(parent, name): number for parent, number, name in _parts_of_structs(located.columns)}
    if not parts:
        return
    names = {number: name for (_, name), number in parts.items()}
    rows = connection.execute(f"SELECT file_name, field_id, name, num_children FROM {schemas}").fetchall()
    for path, parent, number, name in _with_parents(rows):
        if number is None or parent is None:
            continue
        if names.get(number, name) != name or parts.get((parent, name), number) != number:
            raise _unreadable(path, f"its field {name} is another one in the table", located)


def _unreadable(path: str, why: str, located: Located) -> InputError:
    return InputError(
        f"{path} cannot be read by field ids",
        where=located.where,
        why=why,
        way_out="have the engine that writes the table rewrite its data files, then verify again",
    )


def _with_parents(
    rows: Sequence[tuple[str, int | None, str, int | None]],
) -> Iterator[tuple[str, int | None, int | None, str]]:
    """Fields with the field that each is in; `rows` list each field before what is in it."""
    open_: list[tuple[int | None, int]] = []  # ids of the fields around, and how many fields they still have
    for path, number, name, children in rows:
        while open_ and open_[-1][1] == 0:
            open_.pop()
        parent = None
        if open_:
            parent, left = open_.pop()
            open_.append((parent, left - 1))
        yield path, parent, number, name
        if children:
            open_.append((number, children))


def _thinned(located: Located, paths: Sequence[str], filename: str | None) -> str:
    """Rows that no delete file lists by their position."""
    names = [column.name for column in located.columns]
    file = filename or free_name("filename", names)
    listed = [each for each in located.deleted if each.path in paths]
    pairs = ", ".join(f"({literal(e.path)}, {literal(e.file)}, {literal(e.named)})" for e in listed)
    deletes = pattern_list(list(dict.fromkeys(each.file for each in listed)))
    positions = (
        f"SELECT p.path, d.pos FROM (SELECT file_path, pos, filename FROM read_parquet({deletes}, "
        "filename = true, hive_partitioning = false)) d "
        f"JOIN (VALUES {pairs}) p(path, file, named) ON d.filename = p.file AND d.file_path = p.named"
    )
    numbered = scan_by_id(located.columns, pattern_list(paths), file).replace(
        "SELECT *", "SELECT *, file_row_number", 1
    )
    shown = ", ".join(f"r.{quote_identifier(name)}" for name in (*names, *([filename] if filename else [])))
    column = quote_identifier(file)
    return (
        f"SELECT {shown} FROM ({numbered}) r ANTI JOIN ({positions}) d "
        f"ON r.{column} = d.path AND r.file_row_number = d.pos"
    )


def _parts_of_structs(columns: Sequence[Column]) -> Iterator[tuple[int, int, str]]:
    """The parts of structs at any depth: the field each is a part of, its id and its name."""
    for column in columns:
        if column.type.kind == "struct":
            yield from ((column.field_id, child.field_id, child.name) for child in column.children)
        yield from _parts_of_structs(column.children)
