"""The main job in a minute: from declarations to published data, and a bad delivery that is stopped.

    python examples/premium-offices/demo.py [FOLDER] [--scale 1] [--no-serve]

Makes a working copy of the mesh in FOLDER (`.mesh/demo` when left out; an older copy is replaced),
starts the operational systems there, and types the commands that a user would type. In the end the
marketplace runs in the background; the next demo in the same folder ends it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "operations"))

from generate import bad_batch, generate, yesterday
from systems import load_crm, systems

HERE = Path(__file__).resolve().parent
WIDTH = 100
SERVER = ".mesh/server.pid"
SERVER_LOG = ".mesh/server.log"
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
        width = str(min(shutil.get_terminal_size((WIDTH, 0)).columns, 120))
        self.environment = {**os.environ, "COLUMNS": width, **environment}
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
    """A heading of the demo's own, and what it is about."""
    line = "\u2500" if sys.stdout.isatty() else "-"
    print(f"\n{line * 2} {title} {line * (WIDTH - len(title) - 4)}")
    if text:
        print(text, flush=True)


def working_copy(folder: Path) -> None:
    """A fresh copy of the mesh in `folder`.

    Raises:
        DemoFailed: `folder` holds something that no demo made.
    """
    marker = folder / ".demo"
    if folder.exists() and any(folder.iterdir()):
        if not marker.exists():
            raise DemoFailed(f"{folder} is not empty and not from a demo; name another folder")
        end_marketplace(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    marker.touch()
    shutil.copy(HERE / "mesh.yaml", folder)
    for part in ("domains", "operations"):
        shutil.copytree(HERE / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))


