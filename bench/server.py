"""Pages of a mesh of many products: how long each takes, and what the server holds.

python server.py FOLDER
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 60
START_SECONDS = 120

KINDS = {
    "home": "/",
    "domain": "/mesh/{d}",
    "product": "/mesh/{d}/{p}",
    "ports": "/mesh/{d}/{p}/ports",
    "quality": "/mesh/{d}/{p}/quality",
    "lineage": "/mesh/{d}/{p}/lineage",
    "versions": "/mesh/{d}/{p}/versions",
    "runs": "/mesh/{d}/{p}/runs",
    "policies": "/mesh/{d}/{p}/policies",
    "contract": "/mesh/{d}/{p}/{p}@1",
    "table": "/mesh/{d}/{p}/{p}@1/{p}",
    "column": "/mesh/{d}/{p}/{p}@1/{p}/c{n}",
    "search": "/search?q=product+p{number}+c{n}",
    "suggestions": "/search/suggestions?q=p{number}",
    "map": "/map",
    "map of a domain": "/map?domain={d}",
    "governance": "/governance",
    "portfolio": "/portfolio?page={n}",
    "operations": "/operations",
}
"""Pages by kind; a product, a domain and a number are filled in."""


def main(folder: Path) -> None:
    """Print seconds by kind of page, and bytes, as JSON."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", "from meshwright.cli.main import entry; entry()", "serve", "--port", "0"]
    began = time.perf_counter()
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", server.stdout.readline())
        if found is None:
            sys.exit("the server did not start")
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]))
        wait_for(int(found[1]))
        started = time.perf_counter() - began
        seconds = measure(connection)
        print(json.dumps({"started": started, "memory": peak(server.pid), "seconds": seconds}), flush=True)
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    """Until the server answers and its search index is there."""
    for _ in range(START_SECONDS * 10):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
            get(connection, "/search?q=p1")
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("the server does not answer")


def measure(connection: http.client.HTTPConnection) -> dict[str, list[float]]:
    """Seconds of each kind of page: one after another, each round other products."""
    chosen = random.Random(1)
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(-1, ROUNDS):
        for kind, pattern in KINDS.items():
            product = chosen.randrange(10_000)
            filled = pattern.format(
                d=f"d{product // 100}", p=f"p{product}", number=product, n=chosen.randrange(20)
            )
            start = time.perf_counter()
            get(connection, filled)
            if number >= 0:  # the first of a kind has its template compiled
                found[kind].append(time.perf_counter() - start)
    return found


def get(connection: http.client.HTTPConnection, path: str) -> bytes:
    """One page."""
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        sys.exit(f"{path}: {answer.status}")
    return body


def peak(process: int) -> int:
    """The most bytes that a process has held."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def percentile(seconds: list[float], share: float = 0.95) -> float:
    """The value that so many do not exceed."""
    return statistics.quantiles(seconds, n=100)[round(share * 100) - 1]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
