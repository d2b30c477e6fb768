"""Reads tables and views of a DuckDB database file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import duckdb

from meshwright.adapters.extraction.connection import guarded_connection, scratch_folder
from meshwright.adapters.extraction.drift import no_such_object
from meshwright.adapters.extraction.place import below_mesh, place, required_setting, setting
from meshwright.adapters.extraction.scalars import literal
from meshwright.adapters.extraction.writing import Part, Writer
from meshwright.errors import MeshwrightError, Unavailable
from meshwright.model.contract import ContractObject
from meshwright.model.product import Source
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Extraction, Increment, Located, Secrets, SourceCapabilities
from meshwright.sql.duckdb_errors import without_values
from meshwright.sql.duckdb_types import from_duckdb, quote_identifier


class DuckdbReader:
    """Opens the database read-only, for one object at a time; views may read its tables only."""

    capabilities = SourceCapabilities(typed=True, incremental=True)

    def __init__(self, root: Path, environ: Mapping[str, str], secrets: Secrets) -> None:
        self._root = root
        self._environ = environ

    def reading(self, source: Source) -> AbstractContextManager[DuckdbReader]:
        """The reader as it is: each read opens the file anew."""
        return nullcontext(self)

    def describe(self, source: Source, obj: ContractObject) -> Mapping[str, ColumnType]:
        """The table's columns and their types.

        Raises:
            Unavailable: the file cannot be opened.
            DriftError: there is no such table.
        """
        with self._opened(source, None) as connection:
            try:
                return self._columns(connection, source, obj)
            except duckdb.Error as error:
                raise _explain(error, place(source, obj)) from None

    def inspect(self, source: Source, objects: Sequence[ContractObject]) -> None:
        """An engine judges the rows."""

    def locate(self, source: Source, obj: ContractObject, folder: Path) -> Located:
        """The table in its database.

        Raises:
            Unavailable: the file cannot be opened.
            DriftError: there is no such table.
        """
        self.describe(source, obj)
        where = place(source, obj)
        database = below_mesh(self._root, required_setting(source, "database", self._environ), where)
        return Located("table", (str(database),), where, {"schema": self._schema(source), "table": obj.table})

    def extract(
        self, source: Source, obj: ContractObject, folder: Path, increment: Increment | None = None
    ) -> Extraction:
        """Write the object's rows as one Parquet file into `folder`.

        Raises:
            Unavailable: the file cannot be opened or read, or `folder` cannot be written.
            DriftError: columns are missing, or values do not fit the contract's types.
        """
        where = place(source, obj)
        with scratch_folder(folder) as scratch, self._opened(source, scratch) as connection:
            try:
                columns = self._columns(connection, source, obj)
            except duckdb.Error as error:
                raise _explain(error, where) from None
            names = ("origin", self._schema(source), obj.table)
            part = Part(".".join(map(quote_identifier, names)), columns, obj.table)
            writer = Writer(connection, obj, folder, scratch, where, lambda error: _explain(error, where))
            return writer.write([part], increment)

    def _schema(self, source: Source) -> str:
        return str(setting(source, "schema", self._environ, "main"))

    @contextmanager
    def _opened(self, source: Source, scratch: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
        where = place(source)
        database = below_mesh(self._root, required_setting(source, "database", self._environ), where)
        if not database.is_file():
            raise Unavailable(
                f"{database} does not exist", where=where, way_out="correct the server's `database`"
            )
        guarded = guarded_connection((), scratch, attach=database)
        try:
            connection = guarded.__enter__()
        except duckdb.Error as error:
            raise _explain(error, where) from None
        try:
            yield connection
        finally:
            guarded.__exit__(None, None, None)

    def _columns(
        self, connection: duckdb.DuckDBPyConnection, source: Source, obj: ContractObject
    ) -> Mapping[str, ColumnType]:
        schema = self._schema(source)
        columns = connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'origin' "
            f"AND schema_name = {literal(schema)} AND table_name = {literal(obj.table)} ORDER BY column_index"
        ).fetchall()
        if not columns:
            tables = connection.execute(
                "SELECT DISTINCT table_name FROM duckdb_columns() WHERE database_name = 'origin' "
                f"AND schema_name = {literal(schema)}"
            ).fetchall()
            there = {row[0] for row in tables}
            raise no_such_object(obj.table, there, place(source, obj), f"the schema {schema}")
        return {name: from_duckdb(kind) for name, kind in columns}


def _explain(error: duckdb.Error, where: str) -> MeshwrightError:
    return Unavailable(
        "the DuckDB database cannot be read",
        where=where,
        why=without_values(str(error)),
        way_out="check the file, and that no other process has it open for writing",
    )
