"""The API of a mesh of many products, asked over HTTP by a process of its own.

python api.py FOLDER REQUESTS
"""

from __future__ import annotations

import http.client
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote


def main(folder: Path, requests: int) -> None:
    """Serve the mesh in a folder, ask, and print seconds by kind of request, and the server's memory."""
    mesh = Path(sys.executable).with_name("mesh")
    process = subprocess.Popen(
        [str(mesh), "--directory", str(folder), "serve", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().split("127.0.0.1:")[1].split(".")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        kinds = paths(random.Random(7))
        found = {name: asked(connection, make, requests, process.pid) for name, make in kinds.items()}
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        memory = int(peak.split()[1]) * 1024
        print(json.dumps({"kinds": found, "memory": memory}))
    finally:
        process.terminate()
        process.wait()


def paths(chance: random.Random) -> Mapping[str, Callable[[], str]]:
    """Paths by kind, of products at random."""

    def product() -> tuple[str, str]:
        number = chance.randrange(10_000)
        return f"d{number // 100}", f"p{number}"

    def address(number: int) -> str:
        domain, name = product()
        return f"mesh://bench/{domain}/{name}/{name}@1#{name}.c{number}"

    def document(rest: str = "") -> str:
        domain, name = product()
        return f"/api/v1/products/{domain}/{name}" + rest.replace("NAME", name)

    return {
        "what is served": lambda: "/api/v1",
        "list of products": lambda: f"/api/v1/products?limit=100&domain={product()[0]}",
        "list of products, sorted": lambda: "/api/v1/products?limit=100&sort=-name",
        "list of columns": lambda: f"/api/v1/columns?limit=100&product={product()[1]}",
        "product": document,
        "product as DPROD": lambda: document("/dprod"),
        "port with its contract": lambda: document("/ports/NAME/1"),
        "contract": lambda: document("/contracts/c-NAME/1.0.0"),
        "column": lambda: f"/api/v1/column?address={quote(address(5))}",
        "lineage of a column": lambda: "/api/v1/lineage?of=" + "{0}.{1}.{1}.c3".format(*product()),
        "impact of a column": lambda: "/api/v1/impact?of=" + "{0}.{1}.{1}.c3".format(*product()),
        "search": lambda: f"/api/v1/search?q={quote('product ' + product()[1])}",
    }


def asked(
    connection: http.client.HTTPConnection, make: Callable[[], str], times: int, server: int
) -> dict[str, float]:
    """Seconds of the first answer, the median, the slowest but a twentieth; CPU seconds of the server."""
    first = next(_taken(connection, make, 1))
    before = _cpu(server)
    warm = sorted(_taken(connection, make, times))
    cpu = (_cpu(server) - before) / times
    return {"first": first, "p50": warm[len(warm) // 2], "p95": warm[int(len(warm) * 0.95)], "cpu": cpu}


def _cpu(process: int) -> float:
    """User and system seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _taken(connection: http.client.HTTPConnection, make: Callable[[], str], times: int) -> Iterator[float]:
    for _ in range(times):
        path: Any = make()
        start = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        yield time.perf_counter() - start
        assert answer.status == 200, (answer.status, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
