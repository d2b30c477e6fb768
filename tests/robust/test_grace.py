"""Files go when nobody can be reading them any more: after a grace, and after the run that reads them."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from children import end, start
from mesh_folder import MeshFolder, orders_mesh
from pyiceberg.catalog.sql import SqlCatalog
from readers import registry_file, seen
from references import problems_of_storage
from shop_mesh import OF_SALES, deliver, expected, shop_mesh


def sql(mesh: MeshFolder, statement: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(registry_file(mesh))) as registry, registry:
        return registry.execute(statement, values).fetchall()


def let_pass(mesh: MeshFolder, seconds: float) -> None:
    """Let that much time go by since files were doomed, as the registry sees it."""
    sql(mesh, "update mesh_doomed set since = since - ?", seconds)


def collected(mesh: MeshFolder, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = mesh.run("gc", "--format", "json", *words).data
    return found


def replaced(tmp_path: Path, **settings: Any) -> tuple[MeshFolder, Any]:
    """A mesh whose first publication is forgotten, and a table that was opened before that."""
    mesh = shop_mesh(tmp_path / "mesh", retain=1, **settings)
    mesh.run("apply", "--yes")
    catalogue = SqlCatalog("dev", uri=f"sqlite:///{registry_file(mesh)}")
    table = catalogue.load_table(("shop", "sales", "totals@1"))
    catalogue.close()
    deliver(mesh, 2)
    mesh.run("run", "shop/sales")
    return mesh, table


def test_a_reader_that_began_before_the_expiry_reads_on_until_the_grace_is_over(tmp_path: Path) -> None:
    mesh, table = replaced(tmp_path, grace_seconds=3600)
    found = collected(mesh)
    assert found["removed_files"] == found["orphan_files"] == 0
    assert found["waiting_files"] > 0
    assert table.scan().to_arrow().num_rows == len(expected(1)["totals"])
    let_pass(mesh, 3000)
    mesh.run("gc")
    assert table.scan().to_arrow().num_rows == len(expected(1)["totals"])
    let_pass(mesh, 3000)
    assert collected(mesh)["waiting_files"] == 0
    assert not Path(table.metadata_location).exists()
    assert problems_of_storage(mesh) == []
    assert seen(mesh) == {name: expected(2)[name] for name in OF_SALES}


def test_any_later_start_deletes_what_has_waited_long_enough(tmp_path: Path) -> None:
    mesh, table = replaced(tmp_path, grace_seconds=3600)
    mesh.run("gc")
    mesh.run("run", "shop/report")
    assert Path(table.metadata_location).exists()
    let_pass(mesh, 3601)
    mesh.run("run", "shop/report")
    assert not Path(table.metadata_location).exists()


def test_now_means_now_and_the_answer_says_what_waits_and_until_when(tmp_path: Path) -> None:
    mesh, table = replaced(tmp_path)
    settings = mesh.root / "mesh.yaml"
    settings.write_text(settings.read_text().replace('"grace_seconds": 0', '"grace_seconds": 7200'))
    mesh.run("gc")
    sql(mesh, "update mesh_doomed set since = 4000000000")
    count = sql(mesh, "select count(*) from mesh_doomed")[0][0]
    found = collected(mesh)
    assert (found["waiting_files"], found["waiting_until"]) == (count, "2096-10-02T09:06:40.000000Z")
    text = " ".join(mesh.run("gc").text.replace("\u00a0", " ").split())
    assert "Removed 0 files." in text
    told = "files of expired publications or removed products stay until 2096-10-02 09:06:40 UTC"
    assert f"{count} {told}" in text
    assert "`mesh gc --now` does not wait" in text
    found = collected(mesh, "--now")
    assert found["removed_files"] > count, "manifests go with their metadata"
    assert (found["waiting_files"], found["waiting_until"], found["orphan_files"]) == (0, None, 0)
    assert not Path(table.metadata_location).exists()
    assert problems_of_storage(mesh) == []


def test_a_removed_product_can_be_read_for_the_grace(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    (mesh.root / "domains/finance/revenue").rename(tmp_path / "revenue")
    before = {file for file in mesh.files() if "/revenue/" in file}
    mesh.run("apply", "--yes", "--allow-destroy")
    mesh.run("run")
    assert {file for file in mesh.files() if "/revenue/" in file} == before
    let_pass(mesh, 3601)
    mesh.run("run")
    assert not {file for file in mesh.files() if "/revenue/" in file}
    assert problems_of_storage(mesh) == []


def test_manifests_that_a_waiting_table_shares_with_an_older_one_wait_with_it(tmp_path: Path) -> None:
    mesh = shop_mesh(tmp_path / "mesh", retain=1, grace_seconds=3600)
    mesh.run("apply", "--yes")
    deliver(mesh, 2)
    mesh.run("run", "shop/sales")
    mesh.run("gc")
    catalogue = SqlCatalog("dev", uri=f"sqlite:///{registry_file(mesh)}")
    second = catalogue.load_table(("shop", "sales", "sales@1"))
    catalogue.close()
    let_pass(mesh, 3000)
    (mesh.root / "domains/shop/report").rename(tmp_path / "report")
    (mesh.root / "domains/shop/sales").rename(tmp_path / "sales")
    mesh.run("apply", "--yes", "--allow-destroy")
    let_pass(mesh, 1000)  # the first publication's files may go; the second shares manifests with it
    assert collected(mesh)["removed_files"] > 0
    assert second.scan().to_arrow().num_rows == len(expected(2)["sales"])


def test_a_run_that_lasts_longer_than_the_grace_keeps_its_inputs(tmp_path: Path) -> None:
    mesh = shop_mesh(tmp_path / "mesh", retain=1, lock_seconds=600)
    mesh.run("apply", "--yes")
    deliver(mesh, 2)
    mesh.run("run", "shop/sales")
    fault = {"what": "stop", "step": "intended", "product": "shop/report"}
    paused = start(mesh.root, fault, "run", "shop/report")
    assert paused.stdout is not None
    assert paused.stdout.readline() == "stopped\n"
    for number in (3, 4):
        deliver(mesh, number)
        mesh.run("run", "shop/sales")
    mesh.run("gc", "--now")
    kept = mesh.run("history", "shop/sales", "--format", "json").data["publications"]
    assert [row["number"] for row in kept] == [4, 2], "the one that is read, and none between"
    os.kill(paused.pid, signal.SIGCONT)
    code, text = end(paused)
    assert code == 0, text
    assert seen(mesh, "report")["report"] == expected(2)["report"]
    mesh.run("gc", "--now")
    assert problems_of_storage(mesh) == []
    mesh.run("run", "shop/report")
    assert seen(mesh, "report")["report"] == expected(4)["report"]


def test_an_input_that_was_forgotten_before_the_run_said_that_it_reads_it_is_looked_up_again(
    tmp_path: Path,
) -> None:
    mesh = shop_mesh(tmp_path / "mesh", retain=1, lock_seconds=600)
    mesh.run("apply", "--yes")
    place = {"call": "meshwright.adapters.registry.registry:SqlRegistry.begin"}
    paused = start(mesh.root, {"what": "stop", **place}, "run", "shop/report")
    assert paused.stdout is not None
    assert paused.stdout.readline() == "stopped\n"
    deliver(mesh, 2)
    mesh.run("run", "shop/sales")
    mesh.run("gc", "--now")
    os.kill(paused.pid, signal.SIGCONT)
    code, text = end(paused)
    assert code == 0, text
    assert seen(mesh, "report")["report"] == expected(2)["report"]
