"""Connections to PostgreSQL for reading, and what its errors mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from meshwright.adapters.extraction.place import place, required_setting, setting
from meshwright.errors import MissingPart, Unavailable
from meshwright.model.product import Source
from meshwright.provisioning.secrets import scrub

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

_OPTIONAL = ("sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "target_session_attrs")
"""Settings of libpq that a server's custom properties may give."""

_NOBODY_THERE = (
    "refused",
    "is the server running",
    "could not translate host",
    "timeout",
    "no route",
    "unreachable",
)
"""Words of libpq about a server that is not reached, and so has let nobody in or out."""

_NEVER_DATA = frozenset({"08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58"})
"""Classes of SQLSTATE (PostgreSQL, appendix A) whose errors are not about values."""

_SHAPES = tuple(
    map(
        re.compile,
        (
            r"(invalid input syntax for (?:type )?[\w ]+)(?:: .*)?",
            r"value .* is (out of range for type [\w ]+)",
            r"(date/time field value out of range)(?:: .*)?",
            r"((?:smallint|integer|bigint|date|timestamp|interval) out of range)",
            r"(division by zero|numeric field overflow|more than one row returned by a subquery.*)",
            r"((?:canceling statement|terminating connection) due to [a-z -]+)",
            r"(cannot execute [A-Z ]+ in a read-only transaction|permission denied for [a-z ]+ \w+)",
            r"(server closed the connection unexpectedly)",
        ),
    )
)

_NEVER_IDLE = (
    "SELECT set_config(name, '0', true) FROM pg_catalog.pg_settings "
    "WHERE name = 'idle_in_transaction_session_timeout'"
)


def connection_text(source: Source, environ: Mapping[str, str], secrets: Mapping[str, str]) -> str:
    """The keyword form of a libpq connection string; `host` may be the folder of a unix socket.

    Raises:
        InputError: host or database is not given.
    """
    parts = {
        "host": required_setting(source, "host", environ),
        "port": str(setting(source, "port", environ, 5432)),
        "dbname": required_setting(source, "database", environ),
        "user": secrets.get("user") or str(setting(source, "user", environ, "")),
        "password": secrets.get("password") or secrets.get("token", ""),
        "application_name": "meshwright",
        "client_encoding": "UTF8",
        "connect_timeout": "10",
        "keepalives_idle": "30",
        "tcp_user_timeout": "60000",
        **{name: str(setting(source, name, environ, "")) for name in _OPTIONAL},
    }
    return " ".join(f"{key}={_quoted(value)}" for key, value in parts.items() if value)


@contextmanager
def failures(source: Source, secrets: Mapping[str, str]) -> Iterator[None]:
    """Errors of the driver as errors of ours."""
    from adbc_driver_manager.dbapi import Error

    try:
        yield
    except Error as error:
        raise unavailable(error, place(source), secrets) from None


@contextmanager
def connected(source: Source, environ: Mapping[str, str], secrets: Mapping[str, str]) -> Iterator[Connection]:
    """A connection inside one read-only transaction that sees one moment (repeatable read).

    Raises:
        MissingPart: the extra is not installed.
        Unavailable: the database does not answer, or refuses.
    """
    where = place(source)
    try:
        from adbc_driver_manager.dbapi import Error
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise MissingPart(
            "reading PostgreSQL needs a driver that is not installed",
            where=where,
            way_out="pip install 'meshwright[postgres]'",
        ) from None
    text = connection_text(source, environ, secrets)
    try:
        # A driver that begins transactions itself does not let us go back to a savepoint.
        connection = dbapi.connect(text, autocommit=True)
    except Error as error:
        silent = any(word in str(error).lower() for word in _NOBODY_THERE)
        what = "PostgreSQL does not answer" if silent else "PostgreSQL does not let us in"
        raise unavailable(error, where, secrets, what) from None
    try:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Text that PostgreSQL writes must not depend on the server's settings.
            cursor.execute("SET LOCAL DateStyle = 'ISO'")
            cursor.execute("SET LOCAL TimeZone = 'UTC'")
            cursor.execute("SET LOCAL standard_conforming_strings = on")
            # Between two objects the transaction waits for what is done with the first.
            cursor.execute(_NEVER_IDLE)
            cursor.fetchall()
        with failures(source, secrets):
            yield connection
    except Error as error:
        raise unavailable(error, where, secrets) from None
    finally:
        with suppress(Error):
            connection.close()


def rows(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a short answer."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def unavailable(
    error: Exception,
    where: str,
    secrets: Mapping[str, str],
    what: str = "PostgreSQL failed while it was read",
) -> Unavailable:
    """The error for a database that does not answer; holds libpq's words without secrets and data."""
    return Unavailable(
        what,
        where=where,
        why=scrub(said(error), secrets),
        way_out="check that the server runs, and the server's host, port, database and secrets",
    )


def said(error: Exception) -> str:
    """What the database says, in one line and without values of data."""
    state = getattr(error, "sqlstate", "")  # a stream's error comes through DuckDB, and has none
    if state is None or state[:2] in _NEVER_DATA:
        lines = [line.strip() for line in str(error).splitlines()]
        return " ".join(line for line in lines if line and not line.startswith(("Query was:", "LINE ", "^")))
    return without_values(str(error))


def without_values(text: str) -> str:
    """What PostgreSQL says about data, as far as its shape is known; values are withheld.

    >>> without_values('ERROR:  invalid input syntax for type integer: "a@b"')
    'invalid input syntax for type integer'
    >>> without_values("ERROR:  no rate for a@b")
    'its words are withheld, as they may quote data'
    """
    for line in text.splitlines():
        said = re.sub(r".*(?:ERROR|FATAL|\]): +", "", line.strip(), count=1)
        for shape in _SHAPES:
            found = shape.fullmatch(said)
            if found:
                return found[1]
    return "its words are withheld, as they may quote data"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
