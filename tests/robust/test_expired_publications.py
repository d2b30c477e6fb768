"""After publications, rollbacks and expiry, storage holds what is referenced, and all of it."""

from __future__ import annotations

from pathlib import Path

from readers import seen
from references import problems_of_storage
from shop_mesh import OF_SALES, deliver, expected, shop_mesh


def test_after_many_publications_every_file_is_referenced_and_every_reference_exists(tmp_path: Path) -> None:
    mesh = shop_mesh(tmp_path / "mesh", retain=3)
    mesh.run("apply", "--yes")
    for number in range(2, 19):
        deliver(mesh, number)
        mesh.run("run", "--downstream", "shop/sales")
        if number in (8, 11, 17):
            mesh.run("gc")
            assert problems_of_storage(mesh) == []
    mesh.run("gc")
    assert problems_of_storage(mesh) == []
    new = expected(18)
    assert seen(mesh, *new) == new
    for path in ("sales", "latest", "totals", "scores", "landing__files__sales"):
        files = [file for file in mesh.files() if f"/shop/sales/{path}/v1/data/" in file]
        assert len(files) < 40


def test_a_rollback_followed_by_publications_leaves_nothing_behind(tmp_path: Path) -> None:
    mesh = shop_mesh(tmp_path / "mesh", retain=3)
    mesh.run("apply", "--yes")
    for number in range(2, 6):
        deliver(mesh, number)
        mesh.run("run", "--downstream", "shop/sales")
    mesh.run("rollback", "shop/sales", "--to", "3")
    assert seen(mesh) == {name: expected(3)[name] for name in OF_SALES}
    mesh.run("gc")
    assert problems_of_storage(mesh) == []
    for number in range(6, 9):
        deliver(mesh, number)
        mesh.run("run", "--downstream", "shop/sales")
        new = expected(number)
        assert seen(mesh, *new) == new
        mesh.run("gc")
        assert problems_of_storage(mesh) == []


def test_a_removed_product_leaves_no_file(tmp_path: Path) -> None:
    mesh = shop_mesh(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    folder = mesh.root / "domains" / "shop" / "report"
    folder.rename(tmp_path / "report")
    mesh.run("apply", "--yes", "--allow-destroy")
    assert problems_of_storage(mesh) == []
    assert not [file for file in mesh.files() if "/shop/report/" in file]
    assert seen(mesh) == {name: expected(1)[name] for name in OF_SALES}
