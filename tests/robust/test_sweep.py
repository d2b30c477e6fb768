"""`mesh gc` finds files that nothing refers to, and no others."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from children import end, start
from mesh_folder import MeshFolder, orders_mesh
from readers import seen
from references import problems_of_storage
from shop_mesh import deliver, expected, shop_mesh

WAREHOUSE = ".mesh/dev/warehouse"
LONG_AGO = 1_000_000_000


@pytest.fixture
def mesh(tmp_path: Path) -> MeshFolder:
    """Two products, published once; files have a grace of an hour."""
    found = orders_mesh(tmp_path / "mesh")
    found.run("apply", "--yes")
    return found


def lose(mesh: MeshFolder, place: str, size: int = 100, at: float = LONG_AGO) -> Path:
    """A file below the warehouse that nothing refers to, of that age."""
    file = mesh.root / WAREHOUSE / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(size))
    os.utime(file, (at, at))
    return file


def age(mesh: MeshFolder) -> None:
    """Let every file be old."""
    for file in mesh.files():
        os.utime(mesh.root / file, (LONG_AGO, LONG_AGO))


def collected(mesh: MeshFolder, *words: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = mesh.run("gc", "--format", "json", *words, code=code).data
    return found


def test_orphans_of_every_kind_go_and_are_counted(mesh: MeshFolder) -> None:
    before = mesh.files()
    age(mesh)
    table = "sales/orders/orders/v1"
    for number, place in enumerate(
        (
            f"{table}/data/lost.parquet",
            f"{table}/data/deeper/lost.parquet",
            f"{table}/metadata/lost-added.avro",
            f"{table}/metadata/lost-snapshot.avro",
            f"{table}/metadata/lost.metadata.json",
            "sales/orders/landing__x__y/v1/data/lost.parquet",
            "sales/gone/gone/v2/data/lost.parquet",
            "nowhere/gone/gone/v1/metadata/lost.metadata.json",
        )
    ):
        lose(mesh, place, size=10**number)
    found = collected(mesh)
    assert (found["orphan_files"], found["orphan_bytes"]) == (8, 11_111_111)
    assert (found["removed_files"], found["waiting_files"], found["problems"]) == (0, 0, [])
    assert mesh.files() == before
    assert problems_of_storage(mesh) == []
    lose(mesh, f"{table}/data/lost.parquet", size=2000)
    assert "Removed 1 file (2.0 kB) that nothing referred to." in mesh.run("gc").text


def test_what_lies_elsewhere_in_the_warehouse_is_not_touched(mesh: MeshFolder) -> None:
    for place in (
        "README.md",
        "sales/notes.txt",
        "sales/orders/notes.txt",
        "sales/orders/orders/notes.txt",
        "sales/orders/orders/v1/notes.txt",
        "sales/orders/orders/v1/other/x.parquet",
        "Archive/orders/orders/v1/data/x.parquet",
    ):
        lose(mesh, place)
    before = mesh.files()
    assert collected(mesh, "--now")["orphan_files"] == 0
    assert mesh.files() == before


def test_a_young_orphan_stays_until_the_grace_is_over_or_now_is_said(mesh: MeshFolder) -> None:
    young = lose(mesh, "sales/orders/orders/v1/data/lost.parquet", at=4_000_000_000)
    assert collected(mesh)["orphan_files"] == 0
    assert young.exists()
    assert collected(mesh, "--now")["orphan_files"] == 1
    assert not young.exists()


def test_files_of_expired_publications_that_wait_are_no_orphans(mesh: MeshFolder) -> None:
    settings = {"mesh": "acme", "environments": {"dev": {"retain": 1, "grace_seconds": 1e9}}}
    (mesh.root / "mesh.yaml").write_text(json.dumps(settings))
    mesh.run("run")
    before = mesh.files()
    mesh.run("gc")
    for file in before:
        os.utime(mesh.root / file, (1, 1))
    assert collected(mesh)["orphan_files"] == 0
    assert mesh.files() == before


def test_a_run_under_way_keeps_the_files_that_it_has_written(tmp_path: Path) -> None:
    mesh = shop_mesh(tmp_path / "mesh", lock_seconds=600)
    mesh.run("apply", "--yes")
    deliver(mesh, 2)
    paused = start(mesh.root, {"what": "stop", "step": "publishing"}, "run", "shop/sales")
    assert paused.stdout is not None
    assert paused.stdout.readline() == "stopped\n"
    lost = lose(mesh, "shop/report/report/v1/data/lost.parquet")
    found = collected(mesh, "--now")
    assert (found["orphan_files"], found["busy"]) == (1, ["shop/sales"])
    assert not lost.exists()
    assert "Runs are under way, so left alone: shop/sales." in mesh.run("gc").text
    os.kill(paused.pid, signal.SIGCONT)
    code, text = end(paused)
    assert code == 0, text
    assert seen(mesh, "sales")["sales"] == expected(2)["sales"]
    assert problems_of_storage(mesh) == []


def shared(root: Path, name: str, registry: str, warehouse: Path) -> MeshFolder:
    """A tree with two environments in one warehouse; `registry` knows both."""
    mesh = orders_mesh(root / name)
    where = {"registry": f"sqlite:///{root}/{registry}.db", "warehouse": str(warehouse), "grace_seconds": 0}
    settings = {"mesh": "acme", "environments": {"dev": where, "prod": where}}
    (mesh.root / "mesh.yaml").write_text(json.dumps(settings))
    return mesh


def test_environments_of_one_registry_share_a_warehouse(tmp_path: Path) -> None:
    mesh = shared(tmp_path, "mesh", "one", tmp_path / "warehouse")
    for name in ("dev", "prod"):
        mesh.run("apply", "--yes", "--environment", name)
    lost = tmp_path / "warehouse/sales/orders/orders/v1/data/lost.parquet"
    lost.touch()
    assert collected(mesh, "--environment", "prod")["orphan_files"] == 1
    for name in ("dev", "prod"):
        assert len(mesh.rows("select * from sales.orders.orders", "--environment", name)) == 3
        assert len(mesh.rows("select * from finance.revenue.revenue", "--environment", name)) == 2


@pytest.mark.parametrize("how", ["another registry", "another path"])
def test_a_warehouse_that_others_know_otherwise_is_not_swept(tmp_path: Path, how: str) -> None:
    warehouse = tmp_path / "warehouse"
    one = shared(tmp_path, "one", "one", warehouse)
    one.run("apply", "--yes")
    (tmp_path / "link").symlink_to(warehouse)
    if how == "another registry":
        two = shared(tmp_path, "two", "two", warehouse)
    else:
        two = shared(tmp_path, "two", "one", tmp_path / "link")
    two.run("apply", "--yes")
    two.run("run")
    lost = warehouse / "sales/orders/orders/v1/data/lost.parquet"
    lost.touch()
    answer = collected(two, code=1)
    assert answer["orphan_files"] == 0
    assert "the warehouse also holds tables" in answer["problems"][0]
    assert "/.registries/" in answer["problems"][0]
    assert "Not done: files that nothing refers to" in " ".join(two.run("gc", code=1).text.split())
    assert lost.exists()
    assert len(one.rows("select * from sales.orders.orders")) == 3


def test_a_table_whose_metadata_cannot_be_read_loses_nothing(mesh: MeshFolder) -> None:
    (metadata,) = (
        mesh.root / file for file in mesh.files() if "/revenue/v1/metadata/" in file and "json" in file
    )
    text = metadata.read_text()
    metadata.write_text(text[:100])
    lose(mesh, "finance/revenue/revenue/v1/data/lost.parquet")
    lose(mesh, "sales/orders/orders/v1/data/lost.parquet")
    found = collected(mesh, "--now", code=1)
    assert found["orphan_files"] == 1
    assert [str(metadata) in problem for problem in found["problems"]] == [True]
    metadata.write_text(text)
    assert collected(mesh, "--now")["orphan_files"] == 1
    assert problems_of_storage(mesh) == []
