"""The embedded engine: SQL over handles, Parquet out; it never commits anything."""

from __future__ import annotations

import glob
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from meshwright.adapters.duckdb.boundary import only_select
from meshwright.adapters.duckdb.failures import translated
from meshwright.adapters.duckdb.located import BELIEVING_BOUNDS, database_name, may_hide_nan
from meshwright.adapters.duckdb.relations import file_list, literal, scan_handle
from meshwright.adapters.duckdb.session import DuckSession
from meshwright.adapters.duckdb.tables import DuckTablesSession, open_tables
from meshwright.adapters.duckdb.text_rows import CASTING_IN_READERS, in_utf8
from meshwright.errors import SqlError, Unavailable
from meshwright.model.publication import Handle
from meshwright.provisioning.ports import EngineCapabilities, Located
from meshwright.provisioning.processes import SPILL, process_name
from meshwright.sql.duckdb_types import quote_identifier

if TYPE_CHECKING:
    import pyarrow as pa

CAPABILITIES = EngineCapabilities(dialect="duckdb", reads=frozenset({"iceberg"}), python_isolation=True)

FEW_FILES = 16
"""Files whose footers are kept for the next statement: they may take megabytes each, which the engine does
not count (2.0)."""


class DuckEngine:
    """One DuckDB instance for the runs of one command, a cursor for each run.

    The instance can touch files below `folders` only, downloads nothing, and its configuration
    is locked.
    """

    capabilities = CAPABILITIES

    def __init__(self, folders: Sequence[str], settings: Mapping[str, Any] | None = None) -> None:
        self._folders = [folder.rstrip("/") + "/" for folder in folders]
        self._settings = dict(settings or {})
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._guard = threading.Lock()

    @contextmanager
    def session(self) -> Iterator[DuckSession]:
        """See `provisioning.ports.Engine`."""
        instance = self._instance()
        cursor = instance.cursor()
        try:
            yield DuckSession(cursor)
        except Exception:
            if not _answers(instance):
                with self._guard:
                    if self._connection is instance:
                        self._connection = None  # it is lost; the next session gets a new one
            raise
        finally:
            cursor.close()

    @contextmanager
    def inspection(self, located: Iterable[Located]) -> Iterator[DuckSession]:
        """See `provisioning.ports.Engine`; databases are attached for reading only."""
        folder = Path(self._settings.get("scratch", tempfile.gettempdir()))
        with tempfile.TemporaryDirectory(prefix="utf8-", dir=folder) as copies:
            originals = tuple(located)
            places = in_utf8(originals, Path(copies))
            copied = {one.files: copy for one, copy in zip(originals, places, strict=True)}
            with self._inspecting(places, copied) as session:
                yield session

    @contextmanager
    def _inspecting(
        self, places: Sequence[Located], copies: Mapping[tuple[str, ...], Located]
    ) -> Iterator[DuckSession]:
        files = dict.fromkeys(
            file for place in places for file in (*place.files, *(each.file for each in place.deleted))
        )
        databases = dict.fromkeys(place.files[0] for place in places if place.form == "table")
        with translated("the data cannot be opened", None):
            connection = self._start([*files, *map(glob.escape, files)], databases)
        try:
            for store in {id(place.store): place.store for place in places if place.store}.values():
                connection.register_filesystem(store)
            for scope in ("GLOBAL ", ""):  # the first for sessions apart, which the lock would keep from it
                connection.execute(f"SET {scope}TimeZone = 'UTC'")
            if len(files) <= FEW_FILES:
                connection.execute("SET parquet_metadata_cache = true")
            wrong = [BELIEVING_BOUNDS] if may_hide_nan(connection, places) else []
            wrong += [CASTING_IN_READERS] if any(place.form == "csv" for place in places) else []
            connection.execute(f"SET disabled_optimizers = '{','.join(wrong)}'")
            connection.execute("SET lock_configuration = true")
            yield DuckSession(connection, copies)
        finally:
            connection.close()

    def query(self, relations: Mapping[str, Handle], sql: str) -> pa.Table:
        """See `provisioning.ports.Engine`; each domain is a catalogue of its own.

        The connection can touch the files of `relations` only. DuckDB lets it write what it may
        read, so what is executed is the one SELECT that DuckDB itself found in the text.
        """
        with translated("the query failed", None):
            connection = self._start([file.path for handle in relations.values() for file in handle.files])
            try:
                statement = only_select(connection, sql, [name.split(".") for name in relations])
                for name, handle in relations.items():
                    domain, product, table = name.split(".")
                    connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {quote_identifier(domain)}")
                    schema = f"{quote_identifier(domain)}.{quote_identifier(product)}"
                    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
                    connection.execute(
                        f"CREATE VIEW {schema}.{quote_identifier(table)} AS {scan_handle(handle)}"
                    )
                connection.execute("SET lock_configuration = true")
                return connection.sql(statement).to_arrow_table()
            except duckdb.PermissionException as error:
                raise _missing_file(relations.values()) or error from error
            finally:
                connection.close()

    @contextmanager
    def tables(
        self,
        relations: Mapping[str, pa.Table],
        handles: Mapping[str, Handle] | None = None,
        memory: str | None = None,
    ) -> Iterator[DuckTablesSession]:
        """See `provisioning.tables.Tables`; the session can touch the files of `handles` only."""
        found = handles or {}
        with translated("the tables cannot be offered", None):
            connection = self._start([file.path for handle in found.values() for file in handle.files])
        with open_tables(connection, relations, found, memory) as session:
            try:
                yield session
            except SqlError as error:
                if isinstance(error.__cause__, duckdb.PermissionException):
                    raise _missing_file(found.values()) or error from error
                raise

    def _instance(self) -> duckdb.DuckDBPyConnection:
        with self._guard:
            if self._connection is None:
                self._connection = self._start(None)
                self._connection.execute("SET lock_configuration = true")
            return self._connection

    def _spill(self) -> str:
        """A folder of this process, so that the next start can tell that it is a dead one's."""
        return str(Path(self._settings["scratch"]) / (SPILL + process_name())).replace("'", "''")

    def _start(self, files: Sequence[str] | None, databases: Iterable[str] = ()) -> duckdb.DuckDBPyConnection:
        """An instance that can touch these files, none if they are none; with None, the folders."""
        connection = duckdb.connect(
            ":memory:",
            config={
                "python_enable_replacements": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                **{key: self._settings[key] for key in ("memory_limit", "threads") if key in self._settings},
            },
        )
        if self._settings.get("scratch"):
            connection.execute(f"SET temp_directory = '{self._spill()}'")
        for database in databases:
            name = quote_identifier(database_name(database))
            connection.execute(f"ATTACH {literal(database)} AS {name} (READ_ONLY)")
        if files is None:
            connection.execute(f"SET allowed_directories = {file_list(self._folders)}")
        else:
            connection.execute(f"SET allowed_paths = {file_list(files)}")
        connection.execute("SET enable_external_access = false")
        return connection


def _answers(instance: duckdb.DuckDBPyConnection) -> bool:
    """Whether an instance still works: after a fatal or internal error DuckDB answers nothing."""
    try:
        with instance.cursor() as probe:
            probe.execute("SELECT 1 FROM range(1)").fetchall()
    except duckdb.Error:
        return False
    return True


def _missing_file(handles: Iterable[Handle]) -> Unavailable | None:
    """The engine takes a file that is not there for one that it may not read."""
    for file in (file for handle in handles for file in handle.files):
        if not Path(file.path).exists():
            return Unavailable(
                f"the data file `{file.path}` is not there",
                way_out="check the environment's `warehouse` setting, or restore the file",
            )
    return None
