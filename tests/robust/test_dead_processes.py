"""Telling on the same machine whether the process that holds something still lives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from mesh_folder import orders_mesh

from meshwright.provisioning.processes import SPILL, is_dead, process_name

ASK = "from meshwright.provisioning.processes import process_name; print(process_name())"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process started")


@pytest.fixture(scope="module")
def ended() -> str:
    """The name of a process that is no more."""
    return subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_an_ended_process_is_dead_and_this_one_is_not(ended: str) -> None:
    assert is_dead(ended)
    assert not is_dead(process_name())


def test_a_process_id_that_was_given_to_another_process_is_dead() -> None:
    machine, pid, start = process_name().rsplit("-", 2)
    assert is_dead(f"{machine}-{pid}-{int(start) - 1}")


def test_nothing_is_said_of_processes_elsewhere(ended: str) -> None:
    machine, pid, start = ended.rsplit("-", 2)
    assert not is_dead(f"{machine[:-1]}{'0' if machine[-1] != '0' else '1'}-{pid}-{start}")
    assert not is_dead(f"other-{ended}")
    assert not is_dead("somebody")
    assert not is_dead("")


def test_what_a_dead_process_spilled_goes_and_what_a_living_one_spilled_stays(
    tmp_path: Path, ended: str
) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    scratch = tmp_path / ".mesh/dev/scratch"
    for name in (ended, process_name()):
        (scratch / f"{SPILL}{name}").mkdir(parents=True)
        (scratch / f"{SPILL}{name}" / "block.tmp").touch()
    mesh.run("gc")
    assert [place.name for place in scratch.iterdir()] == [f"{SPILL}{process_name()}"]
