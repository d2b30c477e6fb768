"""Connections and transactions, alike for SQLite and PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, and_, bindparam, create_engine, event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql import ColumnElement, Executable, func
from sqlalchemy.sql.schema import Table
from sqlalchemy.sql.sqltypes import Double

from meshwright.adapters.registry.problems import translated
from meshwright.errors import InputError, MissingPart
from meshwright.model.address import ProductKey

Clock = Callable[[], float]
"""Seconds since the epoch."""

Make = Callable[["Transaction"], Executable]
"""Builds a statement with named parameters."""

_DURABLE = "meshwright_durable"
_WRITES = "meshwright_writes"


class Transaction:
    """One transaction: runs statements, tells the time of the registry."""

    __slots__ = ("_clock", "_made", "connection", "dialect")

    def __init__(self, connection: Connection, clock: Clock | None, made: dict[Any, Executable]) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self._clock = clock or (time.time if self.dialect == "sqlite" else None)
        self._made = made

    def run(
        self,
        statement: Executable | Make,
        rows: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None,
    ) -> CursorResult[Any]:
        """Execute a statement, once or for each of `rows`.

        Building a statement takes ten times what running it does, so those of every run are given
        by a function that builds them once a database.
        """
        if not isinstance(statement, Executable):
            statement = self._once(statement, statement)
        result: Any = self.connection.execute(statement, rows)
        return result  # type: ignore[no-any-return]

    def _once(self, name: object, make: Make) -> Executable:
        if name not in self._made:
            self._made[name] = make(self)
        return self._made[name]

    def now(self) -> ColumnElement[float]:
        """The time as a SQL value: the server's where there is one, evaluated when it is compared."""
        if self._clock is None:
            return func.extract("epoch", func.clock_timestamp()).cast(Double)
        return bindparam(None, type_=Double, callable_=self._clock)

    def seconds(self) -> float:
        """The time in seconds since the epoch."""
        if self._clock is not None:
            return self._clock()
        return float(self.run(select(self.now())).scalar_one())

    def insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT, in the dialect of this database."""
        if self.dialect == "sqlite":
            from sqlalchemy.dialects.sqlite import insert as sqlite_insert

            return sqlite_insert(table)
        from sqlalchemy.dialects.postgresql import insert as postgres_insert

        return postgres_insert(table)

    def upsert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, replacing those with the same primary key."""
        if rows:
            self.run(self._once(("upsert", table.name), lambda tx: tx._upsert(table)), list(rows))

    def _upsert(self, table: Table) -> Executable:
        statement = self.insert(table)
        keys = [column.name for column in table.primary_key]
        update = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
        made: Executable = statement.on_conflict_do_update(index_elements=keys, set_=update)
        return made


class Database:
    """Where the registry lives; `where` names it without secrets."""

    def __init__(self, url: str, password: str | None, clock: Clock | None, wait: float) -> None:
        parsed = _parsed(url)
        self._password = password or (str(parsed.password) if parsed.password else None)
        self._clock = clock
        self._made: dict[Any, Executable] = {}
        self.wait = wait
        if parsed.get_backend_name() == "sqlite":
            self.where = str(parsed.database)
            self.engine = _sqlite(parsed, self.where, wait)
        else:
            host = parsed.host or parsed.query.get("host") or "localhost"
            port = f":{parsed.port}" if parsed.port else ""
            self.where = f"postgresql {host}{port}/{parsed.database or ''}"
            self.engine = _postgres(parsed, password, wait)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that sees one state of the registry and changes nothing."""
        with translated(self.where, self._password), self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield Transaction(connection, self._clock, self._made)

    @contextmanager
    def writing(self, durable: bool = False) -> Iterator[Transaction]:
        """A transaction that commits at the end; a `durable` one also survives a loss of power."""
        with translated(self.where, self._password), self.engine.connect() as connection:
            options = {_WRITES: True, _DURABLE: durable}
            with connection.execution_options(**options).begin():
                yield Transaction(connection, self._clock, self._made)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def this_product(table: Any) -> ColumnElement[bool]:
    """Whether a row of `table` belongs to the product that `named` names."""
    return and_(
        table.c.environment == bindparam("of_environment"),
        table.c.domain == bindparam("of_domain"),
        table.c.product == bindparam("of_product"),
    )


def named(environment: str, product: ProductKey) -> dict[str, Any]:
    """The parameters of `this_product`."""
    return {"of_environment": environment, "of_domain": product.domain, "of_product": product.product}


def iso(seconds: float) -> str:
    """A moment as ISO 8601 in UTC, with microseconds.

    >>> iso(0.5)
    '1970-01-01T00:00:00.500000Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def epoch(moment: str) -> float:
    """The seconds since the epoch of an ISO 8601 moment; one without offset is in UTC.

    Raises:
        InputError: it is no such moment.

    >>> epoch("1970-01-01T00:00:10Z")
    10.0
    """
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        raise InputError(
            f"`{moment}` is not a moment", way_out="write it as 2026-01-31T18:00:00Z (ISO 8601)"
        ) from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _parsed(url: str) -> URL:
    text = "postgresql" + url.removeprefix("postgres") if url.startswith("postgres://") else url
    way_out = "write sqlite:///PATH or postgresql://HOST/DATABASE"
    try:
        parsed = make_url(text)
    except (ArgumentError, ValueError):
        raise InputError("the registry's URL cannot be read", way_out=way_out) from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise InputError(f"a registry cannot live in `{backend}`", way_out=way_out)
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise InputError("a registry in memory would be gone at once", way_out="write sqlite:///PATH")
    return parsed


def _sqlite(url: URL, file: str, wait: float) -> Engine:
    if not file.startswith("file:"):
        with translated(file):
            Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url.set(drivername="sqlite"), connect_args={"timeout": wait}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # transactions begin where the hook below says so
        connection.execute("PRAGMA foreign_keys = ON")
        _use_wal(connection, wait)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(_WRITES):
            connection.exec_driver_sql("BEGIN")
            return
        level = "FULL" if options.get(_DURABLE) else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _use_wal(connection: Any, wait: float) -> None:
    """Switch to WAL; several processes may try at once, and SQLite does not queue them here."""
    import sqlite3

    deadline = time.monotonic() + wait
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def _postgres(url: URL, password: str | None, wait: float) -> Engine:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise MissingPart(
            "a registry in PostgreSQL needs a part that is not installed",
            why="the Python package psycopg is not there",
            way_out="pip install 'meshwright[postgres]'",
        ) from None
    options = f"-c lock_timeout={int(wait * 1000)} -c timezone=UTC"
    return create_engine(
        url.set(drivername="postgresql+psycopg", password=password or url.password),
        connect_args={"connect_timeout": 10, "application_name": "meshwright", "options": options},
        hide_parameters=True,
        pool_pre_ping=True,
    )