def start_marketplace(mesh: Demo) -> tuple[str, int]:
    """Start `mesh serve` in the background, at its own port or at one that is free; its address and process.

    Raises:
        DemoFailed: it does not answer within half a minute.
    """
    log = mesh.folder / SERVER_LOG
    for port in ("8800", "0"):
        with log.open("w") as output:
            server = subprocess.Popen(
                [mesh.mesh, "serve", "--port", port],
                cwd=mesh.folder,
                env={**mesh.environment, "COLUMNS": "200"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        (mesh.folder / SERVER).write_text(str(server.pid))
        until = time.monotonic() + 30
        while time.monotonic() < until and server.poll() is None:
            said = re.search(r"http://\S+:\d+", log.read_text())
            with suppress(OSError):
                if said and urllib.request.urlopen(f"{said[0]}/", timeout=5).status == 200:
                    return said[0], server.pid
            time.sleep(0.05)
    raise DemoFailed(f"the marketplace does not answer; {log} may tell why")


def end_marketplace(folder: Path) -> None:
    """End the server that an older demo in `folder` left, if that is what runs under its number."""
    try:
        server = int((folder / SERVER).read_text())
        named = ["ps", "-p", str(server), "-o", "command="]
        if "serve" in subprocess.run(named, capture_output=True, text=True, check=False).stdout.split():
            os.kill(server, signal.SIGTERM)
    except (OSError, ValueError):
        return


def demo(folder: Path, scale: float, serve: bool = True) -> None:
    """Everything, in order."""
    started = time.perf_counter()
    say("Premium Offices", OPENING)
    working_copy(folder)
    operations = folder / ".mesh" / "operations"
    operations.mkdir(parents=True)
    rows = generate(operations, scale, first=yesterday())
    with systems(operations) as environment:
        print(f"Their operational systems are up, with {rows:,} rows. The mesh is in {folder}")
        mesh = Demo(folder, environment)
        say("1  From declarations to published data", APPLYING)
        mesh.type("validate")
        mesh.type("apply", "--yes")
        say("2  What was published, and where")
        mesh.type("status")
        before = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        say("3  One question to two domains", "Brokerage knows the deals, assets the buildings.")
        mesh.type("query", OPEN_DEALS)
        say("4  A bad delivery", BAD_DELIVERY)
        bad_batch(operations)
        load_crm(operations, environment)
        mesh.type("run", "leasing/leases", "brokerage/deals", "--downstream", expect=1)
        say("5  Consumers still read what was published before", "No negative rent, nothing of the bad day:")
        mesh.type("query", LEASES)
        mesh.type("history", "leasing/leases")
        say("6  What the brokers see on Monday", DASHBOARD)
        mesh.type("dashboard", "export", "brokerage/broker_cockpit", "--out", "monday_morning.html")
    if serve:
        say("7  The marketplace", MARKETPLACE)
        address, server = start_marketplace(mesh)
        print(f"\n    {address}\n\nIt runs until you type: kill {server}")
    say("What to try next")
    print(*what_next(folder, before), sep="\n")
    print(f"\nThat took {time.perf_counter() - started:.0f} seconds.")


OPENING = """\
A company that lets offices: five domains, twelve data products. Its data sit in a PostgreSQL (the
brokers' CRM), in CSV files that other systems drop, and behind a market data provider's JSON API."""
APPLYING = """\
`apply` shows the plan, then builds each product, checks the result against its contracts, and only
then publishes it."""
BAD_DELIVERY = """\
The lease register sends 12 negative rents, 5 leases twice and 3 in spaces that nobody owns; in the
CRM, 9 deals are in a stage that no process knows. The contracts of both products say otherwise."""
DASHBOARD = """\
A dashboard is declared with the product whose tables it shows. Here it is as one file that any
browser opens; it holds what was published before the bad delivery."""
MARKETPLACE = """\
Everybody finds products there, what they promise and whether they keep it, where each column comes
from, and the brokers' dashboard. It is `mesh serve`, in the background:"""


def what_next(folder: Path, before: str) -> Iterator[str]:
    """Lines with commands that work in the folder; `before` is a time before the bad delivery."""
    yield f"cd {folder}"
    if sys.prefix != sys.base_prefix and os.environ.get("VIRTUAL_ENV") != sys.prefix:
        yield f"source {Path(sys.prefix) / 'bin' / 'activate'}"
    for text, commands in NEXT:
        yield f"\n# {text}"
        yield from (command.replace("BEFORE", before) for command in commands)


CONTRACT = "domains/brokerage/deals/contracts/deals_v2.yaml"
NEXT = (
    (
        "withdraw the bad delivery, and build what waits for it",
        (
            "python operations/generate.py --repair",
            "python operations/systems.py -- mesh run leasing/leases brokerage/deals --downstream",
        ),
    ),
    (
        "let three days pass; then see what a reader saw before, and what changed",
        (
            "python operations/generate.py --day 3",
            "python operations/systems.py -- mesh run",
            'mesh query "SELECT max(recorded_on) FROM leasing.leases.leases"',
            'mesh query "SELECT max(recorded_on) FROM leasing.leases.leases" --as-of BEFORE',
        ),
    ),
    (
        "look around: a product and its promises; what a broker reads; unit tests of the models",
        (
            "mesh show brokerage/broker_cockpit",
            'mesh query "FROM brokerage.broker_cockpit.vacancy ORDER BY vacancy_rate DESC"',
            "mesh test",
        ),
    ),
    (
        "change the brokers' dashboard and see it change: dashboards/monday_morning.yaml of the product",
        ("mesh dashboard preview brokerage/broker_cockpit",),
    ),
    (
        f"break a promise in {CONTRACT}:\n"
        "# make decimal(14,2) a decimal(12,2), and the plan names the consumer that it hits;\n"
        "# remove the column yearly_rent_eur, and you get the line of the model that reads it",
        ("mesh plan",),
    ),
    ("a shell in which the operational systems are up", ("python operations/systems.py",)),
)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path(".mesh/demo"))
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 60 buildings and some 42,000 rows")
    parser.add_argument("--no-serve", action="store_true", help="leave no marketplace running")
    options = parser.parse_args()
    try:
        demo(options.folder.resolve(), options.scale, not options.no_serve)
    except DemoFailed as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
