"""The main job in a minute: from declarations to published data, and a bad delivery that is stopped.

    python examples/premium-offices/demo.py [FOLDER]

Makes a working copy of the mesh in FOLDER (`.mesh/demo` when left out; an older copy is replaced),
starts the operational systems there, and types the commands that a user would type.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "operations"))

from generate import bad_batch, generate
from systems import load_crm, systems

HERE = Path(__file__).resolve().parent
LINE = 78
OPEN_DEALS = """\
SELECT b.city, count(*) AS open_deals, sum(d.yearly_rent_eur) AS expected_rent_eur
FROM brokerage.deals.deals AS d
JOIN assets.buildings.spaces AS s ON s.space_id = d.space_id
JOIN assets.buildings.buildings AS b ON b.building_id = s.building_id
WHERE d.stage NOT IN ('signed', 'lost')
GROUP BY b.city ORDER BY open_deals DESC"""
LEASES = """\
SELECT count(*) AS leases, min(rent_eur_sqm_year) AS lowest_rent, max(recorded_on) AS newest
FROM leasing.leases.leases"""


class DemoFailed(Exception):
    """A command did not end as the demo promises."""


class Demo:
    """Types commands in a working copy."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**os.environ, "COLUMNS": "110", **environment}
        beside = Path(sys.executable).parent / "mesh"
        self.mesh = str(beside) if beside.exists() else shutil.which("mesh") or "mesh"

    def type(self, *words: str, expect: int = 0) -> None:
        """Print a `mesh` command, run it, and demand its exit code."""
        shown = " ".join(f'"{word}"' if " " in word else word for word in words)
        print(f"\n$ mesh {shown}", flush=True)
        done = subprocess.run([self.mesh, *words], cwd=self.folder, env=self.environment, check=False)
        if done.returncode != expect:
            raise DemoFailed(f"`mesh {words[0]}` ended with {done.returncode}, not {expect}")


def say(title: str, text: str = "") -> None:
    """A heading of the demo's own, and a sentence."""
    print(f"\n── {title} {'─' * max(0, LINE - len(title) - 4)}")
    if text:
        print(text)


def working_copy(folder: Path) -> None:
    """A fresh copy of the mesh in `folder`.

    Raises:
        DemoFailed: `folder` holds something that no demo made.
    """
    marker = folder / ".demo"
    if folder.exists() and any(folder.iterdir()):
        if not marker.exists():
            raise DemoFailed(f"{folder} is not empty and not from a demo; name another folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    marker.touch()
    shutil.copy(HERE / "mesh.yaml", folder)
    for part in ("domains", "operations"):
        shutil.copytree(HERE / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))


def demo(folder: Path) -> None:
    """Everything, in order."""
    started = time.perf_counter()
    say("Premium Offices", f"Buildings in five cities, one mesh of five domains. Working copy: {folder}")
    working_copy(folder)
    operations = folder / ".mesh" / "operations"
    operations.mkdir(parents=True)
    rows = generate(operations)
    with systems(operations) as environment:
        print(f"Operational systems are up: PostgreSQL (CRM), CSV drops, a market data API; {rows:,} rows.")
        mesh = Demo(folder, environment)
        say("1  From declarations to published data")
        mesh.type("validate")
        mesh.type("apply", "--environment", "dev", "--yes")
        mesh.type("status")
        say("2  One query across two domains")
        mesh.type("query", OPEN_DEALS)
        say(
            "3  A bad delivery arrives",
            "In the lease register: 12 negative rents, 5 leases sent twice, 3 in spaces that nobody owns.\n"
            "In the CRM: 9 deals in a stage that no process knows.",
        )
        bad_batch(operations)
        load_crm(operations, environment)
        mesh.type("run", "leasing/leases", "brokerage/deals", "--downstream", expect=1)
        say("4  Consumers still read the previous publication")
        mesh.type("query", LEASES)
        mesh.type("history", "leasing/leases")
    say("What to try next", f"cd {folder}")
    print(NEXT)
    print(f"\nThat took {time.perf_counter() - started:.0f} seconds.")


NEXT = """\
python operations/generate.py --repair                           withdraw the bad delivery, then
python operations/systems.py -- mesh run leasing/leases brokerage/deals --downstream
python operations/systems.py                                     a shell in which the systems are up
mesh test                                                        the unit tests of the models
mesh show mesh://premium_offices/brokerage/broker_cockpit/cockpit@1
mesh query "FROM brokerage.broker_cockpit.vacancy ORDER BY vacancy_rate DESC"
edit domains/brokerage/deals/contracts/deals_v2.yaml, remove a column, and ask: mesh plan"""


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path(".mesh/demo"))
    folder = parser.parse_args().folder.resolve()
    try:
        demo(folder)
    except DemoFailed as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
