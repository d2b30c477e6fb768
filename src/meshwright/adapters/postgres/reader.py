"""Reads tables and views of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from meshwright.adapters.extraction.connection import guarded_connection, scratch_folder
from meshwright.adapters.extraction.drift import no_such_object, require_columns
from meshwright.adapters.extraction.place import place, setting
from meshwright.adapters.extraction.scalars import literal
from meshwright.adapters.extraction.writing import Part, Writer, cursor_property
from meshwright.adapters.postgres.catalogue import (
    SourceColumn,
    Types,
    fields_query,
    relation_query,
    tables_query,
    types_query,
)
from meshwright.adapters.postgres.connection import connected, failures, rows, unavailable
from meshwright.errors import MeshwrightError
from meshwright.model.contract import ContractObject
from meshwright.model.product import Source
from meshwright.model.types import INTEGERS, ColumnType, column_type
from meshwright.provisioning.increments import lower_bound
from meshwright.provisioning.ports import Extraction, Increment, Secrets, SourceCapabilities
from meshwright.sql.duckdb_types import quote_identifier

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

    from meshwright.adapters.postgres.checks import PostgresInspection, Relation

_EARLIEST = "4714-01-01 (BC)"
"""PostgreSQL knows no earlier day; ADBC delivers its infinities as days before it."""


_TEXTS = frozenset({"string", "uuid"})
_NUMBERS = frozenset({*INTEGERS, "decimal", "float", "double", "any"})
_MOMENTS = frozenset({"date", "timestamp", "timestamptz"})


class PostgresReader:
    """Reads in one read-only transaction, streaming, with the increment filtered at the source.

    `connection` is one that is open already, to the source that is read.
    """

    capabilities = SourceCapabilities(typed=True, incremental=True)

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str],
        secrets: Secrets,
        connection: Connection | None = None,
    ) -> None:
        self._root = root
        self._environ = environ
        self._secrets = secrets
        self._connection = connection

    @contextmanager
    def reading(self, source: Source) -> Iterator[PostgresReader]:
        """A reader whose reads of `source` are of one moment, over one connection.

        Raises:
            Unavailable: the database does not answer.
        """
        with self._opened(source) as connection:
            yield PostgresReader(self._root, self._environ, self._secrets, connection)

    def describe(self, source: Source, obj: ContractObject) -> Mapping[str, ColumnType]:
        """The table's columns with their exact types; an unbounded NUMERIC is `any`.

        Raises:
            Unavailable: the database does not answer.
            DriftError: there is no such table.
        """
        with self._opened(source) as connection:
            return {column.name: column.type for column in self._columns(connection, source, obj)}

    def locate(self, source: Source, obj: ContractObject, folder: Path) -> None:
        """Rows are not read in place by an engine."""

    def extract(
        self, source: Source, obj: ContractObject, folder: Path, increment: Increment | None = None
    ) -> Extraction:
        """Write the object's rows as one Parquet file into `folder`.

        Raises:
            Unavailable: the database failed on the way, or `folder` cannot be written.
            DriftError: columns are missing, or values do not fit the contract's types.
        """
        where = place(source, obj)
        secrets = self._secrets(source.server.name)

        def explain(error: duckdb.Error) -> MeshwrightError:
            return unavailable(error, where, secrets)

        with (
            scratch_folder(folder) as scratch,
            self._opened(source) as remote,
            remote.cursor() as cursor,
            guarded_connection((), scratch) as local,
        ):
            there = {column.name: column for column in self._columns(remote, source, obj)}
            require_columns(obj, tuple(there), where)
            columns = [there[prop.column] for prop in obj.properties]
            statement = self._select(source, obj, columns, _condition(obj, there, increment, where))

            def send() -> None:
                cursor.execute(statement)
                local.register("remote", cursor.fetch_record_batch())

            send()
            part = Part(_relation(columns), {c.name: c.arrives for c in columns}, obj.table)
            return Writer(local, obj, folder, scratch, where, explain, send).write([part], increment)

    @contextmanager
    def _opened(self, source: Source) -> Iterator[Connection]:
        secrets = self._secrets(source.server.name)
        if self._connection is None:
            with connected(source, self._environ, secrets) as connection:
                yield connection
        else:
            with failures(source, secrets):
                yield self._connection

    def _schema(self, source: Source) -> str:
        return str(setting(source, "schema", self._environ, "public"))

    def inspect(
        self, source: Source, objects: Sequence[ContractObject]
    ) -> AbstractContextManager[PostgresInspection]:
        """The objects' tables, to be judged where they are, all as they are at one moment.

        Raises:
            Unavailable: the database does not answer.
            DriftError: there is no such table.
        """
        return self._inspected(source, objects)

    @contextmanager
    def _inspected(self, source: Source, objects: Sequence[ContractObject]) -> Iterator[PostgresInspection]:
        from meshwright.adapters.postgres.checks import PostgresInspection

        with self._opened(source) as connection:
            relations = {obj.name: self._inspectable(connection, source, obj) for obj in objects}
            yield PostgresInspection(connection, relations, self._schema(source))

    def _inspectable(self, connection: Connection, source: Source, obj: ContractObject) -> Relation:
        from meshwright.adapters.postgres.checks import Relation
        from meshwright.adapters.postgres.checks.shapes import shape

        types, fields = self._types(connection, source, obj)
        columns = {name: shape(types, kind, modifier) for name, kind, modifier in fields}
        return Relation(self._table(source, obj), columns, obj)

    def _columns(self, connection: Connection, source: Source, obj: ContractObject) -> list[SourceColumn]:
        types, fields = self._types(connection, source, obj)
        return [types.column(name, kind, modifier) for name, kind, modifier in fields]

    def _types(
        self, connection: Connection, source: Source, obj: ContractObject
    ) -> tuple[Types, list[tuple[str, int, int]]]:
        """The types behind a table, and its columns: name, type, modifier."""
        schema = self._schema(source)
        found = rows(connection, relation_query(schema, obj.table))
        if not found:
            tables = {row[0] for row in rows(connection, tables_query(schema))}
            raise no_such_object(obj.table, tables, place(source, obj), f"the schema {schema}")
        relation = found[0][0]
        names = ("name", "type", "category", "item", "base", "modifier", "relation")
        types = {
            row[0]: dict(zip(names, row[1:], strict=True))
            for row in rows(connection, types_query(schema, obj.table))
        }
        composites = [t["relation"] for t in types.values() if t["type"] == "c"]
        fields: dict[int, list[tuple[str, int, int]]] = {}
        for owner, name, kind, modifier in rows(connection, fields_query([relation, *composites])):
            fields.setdefault(owner, []).append((name, kind, modifier))
        return Types(types, fields), fields.get(relation, [])

    def _table(self, source: Source, obj: ContractObject) -> str:
        return f"{quote_identifier(self._schema(source))}.{quote_identifier(obj.table)}"

    def _select(
        self, source: Source, obj: ContractObject, columns: list[SourceColumn], condition: str
    ) -> str:
        selected = ", ".join(f"{c.expression} AS {quote_identifier(c.name)}" for c in columns)
        return f"SELECT {selected} FROM {self._table(source, obj)}{condition}"


def _condition(
    obj: ContractObject, there: Mapping[str, SourceColumn], increment: Increment | None, where: str
) -> str:
    """The increment as a condition for PostgreSQL, where it compares as we do: text byte by byte."""
    if increment is None:
        return ""
    prop = cursor_property(obj, increment, where)
    bound = lower_bound(increment, column_type(prop))
    if bound is None:
        return ""
    column = quote_identifier(prop.column)
    found, declared = there[prop.column].type.kind, column_type(prop).kind
    if found in _TEXTS and declared in ("string", "any"):
        return f' WHERE {column}::text COLLATE "C" >= {literal(bound)} OR {column} IS NULL'
    if any(found in family and declared in family for family in (_NUMBERS, _MOMENTS)):
        return f" WHERE {column} >= {literal(bound)} OR {column} IS NULL"
    return ""  # compared as the contract's type, after it arrived


def _relation(columns: list[SourceColumn]) -> str:
    """The rows as they arrive, with PostgreSQL's infinities put right."""
    parts: list[str] = []
    for column in columns:
        name, kind = quote_identifier(column.name), column.arrives.kind
        if kind in ("date", "timestamp", "timestamptz"):
            type_name = {"date": "DATE", "timestamp": "TIMESTAMP"}.get(kind, "TIMESTAMPTZ")
            earliest = f"{type_name} '{_EARLIEST}'"
            parts.append(
                f"CASE WHEN {name} < {earliest} THEN {type_name} 'infinity' ELSE {name} END AS {name}"
            )
        else:
            parts.append(name)
    return f"(SELECT {', '.join(parts)} FROM remote)"
