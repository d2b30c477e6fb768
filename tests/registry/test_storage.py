"""Opening a registry, and what happens when its database is not what it should be."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from meshwright.adapters.registry import SqlRegistry, open_registry
from meshwright.adapters.registry.schema import HEAD, REVISION_TABLE
from meshwright.adapters.registry.tables import metadata
from meshwright.errors import InputError, MissingPart, Unavailable
from meshwright.provisioning.registry import Event, Intent

from .world import DEALS, bundle


def schema_of(registry: SqlRegistry) -> tuple[set[str], object]:
    """The names of the tables, and how they differ from those that the code uses."""
    with registry._database.engine.connect() as connection:
        options = {"version_table": REVISION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        return set(inspect(connection).get_table_names()), compare_metadata(context, metadata)


def append_only_rules(registry: SqlRegistry) -> list[str]:
    """The triggers on facts, as the database keeps them."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    if registry._database.engine.dialect.name == "postgresql":
        query = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
    with registry._database.engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


def test_an_empty_database_gets_the_tables_that_the_code_uses(registry: SqlRegistry) -> None:
    assert schema_of(registry) == ({*metadata.tables, REVISION_TABLE}, [])


def test_the_migrations_make_the_same_beside_what_is_there(
    registry: SqlRegistry, url: str, opened: Callable[..., SqlRegistry]
) -> None:
    created = append_only_rules(registry)
    with registry._database.engine.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(text(f"DROP TABLE {REVISION_TABLE}"))
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION mesh_facts_are_append_only"))
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    migrated = opened()
    names, differences = schema_of(migrated)
    assert names == {*metadata.tables, REVISION_TABLE, "theirs"}
    assert [d for d in differences if d[0] != "remove_table"] == []  # type: ignore[attr-defined]
    assert append_only_rules(migrated) == created and created


def test_a_registry_of_the_first_revision_is_migrated_with_what_it_holds(
    registry: SqlRegistry, opened: Callable[..., SqlRegistry]
) -> None:
    intent = Intent("r", "dev", DEALS, 1, "2026", ("/warehouse/x",))
    registry.begin(intent, None, "a", 60, [])
    with registry._database.engine.begin() as connection:
        connection.execute(text("DROP TABLE mesh_counts"))
        connection.execute(text("DROP TABLE mesh_lineage"))
        connection.execute(text("DROP TABLE mesh_external"))
        connection.execute(text("DROP TABLE mesh_policies"))
        connection.execute(text("DROP INDEX mesh_doomed_path"))
        connection.execute(text("ALTER TABLE mesh_intents DROP COLUMN inputs"))
        connection.execute(text(f"UPDATE {REVISION_TABLE} SET version_num = '0001'"))
    migrated = opened()
    assert schema_of(migrated) == ({*metadata.tables, REVISION_TABLE}, [])
    assert migrated.intents("dev", dead_only=False) == (intent,)


def test_a_registry_that_is_up_to_date_opens_without_alembic(
    opened: Callable[..., SqlRegistry], url: str
) -> None:
    opened()
    program = (
        "import sys; from meshwright.adapters.registry import open_registry;"
        "open_registry(sys.argv[1]).state('dev');"
        "heavy = ('alembic', 'pyiceberg', 'sqlalchemy.orm', 'pyarrow');"
        "print([name for name in heavy if name in sys.modules],"
        " 'psycopg' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["[]", str(url.startswith("postgresql"))]


def test_a_catalogue_that_was_there_before_is_kept(url: str, opened: Callable[..., SqlRegistry]) -> None:
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE iceberg_tables (catalog_name VARCHAR(255) NOT NULL,"
                " table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,"
                " metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000),"
                " PRIMARY KEY (catalog_name, table_namespace, table_name))"
            )
        )
        connection.execute(text("INSERT INTO iceberg_tables VALUES ('other', 'a.b', 'c', 'x', NULL)"))
    opened().apply("dev", None, [(bundle(), "active")], [DEALS], [], [])
    with engine.connect() as connection:
        assert connection.execute(text("SELECT table_name, iceberg_type FROM iceberg_tables")).all() == [
            ("c", None)
        ]
    engine.dispose()


