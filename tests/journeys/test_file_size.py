"""Large tables are several files, which are read, changed and merged like one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from mesh_folder import MeshFolder, column, contract, csv_server, custom
from pyiceberg.catalog.sql import SqlCatalog

SQL = "select range as id, hash(range)::varchar as text from range(1000000)\n"


def numbers_mesh(root: Path, *columns: dict[str, Any], model: str = SQL, size: str = "1MiB") -> MeshFolder:
    mesh = MeshFolder(root, environments={"dev": {"file_size": size}})
    mesh.product(
        "lab/numbers",
        [contract("numbers", {"numbers": list(columns)})],
        {"numbers.sql": model},
        outputs=[("numbers", "1.0.0", "numbers")],
    )
    return mesh


def planned(mesh: MeshFolder, table: str) -> list[Path]:
    """The files of a table as PyIceberg plans to read them."""
    with closing(SqlCatalog("dev", uri=f"sqlite:///{mesh.root}/.mesh/dev/registry.db")) as catalogue:
        found = catalogue.load_table(("lab", "numbers", table))
        assert found.scan().to_arrow().num_rows == found.scan().count()
        return sorted(Path(task.file.file_path) for task in found.scan().plan_files())


def test_a_large_table_is_several_files(tmp_path: Path) -> None:
    mesh = numbers_mesh(tmp_path, column("id"), column("text", "string"))
    mesh.run("apply", "--yes")
    files = planned(mesh, "numbers@1")
    (publication,) = mesh.run("history", "lab/numbers", "--format", "json").data["publications"]
    assert len(files) > 2
    for file in files:
        assert publication["publication"] in file.name
        assert file.stat().st_size < 16 << 20
        assert [field.metadata[b"PARQUET:field_id"] for field in pq.read_schema(file)] == [b"1", b"2"]
    total = mesh.rows(
        "select count(*) as n, count(distinct id) as ids, max(id) as last from lab.numbers.numbers"
    )
    assert total == [{"n": 1_000_000, "ids": 1_000_000, "last": 999_999}]
    assert {file for file in mesh.files() if file.endswith(".parquet")} == {
        str(file.relative_to(mesh.root)) for file in files
    }


def test_a_partition_is_split_too(tmp_path: Path) -> None:
    sql = "select *, id % 2 = 0 as even from (" + SQL + ")\n"
    even = column("even", "boolean", partitioned=True)
    mesh = numbers_mesh(tmp_path, column("id"), column("text", "string"), even, model=sql)
    mesh.run("apply", "--yes")
    assert len(planned(mesh, "numbers@1")) > 4
    assert mesh.rows("select count(*) as n from lab.numbers.numbers where even") == [{"n": 500_000}]


def test_a_small_table_is_one_file_and_an_empty_one_none(tmp_path: Path) -> None:
    mesh = numbers_mesh(tmp_path, column("id"), column("text", "string"), size="512MiB")
    mesh.run("apply", "--yes")
    assert len(planned(mesh, "numbers@1")) == 1
    empty = SQL.replace("1000000", "0")
    mesh = numbers_mesh(tmp_path, column("id"), column("text", "string"), model=empty)
    mesh.run("apply", "--yes")
    assert planned(mesh, "numbers@1") == []


@pytest.mark.parametrize("size", ["1KiB", "512MiB"])
def test_files_that_are_full_are_not_merged(tmp_path: Path, size: str) -> None:
    mesh = MeshFolder(tmp_path, environments={"dev": {"file_size": size}})
    columns = [column("id"), column("seen")]
    document = contract("events-file", {"events": columns}, servers=csv_server("data/events.csv"))
    document["schema"][0]["customProperties"] = custom(cursor="seen")
    mesh.product(
        "lab/numbers",
        [document, contract("numbers", {"numbers": columns})],
        {"numbers.sql": "select id, seen from changes(files.events)\n"},
        inputs=[("files", "events-file")],
        outputs=[("numbers", "1.0.0", "numbers")],
        port_custom={"materialization": "append"},
    )
    mesh.csv("data/events.csv", "id,seen", "0,0")
    mesh.run("apply", "--yes")
    for day in range(1, 10):
        mesh.csv("data/events.csv", "id,seen", *(f"{n},{n}" for n in range(day + 1)))
        mesh.run("run", "lab/numbers")
    assert len(planned(mesh, "numbers@1")) == (10 if size == "1KiB" else 3)
    assert len(mesh.rows("select distinct id from lab.numbers.numbers")) == 10
