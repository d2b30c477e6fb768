"""SQL over Arrow tables: one SELECT at a time, inside the boundary of queries."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

from meshwright.adapters.duckdb.boundary import only_select
from meshwright.adapters.duckdb.relations import scan_handle
from meshwright.errors import SqlError, Unavailable
from meshwright.model.publication import Handle
from meshwright.sql.duckdb_errors import statement_place, without_values
from meshwright.sql.duckdb_types import quote_identifier

if TYPE_CHECKING:
    import pyarrow as pa


class DuckTablesSession:
    """See `provisioning.tables.TablesSession`; for one thread at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, granted: list[list[str]]) -> None:
        self._connection = connection
        self._granted = granted

    def query(
        self,
        sql: str,
        where: str = "the query",
        seconds: float | None = None,
        parameters: Any = None,
        limit: int | None = None,
    ) -> pa.Table:
        """See `provisioning.tables.TablesSession`."""
        try:
            statement = only_select(self._connection, sql, self._granted, parameters is not None)
        except SqlError as error:
            place = where if error.line is None else f"{where}:{error.line}:{error.column}"
            raise SqlError(
                error.what,
                line=error.line,
                column=error.column,
                where=place,
                why=error.why,
                way_out=error.way_out,
            ) from error
        with self._limited(seconds) as over:
            try:
                rows = self._connection.sql(statement, params=parameters)
                return (rows if limit is None else rows.limit(limit)).to_arrow_table()
            except duckdb.InterruptException as error:
                if not over.is_set():
                    raise
                raise SqlError(
                    f"the query took longer than {seconds:g} seconds and was stopped",
                    where=where,
                    way_out="filter early, and join on equal keys",
                ) from error
            except duckdb.OutOfMemoryException as error:
                raise SqlError(
                    f"the query needs more memory than it may have: {without_values(str(error))}",
                    where=where,
                    way_out="select fewer columns and rows, and join on equal keys",
                ) from error
            except duckdb.Error as error:
                line, column = statement_place(self._told_with_place(error, statement, parameters), sql)
                place = where if line is None else f"{where}:{line}:{column}"
                raise SqlError(
                    f"the query failed: {without_values(str(error))}", line=line, column=column, where=place
                ) from error

    def _told_with_place(self, error: duckdb.Error, statement: duckdb.Statement, parameters: Any) -> str:
        """What an error says, with the line that it is about; a relation that cannot be bound has none."""
        if isinstance(error, duckdb.BinderException) and "\nLINE " not in str(error):
            try:
                self._connection.execute(statement, parameters)  # it fails before it reads anything
            except duckdb.Error as again:
                return str(again)
        return str(error)

    @contextmanager
    def _limited(self, seconds: float | None) -> Iterator[threading.Event]:
        """Interrupt what runs inside when the time is over."""
        over, done = threading.Event(), threading.Event()
        if seconds is None:
            yield over
            return

        def stop() -> None:
            over.set()
            while not done.wait(0.05):  # an interrupt between two steps of a statement is lost
                self._connection.interrupt()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            yield over
        finally:
            done.set()
            timer.cancel()
            timer.join()


@contextmanager
def open_tables(
    connection: duckdb.DuckDBPyConnection,
    relations: Mapping[str, pa.Table],
    handles: Mapping[str, Handle],
    memory: str | None,
) -> Iterator[DuckTablesSession]:
    """A session over tables and handles in a connection that is made for it, and closed after it.

    A name is `table`, `schema.table` or `catalogue.schema.table`; nothing is copied.
    """
    try:
        for number, (name, table) in enumerate(relations.items()):
            arrow = f"mw:table:{number}"
            connection.register(arrow, table)
            _view(connection, name, f"SELECT * FROM {quote_identifier(arrow)}")
        for name, handle in handles.items():
            _view(connection, name, scan_handle(handle))
        connection.execute("SET TimeZone = 'UTC'")
        if memory is not None:
            connection.execute(f"SET memory_limit = '{memory}'")
        connection.execute("SET lock_configuration = true")
        granted = [name.split(".") for name in (*relations, *handles)]
        yield DuckTablesSession(connection, granted)
    except duckdb.FatalException as error:
        raise Unavailable(f"the engine gave up: {without_values(str(error))}") from error
    finally:
        connection.close()


def _view(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    *path, table = name.split(".")
    if not path:
        connection.execute(f"CREATE VIEW {quote_identifier(table)} AS {sql}")
        return
    catalogue, schema = path if len(path) == 2 else (path[0], "main")
    connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {quote_identifier(catalogue)}")
    place = f"{quote_identifier(catalogue)}.{quote_identifier(schema)}"
    if schema != "main":
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {place}")
    connection.execute(f"CREATE VIEW {place}.{quote_identifier(table)} AS {sql}")
