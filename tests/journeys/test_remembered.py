"""Verification in runs costs what changed: old files are proved or remembered, new ones are read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from mesh_folder import MeshFolder, column, contract, custom

ROWS = 120_000


def readings_mesh(root: Path) -> MeshFolder:
    """Readings that are appended by a cursor, with a key that the source does not promise."""
    mesh = MeshFolder(root)
    columns = [
        column("id", required=True, primaryKey=True, primaryKeyPosition=1),
        column("kind", "string", enum=[{"value": "a"}, {"value": "b"}, {"value": "c"}]),
        column("label", "string", logicalTypeOptions={"pattern": "^r[0-9]+$", "maxLength": 12}),
        column("size", logicalTypeOptions={"minimum": 0}),
    ]
    servers = [{"server": "files", "type": "local", "path": "data/*.parquet", "format": "parquet"}]
    source = contract("source", {"readings": [column("id"), *columns[1:]]}, servers=servers)
    source["schema"][0]["customProperties"] = custom(cursor="size")
    mesh.product(
        "web/readings",
        [source, contract("readings", {"readings": columns})],
        {"readings.sql": "select id, kind, label, size from changes(files.readings)\n"},
        inputs=[("files", "source")],
        outputs=[("readings", "1.0.0", "readings")],
        port_custom={"materialization": "append"},
    )
    return mesh


def deliver(mesh: MeshFolder, name: str, start: int, stop: int, **values: str) -> None:
    """A Parquet file of readings; `values` replaces a column's expression."""
    exprs = {
        "id": "range",
        "kind": "'abc'[range % 3 + 1]",
        "label": "'r' || range",
        "size": "range",
        **values,
    }
    listed = ", ".join(f"{sql} AS {column}" for column, sql in exprs.items())
    folder = mesh.root / "data"
    folder.mkdir(exist_ok=True)
    duckdb.sql(f"SELECT {listed} FROM range({start}, {stop})").write_parquet(str(folder / f"{name}.parquet"))


def last_run(mesh: MeshFolder) -> dict[str, Any]:
    """What the last run of the product found."""
    facts = mesh.run("facts", "web/readings", "--format", "json").data
    finished = [fact for fact in facts if fact["kind"] == "run.finished"]
    found: dict[str, Any] = max(finished, key=lambda fact: fact["sequence"])["payload"]
    return found


def test_an_append_reads_its_own_rows_and_remembers_the_others(tmp_path: Path) -> None:
    mesh = readings_mesh(tmp_path)
    deliver(mesh, "first", 0, ROWS)
    mesh.run("apply", "--yes")
    first = last_run(mesh)["reached"]
    assert first["proved"] > 8
    assert first["remembered"] == 0
    deliver(mesh, "second", ROWS, ROWS + 100)
    mesh.run("run", "web/readings")
    assert mesh.rows("select count(*) as n from web.readings.readings") == [{"n": ROWS + 100}]
    mesh.run("run", "web/readings")  # the file of the second is remembered now, too
    again = last_run(mesh)["reached"]
    assert again["scanned"] == 0
    assert again["remembered"] == first["scanned"]


def test_a_key_that_is_delivered_again_is_found_among_remembered_files(tmp_path: Path) -> None:
    mesh = readings_mesh(tmp_path)
    deliver(mesh, "first", 0, ROWS)
    mesh.run("apply", "--yes")
    deliver(mesh, "second", ROWS, ROWS + 10, id="range - 7")
    failed = mesh.run("run", "web/readings", code=1)
    assert "readings.primary_key" in failed.text
    assert mesh.rows("select count(*) as n from web.readings.readings") == [{"n": ROWS}]


def test_a_run_that_fails_remembers_nothing_of_its_files(tmp_path: Path) -> None:
    mesh = readings_mesh(tmp_path)
    deliver(mesh, "first", 0, ROWS, label="'x' || range")
    mesh.run("apply", "--yes", code=1)
    with closing(sqlite3.connect(tmp_path / ".mesh/dev/registry.db")) as registry:
        assert registry.execute("SELECT count(*) FROM mesh_counts").fetchone() == (0,)
