"""`mesh verify` on the tables of a PostgreSQL: they are judged where they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, column, contract


@pytest.fixture
def crm(postgres_database: Any) -> Any:
    postgres_database.execute(
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.deals (id int, amount numeric(10,2), code text)",
        "INSERT INTO crm.deals SELECT g, g, 'C' || g FROM generate_series(1, 9) g",
    )
    return postgres_database


def declared(crm: Any, *columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    server = {
        "server": "crm",
        "type": "postgres",
        "host": crm.host,
        "port": crm.port,
        "database": crm.name,
        "schema": "crm",
    }
    amount = column("amount", "number", logicalTypeOptions={"minimum": 1})
    code = column("code", "string", unique=True, logicalTypeOptions={"pattern": "^C[0-9]$"})
    properties = columns or (column("id", primaryKey=True), amount, code)
    return contract("crm", {"deals": list(properties)}, servers=[server], **more)


def verify(folder: Path, document: dict[str, Any], *options: str) -> Any:
    (folder / "crm.odcs.yaml").write_text(json.dumps(document))
    return MeshFolder.at(folder).run("verify", "crm.odcs.yaml", *options, code=None)


def test_a_table_is_verified_with_a_secret_from_the_environment(
    crm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_USER", crm.user)
    answer = verify(tmp_path, declared(crm), "--secret", "user=env:CRM_USER", "--format", "json")
    assert answer.code == 0, answer.text
    assert answer.data["summary"]["pass"] == answer.data["summary"]["checks"] == 10


def test_a_secret_may_come_from_a_file(crm: Any, tmp_path: Path) -> None:
    (tmp_path / "user.txt").write_text(f"{crm.user}\n")
    assert verify(tmp_path, declared(crm), "--secret", "user=file:user.txt").code == 0


def test_in_a_mesh_the_secrets_of_the_environment_are_known(
    crm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_USER", crm.user)
    monkeypatch.setenv("NOBODY", "nobody_there")
    secrets = {name: {"secrets": {"crm": {"user": f"env:{user}"}}} for name, user in USERS.items()}
    MeshFolder(tmp_path, environments=secrets)
    assert verify(tmp_path, declared(crm)).code == 0
    refused = verify(tmp_path, declared(crm), "--environment", "prod")
    assert (refused.code, "does not let us in" in refused.text) == (2, True)
    assert verify(tmp_path, declared(crm), "--environment", "prod", "--secret", "user=env:CRM_USER").code == 0
    assert "no environment `test`" in verify(tmp_path, declared(crm), "--environment", "test").text


USERS = {"dev": "CRM_USER", "prod": "NOBODY"}


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ("password", "KEY=REFERENCE"),
        ("password=hunter2", "not given by reference"),
        ("password=env:NOT_SET_ANYWHERE", "env:NOT_SET_ANYWHERE"),
    ],
)
def test_a_secret_that_is_none_is_told_and_never_shown(
    crm: Any, tmp_path: Path, secret: str, says: str
) -> None:
    answer = verify(tmp_path, declared(crm), "--secret", secret)
    assert (answer.code, says in answer.text) == (2, True)
    assert "hunter2" not in answer.text


def test_a_server_without_the_right_secrets_is_exit_code_2(crm: Any, tmp_path: Path) -> None:
    (tmp_path / "user.txt").write_text("somebody_else")
    answer = verify(tmp_path, declared(crm), "--secret", "user=file:user.txt")
    assert answer.code == 2
    assert "PostgreSQL does not let us in" in answer.text


def test_a_table_that_is_not_there_is_exit_code_2(crm: Any, tmp_path: Path) -> None:
    (tmp_path / "user.txt").write_text(crm.user)
    crm.execute("DROP TABLE crm.deals")
    answer = verify(tmp_path, declared(crm), "--secret", "user=file:user.txt")
    assert (answer.code, "deals" in answer.text) == (2, True)


def test_failing_rows_are_shown_with_their_keys(crm: Any, tmp_path: Path) -> None:
    (tmp_path / "user.txt").write_text(crm.user)
    crm.execute("INSERT INTO crm.deals VALUES (10, -4, 'x'), (11, 1, 'C1')")
    answer = verify(tmp_path, declared(crm), "--secret", "user=file:user.txt")
    assert answer.code == 1
    assert "failed: deals.amount.bounds" in answer.out
    assert "observed  1 of 11 rows" in answer.out
    assert "id=10, amount='-4.00'" in answer.out
    assert "failed: deals.code.unique" in answer.out


def test_nothing_of_a_table_is_copied_here(crm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "user.txt").write_text(crm.user)
    monkeypatch.setattr("meshwright.adapters.postgres.reader.PostgresReader.extract", None)
    assert verify(tmp_path, declared(crm), "--secret", "user=file:user.txt").code == 0


def test_all_tables_are_verified_as_they_are_at_one_moment(crm: Any, tmp_path: Path) -> None:
    (tmp_path / "user.txt").write_text(crm.user)
    seen = "SELECT pg_current_snapshot()::text AS moment"
    crm.execute(f"CREATE VIEW crm.one AS {seen}", f"CREATE VIEW crm.two AS {seen}")
    document = declared(crm)
    moment = column("moment", "string", relationships=[{"to": "two.moment"}])
    document["schema"] = contract("x", {"one": [moment], "two": [column("moment", "string")]})["schema"]
    assert verify(tmp_path, document, "--secret", "user=file:user.txt").code == 0


def test_a_statement_that_writes_changes_nothing(crm: Any, tmp_path: Path) -> None:
    (tmp_path / "user.txt").write_text(crm.user)
    crm.execute(
        "CREATE FUNCTION crm.sly(int) RETURNS int LANGUAGE plpgsql AS "
        "'BEGIN DELETE FROM crm.deals WHERE id = 1; RETURN 1; END'",
        "CREATE VIEW crm.bad AS SELECT crm.sly(1) AS id",
    )
    document = declared(crm)
    document["schema"] = contract("x", {"bad": [column("id", logicalTypeOptions={"minimum": 5})]})["schema"]
    answer = verify(tmp_path, document, "--secret", "user=file:user.txt")
    assert answer.code == 2
    assert "read-only transaction" in answer.text
    assert verify(tmp_path, declared(crm), "--secret", "user=file:user.txt").code == 0
