"""What a run cost is told whole: its Python models, its memory, what it keeps in storage."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, column, contract, csv_server, custom

from meshwright.experience.runs.memory import ProcessMemory

BURN = """
import time
import pyarrow as pa

def model():
    while time.process_time() < 0.4:
        pass
    return pa.table({"id": [1]})
"""

HOLD = """
import pyarrow as pa

def model():
    held = bytearray(400 << 20)
    held[::4096] = b"x" * len(held[::4096])
    return pa.table({"id": [len(held)]})
"""


def lab(mesh: MeshFolder, name: str, file: str, model: str) -> None:
    mesh.product(
        f"lab/{name}",
        [contract(name, {name: [column("id")]})],
        {f"{name}.{file}": model},
        outputs=[(name, "1.0.0", name)],
    )


def finished(mesh: MeshFolder, product: str) -> dict[str, Any]:
    facts = mesh.run("facts", product, "--format", "json").data
    payload: dict[str, Any] = next(f["payload"] for f in facts if f["kind"] == "run.finished")
    return payload


def test_the_cpu_time_of_a_python_model_is_part_of_its_run(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    lab(mesh, "burner", "py", BURN)
    mesh.run("apply", "--yes")
    run = finished(mesh, "lab/burner")
    assert run["cost"]["cpu_seconds"] >= 0.4
    assert run["steps"]["transformed"]["cpu_seconds"] >= 0.4


@pytest.mark.parametrize("end", ["raise ValueError", "__import__('os').abort()"])
def test_a_python_model_that_fails_has_cost_what_it_took(tmp_path: Path, end: str) -> None:
    mesh = MeshFolder(tmp_path)
    lab(mesh, "burner", "py", BURN.replace("return", f"{end}  #"))
    mesh.run("apply", "--yes", code=1)
    assert finished(mesh, "lab/burner")["cost"]["cpu_seconds"] >= 0.4


def test_the_memory_of_a_python_model_shows_in_the_peak_of_its_run_only(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    lab(mesh, "holder", "py", HOLD)
    program = "import sys; from meshwright.cli.main import main; main(sys.argv[1:])"
    words = ["--directory", str(mesh.root), "apply", "--yes"]  # in a process that has held little so far
    subprocess.run([sys.executable, "-c", program, *words], check=True, capture_output=True, timeout=120)
    run = finished(mesh, "lab/holder")
    peaks = {name: step["peak_memory_bytes"] for name, step in run["steps"].items()}
    assert run["cost"]["peak_memory_bytes"] == peaks["transformed"] > 400 << 20
    assert max(peak for name, peak in peaks.items() if name != "transformed") < 400 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process reset its high-water mark")
def test_memory_that_an_earlier_run_gave_back_is_no_cost_of_a_later_one() -> None:
    memory = ProcessMemory()
    whole = memory.watch()
    first = memory.watch()
    held = bytearray(200 << 20)
    held[::4096] = b"x" * len(held[::4096])
    del held
    peak = first.peak()
    later = memory.watch()
    assert peak > 200 << 20
    assert later.peak() < peak - (100 << 20) and first.peak() < peak - (100 << 20)
    assert whole.peak() == peak  # which was there all the time


def data_bytes(mesh: MeshFolder) -> int:
    return sum((mesh.root / file).stat().st_size for file in mesh.files() if file.endswith(".parquet"))


def test_what_a_publication_keeps_in_storage_is_told_with_landings(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    columns = [column("id"), column("seen")]
    document = contract("events-file", {"events": columns}, servers=csv_server("data/events.csv"))
    document["schema"][0]["customProperties"] = custom(cursor="seen")
    mesh.csv("data/events.csv", "id,seen", "1,10", "2,11")
    mesh.product(
        "web/events",
        [document, contract("events", {"events": columns})],
        {"events.sql": "select id, seen from changes(files.events)\n"},
        inputs=[("files", "events-file")],
        outputs=[("events", "1.0.0", "events")],
        port_custom={"materialization": "append"},
    )
    mesh.run("apply", "--yes")
    first = finished(mesh, "web/events")["cost"]
    assert (first["rows_stored"], first["bytes_stored"]) == (4, data_bytes(mesh))
    mesh.csv("data/events.csv", "id,seen", "1,10", "2,11", "3,12")
    mesh.run("run", "web/events")
    second = finished(mesh, "web/events")["cost"]
    assert (second["rows_stored"], second["bytes_stored"]) == (6, data_bytes(mesh))
    assert first["bytes_written"] == first["bytes_stored"] and second["rows_written"] == 2
    newest, oldest = mesh.run("history", "web/events", "--format", "json").data["publications"]
    assert (newest["cost"], oldest["cost"]) == (second, first)
    shown = mesh.run("history", "web/events").out
    assert "CPU" in shown and "memory" in shown and "stored" in shown