def test_a_registry_of_newer_code_is_refused(url: str, opened: Callable[..., SqlRegistry]) -> None:
    with opened()._database.engine.begin() as connection:
        connection.execute(text(f"UPDATE {REVISION_TABLE} SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer Meshwright") as caught:
        open_registry(url)
    assert "9999" in (caught.value.why or "")
    assert HEAD in (caught.value.why or "")
    assert "upgrade" in (caught.value.way_out or "")


@pytest.mark.parametrize("url", ["mysql://h/d", "nonsense", "sqlite://", "sqlite:///:memory:", ""])
def test_a_url_that_names_no_registry_is_refused_with_the_ones_that_do(url: str) -> None:
    with pytest.raises(InputError) as caught:
        open_registry(url)
    assert "sqlite:///" in (caught.value.way_out or "")


def test_a_server_that_does_not_answer_is_unavailable_and_the_password_stays_secret() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens here
        port = taken.getsockname()[1]
        for url, password in (
            (f"postgresql://mesh@127.0.0.1:{port}/registry", "hunter2"),
            (f"postgresql://mesh:hunter2@127.0.0.1:{port}/registry", None),
        ):
            with pytest.raises(Unavailable, match="does not answer") as caught:
                open_registry(url, password)
            told = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r}"
            assert "hunter2" not in told
            assert f"127.0.0.1:{port}/registry" in str(caught.value)
            assert caught.value.way_out


def test_a_database_that_does_not_exist_is_unavailable(postgres_database: object) -> None:
    url = str(postgres_database.url).replace("/test_", "/no_test_")  # type: ignore[attr-defined]
    with pytest.raises(Unavailable, match="database does not exist"):
        open_registry(url)


def test_a_connection_that_was_cut_is_made_anew(postgres_database: object) -> None:
    registry = open_registry(str(postgres_database.url))  # type: ignore[attr-defined]
    postgres_database.execute(  # type: ignore[attr-defined]
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    registry.record("dev", [Event("x", "dev")])
    assert len(registry.facts("dev")) == 1
    registry.close()


def test_a_locked_database_is_unavailable(url: str, opened: Callable[..., SqlRegistry]) -> None:
    registry = opened(wait=0.05)
    registry.record("dev", [Event("x", "dev")])
    other = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with other.connect() as connection:
        connection.execute(text("UPDATE mesh_environments SET version = 0"))
        with pytest.raises(Unavailable, match="locked by another process"):
            registry.record("dev", [Event("x", "dev")])
    other.dispose()
    registry.record("dev", [Event("x", "dev")])


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    place = tmp_path / "registry.db"
    place.write_text("hello " * 1000)
    with pytest.raises(Unavailable, match="no registry"):
        open_registry(f"sqlite:///{place}")


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be opened"):
        open_registry(f"sqlite:///{tmp_path}/file/registry.db")
    with pytest.raises(Unavailable, match="cannot be opened"):
        open_registry(f"sqlite:///{tmp_path}")


def test_a_read_only_registry_can_be_read_and_says_so_when_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "registry.db"
    with open_registry(f"sqlite:///{place}") as registry:
        registry.record("dev", [Event("x", "dev")])
    with sqlite3.connect(f"file:{place}?mode=ro&immutable=1", uri=True) as check:
        assert check.execute("SELECT count(*) FROM mesh_facts").fetchone() == (1,)
    with open_registry(f"sqlite:///file:{place}?mode=ro&uri=true") as registry:
        assert len(registry.facts("dev")) == 1
        with pytest.raises(Unavailable, match="cannot be written"):
            registry.record("dev", [Event("x", "dev")])
    assert not (tmp_path / "file:").exists()


def test_a_full_disk_is_unavailable_and_nothing_is_half_written(tmp_path: Path) -> None:
    with open_registry(f"sqlite:///{tmp_path}/registry.db") as registry:
        registry.record("dev", [Event("x", "dev")])
        with registry._database.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(Unavailable, match="full"):
            registry.record("dev", [Event("x", "dev", {"long": "x" * 100_000})] * 10)
        assert len(registry.facts("dev")) == 1
        assert registry.verify_facts("dev") is None


def test_postgres_without_its_driver_names_the_extra() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from meshwright.adapters.registry import open_registry\n"
        "from meshwright.errors import MissingPart\n"
        "try: open_registry('postgresql://h/d')\n"
        "except MissingPart as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "meshwright[postgres]" in run.stdout
    assert MissingPart.exit_code == 2


def test_a_relative_file_is_made_with_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_registry("sqlite:///.mesh/dev/registry.db").close()
    assert [place.name for place in (tmp_path / ".mesh/dev").iterdir()] == ["registry.db"]
