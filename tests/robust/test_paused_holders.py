"""A process that is paused past its lock, and woken when another one has published."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from children import end, start
from mesh_folder import MeshFolder
from readers import seen
from references import problems_of_storage
from shop_mesh import OF_SALES, deliver, expected, shop_mesh


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    """One publication, and locks that hold for a second."""
    mesh = shop_mesh(tmp_path_factory.mktemp("paused") / "mesh", lock_seconds=1)
    mesh.run("apply", "--yes")
    return mesh


def take_over(mesh: MeshFolder) -> None:
    """Publish as soon as the paused process's lock has expired."""
    for _ in range(200):
        answer = mesh.run("run", "shop/sales", code=None)
        if answer.code == 0:
            return
        assert "another run of shop/sales is under way" in answer.text
    raise AssertionError("the lock of the paused process did not expire")


@pytest.mark.parametrize("step", ["offered", "built", "verified", "publishing"])
def test_one_paused_past_its_lock_cannot_publish_and_harms_nobody(mesh: MeshFolder, step: str) -> None:
    number = len(seen(mesh, "sales")["sales"]) // 3 + 1
    deliver(mesh, number)
    paused = start(mesh.root, {"what": "stop", "step": step}, "run", "shop/sales")
    assert paused.stdout is not None
    assert paused.stdout.readline() == "stopped\n"
    take_over(mesh)
    new = {name: expected(number)[name] for name in OF_SALES}
    assert seen(mesh) == new
    os.kill(paused.pid, signal.SIGCONT)
    code, text = end(paused)
    assert code == 1
    assert "lost its lock" in text
    assert "Traceback" not in text
    assert seen(mesh) == new
    assert problems_of_storage(mesh) == []
    assert mesh.run("facts", "--verify").code == 0


def test_a_paused_holder_that_wakes_in_time_publishes(mesh: MeshFolder, tmp_path: Path) -> None:
    other = shop_mesh(tmp_path / "mesh", lock_seconds=600)
    other.run("apply", "--yes")
    deliver(other, 2)
    paused = start(other.root, {"what": "stop", "step": "verified"}, "run", "shop/sales")
    assert paused.stdout is not None
    assert paused.stdout.readline() == "stopped\n"
    answer = other.run("run", "shop/sales", code=1)
    assert "another run of shop/sales is under way" in answer.text
    other.run("gc")
    os.kill(paused.pid, signal.SIGCONT)
    assert end(paused)[0] == 0
    assert seen(other) == {name: expected(2)[name] for name in OF_SALES}
    assert problems_of_storage(other) == []
