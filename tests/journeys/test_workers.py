"""Several products at a time: worker processes, and what happens when one of them dies."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, column, contract

from meshwright.experience.plan import apply as applying


def wide_mesh(root: Path, products: int = 5) -> MeshFolder:
    mesh = MeshFolder(root)
    for number in range(products):
        name = f"p{number}"
        mesh.product(
            f"lab/{name}",
            [contract(name, {name: [column("id", unique=True)]})],
            {f"{name}.sql": f"select range + {number} as id from range(10)\n"},
            outputs=[(name, "1.0.0", name)],
        )
    mesh.product(
        "lab/reader",
        [contract("reader", {"reader": [column("id")]})],
        {"reader.sql": "select id from p1.p1\n"},
        inputs=[("p1", "p1")],
        outputs=[("reader", "1.0.0", "reader")],
    )
    return mesh


def test_many_products_are_built_in_other_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = wide_mesh(tmp_path)
    seen = tmp_path / "processes"
    seen.mkdir()
    original = applying.run_product

    def noting(*arguments: Any) -> Any:
        (seen / str(os.getpid())).touch()
        return original(*arguments)

    monkeypatch.setattr(applying, "run_product", noting)
    outcomes = mesh.run("apply", "--yes", "--format", "json").data["outcomes"]
    assert [outcome["status"] for outcome in outcomes] == ["published"] * 6
    processes = {int(file.name) for file in seen.iterdir()}
    assert len(processes) == 2 and os.getpid() not in processes
    assert "follows" in mesh.run("facts", "--verify").out


def test_a_run_that_takes_its_process_down_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh = wide_mesh(tmp_path)
    original, parent = applying.run_product, os.getpid()

    def deadly(context: Any, product: Any, *more: Any) -> Any:
        if product.key.product == "p1" and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(context, product, *more)

    monkeypatch.setattr(applying, "run_product", deadly)
    answer = mesh.run("apply", "--yes", "--format", "json", code=1).data["outcomes"]
    status = {outcome["product"]: outcome["status"] for outcome in answer}
    assert status.pop("lab/p1") == "failed" and status.pop("lab/reader") == "blocked"
    assert set(status.values()) == {"published"}
    (error,) = [outcome["error"] for outcome in answer if outcome["status"] == "failed"]
    assert "SIGKILL" in error["what"] and error["way_out"]
    monkeypatch.undo()
    mesh.run("apply", "--yes")
    assert mesh.rows("select count(*) as n from lab.reader.reader") == [{"n": 10}]


def test_failures_come_back_from_other_processes_whole(tmp_path: Path) -> None:
    mesh = wide_mesh(tmp_path)
    model = tmp_path / "domains/lab/p3/models/p3.sql"
    model.write_text("select 1 as id from range(3)\n")
    answer = mesh.run("apply", "--yes", code=1)
    assert "p3.id.unique" in answer.text and "2 of 3 rows" in answer.text
