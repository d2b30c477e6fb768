"""Several products at a time: worker processes, and what happens when one of them dies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, column, contract

from meshwright.errors import BuildError
from meshwright.experience.runs.nursery import Nursery, forks_safely


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


PROGRAM = """
import os, signal, sys, threading
from pathlib import Path
from meshwright.cli.main import main
from meshwright import wiring
from meshwright.experience.plan import apply as applying

original, parent, seen = applying.run_product, os.getpid(), Path(sys.argv[1])

def noting(context, product, *more):
    (seen / str(os.getpid())).touch()
    if product.key.product == sys.argv[2] and os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(context, product, *more)

def forking():
    strangers = len(os.listdir("/proc/self/task")) - threading.active_count()
    (seen / f"strangers-{strangers}").touch()

def loading():
    import duckdb
    duckdb.connect().execute("SELECT count(*) FROM range(1000000)")  # which starts threads

if "threads" in sys.argv[2]:
    wiring.load_adapters = loading
os.register_at_fork(before=forking)
applying.run_product = noting
(seen / f"parent-{parent}").touch()
main(sys.argv[3:])
"""


def apply_elsewhere(mesh: MeshFolder, seen: Path, deadly: str, code: int) -> list[dict[str, Any]]:
    """The outcomes of `mesh apply` in a process of its own, where `deadly` takes its process down."""
    seen.mkdir()
    words = ["--directory", str(mesh.root), "apply", "--yes", "--format", "json"]
    program = [sys.executable, "-c", PROGRAM, str(seen), deadly, *words]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    outcomes: list[dict[str, Any]] = json.loads(done.stdout)["outcomes"]
    return outcomes


def test_many_products_are_built_in_other_processes(tmp_path: Path) -> None:
    mesh = wide_mesh(tmp_path / "mesh")
    outcomes = apply_elsewhere(mesh, tmp_path / "seen", deadly="", code=0)
    assert [outcome["status"] for outcome in outcomes] == ["published"] * 6
    names = {file.name for file in (tmp_path / "seen").iterdir()}
    names.remove("strangers-0")  # no thread of a native library is there at any fork
    (parent,) = [name for name in names if name.startswith("parent-")]
    processes = names - {parent}
    assert len(processes) == 2 and parent.removeprefix("parent-") not in processes
    assert "follows" in mesh.run("facts", "--verify").out


def test_what_has_threads_once_it_is_loaded_is_loaded_by_each_worker(tmp_path: Path) -> None:
    mesh = wide_mesh(tmp_path / "mesh")
    outcomes = apply_elsewhere(mesh, tmp_path / "seen", deadly="threads", code=0)
    assert [outcome["status"] for outcome in outcomes] == ["published"] * 6
    names = {file.name for file in (tmp_path / "seen").iterdir()}
    assert len(names) == 4 and "strangers-0" in names, "a parent, two workers, no thread at any fork"


def test_a_run_that_takes_its_process_down_fails_alone(tmp_path: Path) -> None:
    mesh = wide_mesh(tmp_path / "mesh")
    outcomes = apply_elsewhere(mesh, tmp_path / "seen", deadly="p1", code=1)
    status = {outcome["product"]: outcome["status"] for outcome in outcomes}
    assert status.pop("lab/p1") == "failed" and status.pop("lab/reader") == "blocked"
    assert set(status.values()) == {"published"}
    (error,) = [outcome["error"] for outcome in outcomes if outcome["status"] == "failed"]
    assert "SIGKILL" in error["what"] and error["way_out"]
    mesh.run("apply", "--yes")
    assert mesh.rows("select count(*) as n from lab.reader.reader") == [{"n": 10}]


def test_a_nursery_that_has_ended_is_told_of(tmp_path: Path) -> None:
    with Nursery() as nursery:
        nursery._process.kill()
        nursery._process.join()
        with pytest.raises(BuildError, match="the process that starts builds has ended"):
            nursery.hire()


def test_failures_come_back_from_other_processes_whole(tmp_path: Path) -> None:
    mesh = wide_mesh(tmp_path / "mesh")
    model = tmp_path / "mesh/domains/lab/p3/models/p3.sql"
    model.write_text("select 1 as id from range(3)\n")
    outcomes = apply_elsewhere(mesh, tmp_path / "seen", deadly="", code=1)
    (failed,) = [outcome for outcome in outcomes if outcome["status"] == "failed"]
    assert "p3.id.unique" in failed["error"]["what"] and "2 of 3 rows" in failed["error"]["what"]


def test_a_process_that_has_used_an_engine_builds_in_threads(tmp_path: Path) -> None:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 4")
    connection.execute("SELECT count(*) FROM range(1000000)").fetchall()
    assert not forks_safely()
    mesh = wide_mesh(tmp_path)
    mesh.run("apply", "--yes")
    assert mesh.rows("select count(*) as n from lab.reader.reader") == [{"n": 10}]
