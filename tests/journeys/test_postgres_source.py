"""A product that reads several tables of one PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, column, contract


def test_a_run_reads_all_tables_over_one_connection_and_at_one_moment(
    postgres_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = "SELECT pg_backend_pid() AS pid, pg_current_snapshot()::text AS moment"
    postgres_database.execute(f"CREATE VIEW one AS {seen}", f"CREATE VIEW two AS {seen}")
    columns = [column("pid"), column("moment", "string")]
    server = {
        "server": "crm",
        "type": "postgres",
        "host": postgres_database.host,
        "port": postgres_database.port,
        "database": postgres_database.name,
        "schema": "public",
    }
    monkeypatch.setenv("CRM_USER", postgres_database.user)
    mesh = MeshFolder(tmp_path, environments={"dev": {"secrets": {"crm": {"user": "env:CRM_USER"}}}})
    mesh.product(
        "crm/seen",
        [
            contract("crm", {"one": columns, "two": columns}, servers=[server]),
            contract("seen", {"one": columns, "two": columns}),
        ],
        {f"{name}.sql": f"select pid, moment from crm.{name}\n" for name in ("one", "two")},
        inputs=[("crm", "crm")],
        outputs=[("seen", "1.0.0", "seen")],
    )
    mesh.run("apply", "--yes")
    first, second = (mesh.rows(f"select pid, moment from crm.seen.{name}") for name in ("one", "two"))
    assert len(first) == 1 and first == second
    mesh.run("run", "crm/seen")
    assert mesh.rows("select pid, moment from crm.seen.one") != first
