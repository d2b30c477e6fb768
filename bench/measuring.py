"""How the bench measures: whole processes, and the peers in virtual environments of their own."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".bench"
MESH = str(BENCH / "ours" / "bin" / "mesh")
PYTHON = str(BENCH / "ours" / "bin" / "python")


@dataclass(frozen=True)
class Row:
    """One line of the table: seconds, and how much of the peer's they may be."""

    work: str
    ours: float
    peer: float | None
    limit: float | None
    unit: str = "s"

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peer if self.peer else None

    @property
    def verdict(self) -> str:
        if self.limit is None or self.ratio is None:
            return ""
        return "ok" if self.ratio <= self.limit else "MISSED"


def timed(
    command: Sequence[str],
    folder: Path,
    before: Callable[[], object] = lambda: None,
    times: int = 3,
    succeeded: Callable[[str], bool] = lambda printed: True,
) -> float:
    """The median wall seconds of a command; it must succeed, also by what it prints."""
    return statistics.median(_once(command, folder, before, succeeded) for _ in range(times))


def by_turns(
    ours: Sequence[str], peer: Sequence[str], folder: Path, succeeded: Callable[[str], bool], times: int = 5
) -> tuple[float, float]:
    """The median wall seconds of two commands that run in turn, where a machine's drift would tell more
    than the difference; the first must succeed, also by what it prints."""
    pairs = [(_once(ours, folder, succeeded=succeeded), _once(peer, folder)) for _ in range(times)]
    first, second = zip(*pairs, strict=True)
    return statistics.median(first), statistics.median(second)


def _once(
    command: Sequence[str],
    folder: Path,
    before: Callable[[], object] = lambda: None,
    succeeded: Callable[[str], bool] = lambda printed: True,
) -> float:
    before()
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode or not succeeded(done.stdout):
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return seconds


def peak_memory(command: Sequence[str], folder: Path) -> float:
    """The peak resident bytes of a command."""
    probe = (
        "import resource, subprocess, sys; "
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) * 1024.0


def environment() -> dict[str, str]:
    """A cache of its own, so that cold means cold; no telemetry."""
    return {
        **os.environ,
        "XDG_CACHE_HOME": str(BENCH / "cache"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "False",
    }


def empty(*folders: Path) -> None:
    """Remove folders."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def install_ours() -> None:
    """Meshwright as a user has it: built and installed, without what only its developers need."""
    pip = [str(BENCH / "ours" / "bin" / "pip"), "--disable-pip-version-check", "install", "--quiet"]
    if not (BENCH / "ours").exists():
        subprocess.run([sys.executable, "-m", "venv", str(BENCH / "ours")], check=True)
    subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), str(ROOT)], check=True)
    subprocess.run([*pip, "--no-deps", "--force-reinstall", str(ROOT)], check=True)
    subprocess.run([MESH, "--help"], check=True, capture_output=True)


def peer_dbt() -> str:
    """dbt-core 1.11 with dbt-duckdb; 1.12 wants a download outside the package registry."""
    folder = BENCH / "dbt"
    if not (folder / "bin" / "dbt").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        packages = ["dbt-core==1.11.*", "dbt-duckdb==1.11.*"]
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", *packages], check=True)
    return str(folder / "bin" / "dbt")


def peer_environment(name: str, *packages: str) -> Path:
    """The programs of packages in a virtual environment of its own."""
    folder = BENCH / name
    if not (folder / "bin" / "pip").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    programs = folder / "bin"
    names = [package.split("==")[0] for package in packages]
    found = subprocess.run([str(programs / "pip"), "show", *names], capture_output=True, text=True)
    if found.returncode or found.stdout.count("Name: ") != len(names):
        subprocess.run([str(programs / "pip"), "install", "--quiet", *packages], check=True)
    return programs
