"""Disks that are full, storage that cannot be read, sources that break: a clear error, nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_serving import Reply, serving
from children import Nursery
from mesh_folder import MeshFolder, column, contract, custom, orders_mesh
from references import problems_of_storage

ORDERS = "select count(*) as n, sum(amount) as amount from sales.orders.orders"
BEFORE = [{"n": 3, "amount": 35.5}]
Mount = Callable[[Path, int], None]


@pytest.fixture
def mesh(tmp_path: Path) -> MeshFolder:
    """Two products, published once."""
    found = orders_mesh(tmp_path / "mesh")
    found.run("apply", "--yes")
    return found


@pytest.fixture
def small_disk() -> Iterator[Mount]:
    """Puts a folder on a disk of its own with that many bytes."""
    mounted: list[Path] = []

    def mount(folder: Path, size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("only a user who may mount file systems can make a small disk")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def more_orders(mesh: MeshFolder, count: int = 40_000) -> None:
    """A delivery that does not compress well."""
    names = (os.urandom(16).hex() for _ in range(count))
    mesh.csv("data/orders.csv", "id,customer,amount", *(f"{n},{name},1" for n, name in enumerate(names)))


def assert_refused(answer: tuple[int, str], *words: str, codes: tuple[int, ...] = (1,)) -> None:
    code, text = answer
    assert code in codes, text
    assert "Traceback" not in text
    flat = " ".join(text.split())
    for word in words:
        assert word in flat, text


def run(mesh: MeshFolder, *words: str) -> tuple[int, str]:
    answer = mesh.run(*words, code=None)
    return answer.code, answer.text


def assert_untouched(mesh: MeshFolder) -> None:
    assert mesh.rows(ORDERS) == BEFORE
    assert problems_of_storage(mesh) == []
    assert mesh.run("facts", "--verify").code == 0


# --- disks


def test_a_warehouse_on_a_full_disk(tmp_path: Path, small_disk: Mount) -> None:
    mesh = orders_mesh(tmp_path / "mesh")
    small_disk(mesh.root / ".mesh/dev/warehouse", 300_000)
    mesh.run("apply", "--yes")
    more_orders(mesh)
    assert_refused(run(mesh, "run", "sales/orders"), "No space left", "free space on the disk")
    assert_untouched(mesh)


def test_a_scratch_folder_on_a_full_disk(tmp_path: Path, small_disk: Mount) -> None:
    mesh = orders_mesh(tmp_path / "mesh")
    small_disk(mesh.root / ".mesh/dev/scratch", 300_000)
    mesh.run("apply", "--yes")
    more_orders(mesh)
    assert_refused(run(mesh, "run", "sales/orders"), "No space left", "free space")
    assert_untouched(mesh)


@pytest.mark.parametrize("place", ["warehouse", ""], ids=["the warehouse", "warehouse and registry"])
def test_a_disk_that_is_full_when_the_publication_is_sealed(
    tmp_path: Path, small_disk: Mount, nursery: Nursery, place: str
) -> None:
    mesh = orders_mesh(tmp_path / "mesh")
    disk = mesh.root / ".mesh/dev" / place
    small_disk(disk, 4 << 20)
    mesh.run("apply", "--yes")
    filler = disk / "filler"
    fault = {"what": "fill", "place": str(filler), "step": "verified", "product": "sales/orders"}
    assert_refused(nursery.run(mesh.root, fault, "run", "sales/orders"), "way out")
    assert mesh.rows(ORDERS) == BEFORE
    filler.unlink()
    mesh.run("gc")
    assert_untouched(mesh)
    mesh.run("run", "sales/orders")


# --- storage that is not there


def test_a_warehouse_that_cannot_be_made(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    settings = {"mesh": "acme", "environments": {"dev": {"warehouse": "data/orders.csv/warehouse"}}}
    (tmp_path / "mesh.yaml").write_text(json.dumps(settings))
    assert_refused(
        run(mesh, "apply", "--yes"), "the warehouse folder", "Not a directory", "`warehouse` setting"
    )


@pytest.mark.parametrize("words", [("run", "sales/orders"), ("run", "finance/revenue"), ("query", ORDERS)])
def test_a_warehouse_that_vanished(mesh: MeshFolder, words: tuple[str, ...]) -> None:
    warehouse = mesh.root / ".mesh/dev/warehouse"
    warehouse.rename(mesh.root / "elsewhere")
    warehouse.write_text("not a folder")
    assert_refused(run(mesh, *words), "way out", codes=(1, 2))
    warehouse.unlink()
    (mesh.root / "elsewhere").rename(warehouse)
    mesh.run("gc")
    assert_untouched(mesh)


def frozen(folder: Path, yes: bool) -> bool:
    """Forbid or allow changes below a folder; whether this user may say so."""
    command = ["chattr", "-R", "+i" if yes else "-i", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_files_that_a_failed_run_could_not_remove_go_at_the_next_start(
    mesh: MeshFolder, nursery: Nursery
) -> None:
    warehouse = mesh.root / ".mesh/dev/warehouse"
    if not frozen(warehouse, False):
        pytest.skip("only a user who may freeze folders can make one unwritable for this user")
    fault = {"what": "freeze", "place": str(warehouse), "step": "verified", "product": "sales/orders"}
    try:
        answer = nursery.run(mesh.root, fault, "run", "sales/orders")
        left = problems_of_storage(mesh)
    finally:
        assert frozen(warehouse, False)
    assert_refused(answer, "could not be sealed", "check that the warehouse is writable")
    assert mesh.rows(ORDERS) == BEFORE
    assert len([text for text in left if text.startswith("unreferenced")]) == 1
    mesh.run("gc")
    assert_untouched(mesh)


# --- damaged files


def damage(file: Path, how: str) -> None:
    """Damage a Parquet file; its last eight bytes tell how long its footer is."""
    data = file.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    match how:
        case "cut":
            data = data[: len(data) // 2]
        case "empty":
            data = b""
        case "garbled rows":
            data = data[:4] + b"\xa5" * (footer - 4) + data[footer:]
        case "garbled footer":
            data = data[:footer] + b"\xa5" * 40 + data[footer + 40 :]
    file.write_bytes(data)


HOW = ["cut", "empty", "garbled rows", "garbled footer"]


@pytest.mark.parametrize("how", HOW)
def test_a_damaged_file_in_the_warehouse_stops_its_consumers(mesh: MeshFolder, how: str) -> None:
    (file,) = (mesh.root / path for path in mesh.files() if "/orders/v1/data/" in path)
    whole = file.read_bytes()
    damage(file, how)
    assert_refused(run(mesh, "run", "finance/revenue"), "way out")
    assert_refused(run(mesh, "query", ORDERS), "way out", codes=(1, 2))
    assert mesh.rows("select count(*) as n from finance.revenue.revenue") == [{"n": 2}]
    file.write_bytes(whole)
    assert_untouched(mesh)


@pytest.mark.parametrize("how", HOW)
def test_a_damaged_file_at_a_source(tmp_path: Path, how: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    mesh = source_mesh(
        tmp_path / "mesh", [{"server": "s", "type": "local", "path": "data/x.parquet", "format": "parquet"}]
    )
    file = mesh.root / "data" / "x.parquet"
    file.parent.mkdir()
    pq.write_table(pa.table({"id": range(1000), "name": [os.urandom(8).hex() for _ in range(1000)]}), file)
    mesh.run("apply", "--yes")
    damage(file, how)
    assert_refused(run(mesh, "run", "web/rows"), "x.parquet", "way out")
    assert mesh.rows("select count(*) as n from web.rows.rows") == [{"n": 1000}]
    assert problems_of_storage(mesh) == []


# --- sources that go away


def source_mesh(root: Path, servers: list[dict[str, Any]], **settings: Any) -> MeshFolder:
    """One product that reads one object of a source."""
    mesh = MeshFolder(root, "acme", **settings)
    columns = [column("id"), column("name", "string")]
    mesh.product(
        "web/rows",
        [contract("there", {"rows": columns}, servers=servers), contract("rows", {"rows": columns})],
        {"rows.sql": "select id, name from there.rows\n"},
        inputs=[("there", "there")],
        outputs=[("rows", "1.0.0", "rows")],
    )
    return mesh


def test_an_api_that_hangs_up_in_the_middle(tmp_path: Path) -> None:
    broken: list[bool] = []

    def answer(request: Any) -> Reply:
        number = int(request.params.get("page", 1))
        page = [{"id": number * 100 + n, "name": "x"} for n in range(100)]
        return Reply(page if number < 4 else [], cut=bool(broken) and number == 3)

    with serving() as new_api:
        api = new_api(answer)
        server = {"server": "s", "type": "api", "location": api.url}
        server["customProperties"] = custom(path="rows", paging={"kind": "page"}, retries=0)  # type: ignore[assignment]
        mesh = source_mesh(tmp_path / "mesh", [server])
        mesh.run("apply", "--yes")
        broken.append(True)
        assert_refused(run(mesh, "run", "web/rows"), "lost in the middle of an answer")
    assert mesh.rows("select count(*) as n from web.rows.rows") == [{"n": 300}]
    assert problems_of_storage(mesh) == []


def test_a_database_that_ends_the_connection_in_the_middle(tmp_path: Path, postgres_database: Any) -> None:
    view = (
        "CREATE OR REPLACE VIEW rows AS SELECT n::bigint AS id, {} AS name FROM generate_series(1, 300000) n"
    )
    postgres_database.execute(view.format("'x'::text"))
    server = {
        "server": "s",
        "type": "postgres",
        "host": postgres_database.host,
        "port": postgres_database.port,
        "database": postgres_database.name,
        "schema": "public",
    }
    user = {"dev": {"secrets": {"s": {"user": "env:TEST_USER", "password": "env:TEST_PASSWORD"}}}}
    mesh = source_mesh(tmp_path / "mesh", [server], environments=user)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_USER", postgres_database.user)
        patch.setenv("TEST_PASSWORD", "unused")
        mesh.run("apply", "--yes")
        end = "CASE WHEN n = 250000 THEN pg_terminate_backend(pg_backend_pid())::text ELSE 'x' END"
        postgres_database.execute(view.format(end))
        assert_refused(run(mesh, "run", "web/rows"), "way out")
    assert mesh.rows("select count(*) as n from web.rows.rows") == [{"n": 300_000}]
    assert problems_of_storage(mesh) == []
