"""Drawing in a child process that is started when it is needed, and again when it has died."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from meshwright.adapters.vega.clean import Unclean, clean_svg
from meshwright.errors import BuildError

SECONDS = 10.0
"""How long one chart may take."""

START_SECONDS = 30.0
"""How much longer the first may take: starting the process and loading Vega takes a second or two."""

MAX_SVG = 4 << 20
"""Bytes of one drawing."""

KEPT = 32 << 20
"""Characters of drawings that are kept: the same rows are not drawn twice."""

_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "SYSTEMROOT",
    "TMPDIR",
    "TEMP",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
)
"""What the child sees of the environment: no secret is among it."""


class VegaCharts:
    """See `provisioning.ports.charts.Charts`; threads take turns."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._drawn: OrderedDict[bytes, str] = OrderedDict()
        self._size = 0

    def svg(self, spec: Mapping[str, Any], name: str) -> str:
        """See `provisioning.ports.charts.Charts`."""
        line = json.dumps(spec, allow_nan=False).encode() + b"\n"
        key = blake2b(name.encode() + b"\0" + line, digest_size=20).digest()
        with self._lock:
            if key in self._drawn:
                self._drawn.move_to_end(key)
                return self._drawn[key]
        answer = self._ask(line)
        if "error" in answer:
            raise BuildError(f"Vega cannot draw this chart: {_said(answer['error'])}")
        try:
            drawn = clean_svg(answer["svg"], name)
        except Unclean as error:
            raise BuildError(f"the chart holds what no page may: {error}") from error
        self._keep(key, drawn)
        return drawn

    def _keep(self, key: bytes, drawn: str) -> None:
        with self._lock:
            if key not in self._drawn:
                self._size += len(drawn)
            self._drawn[key] = drawn
            while self._size > KEPT:
                _, old = self._drawn.popitem(last=False)
                self._size -= len(old)

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _ask(self, line: bytes) -> dict[str, Any]:
        with self._lock:
            seconds = self._seconds
            if self._child is None or self._child.poll() is not None:
                self._end()
                self._child = _start()
                seconds += START_SECONDS
            try:
                answer: dict[str, Any] = json.loads(self._exchange(self._child, line, seconds))
            except BaseException:
                self._end()
                raise
            return answer

    def _exchange(self, child: subprocess.Popen[bytes], line: bytes, seconds: float) -> bytes:
        """Write a line while reading one: neither side waits for the other for ever."""
        assert child.stdin is not None and child.stdout is not None
        source, sink = child.stdout.fileno(), child.stdin.fileno()
        until = time.monotonic() + seconds
        left, found = memoryview(line), bytearray()
        while b"\n" not in found:
            remaining = until - time.monotonic()
            readable, writable, _ = select.select([source], [sink] if left else [], [], max(0, remaining))
            if not readable and not writable:
                raise BuildError(
                    f"the chart was not drawn within {seconds:g} seconds",
                    way_out="show fewer rows: aggregate in the query",
                )
            if writable:
                try:
                    left = left[os.write(sink, left[:65_536]) :]
                except BrokenPipeError:
                    left = left[:0]
            if readable:
                part = os.read(source, 1 << 20)
                found += part
                if not part:
                    raise BuildError(
                        "drawing the chart ended the process that draws",
                        way_out="show fewer rows: aggregate in the query",
                    )
                if len(found) > MAX_SVG:
                    raise BuildError(
                        f"the drawing has more than {MAX_SVG >> 20} MiB",
                        way_out="show fewer rows: aggregate in the query",
                    )
        return bytes(found)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()
        child.wait()


def _start() -> subprocess.Popen[bytes]:
    worker = Path(__file__).with_name("worker.py")
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-I", str(worker)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**environment, "TZ": "UTC"},
        bufsize=0,
    )
    assert child.stdin is not None
    os.set_blocking(child.stdin.fileno(), False)
    return child


def _said(text: str) -> str:
    """Vega's own words, without where in its scripts they come from."""
    plain = text.removeprefix("Vega-Lite to SVG conversion failed:").strip()
    first = next((line for line in plain.splitlines() if line.strip() and not line.startswith("    at ")), "")
    return re.sub(r"^(?:\w*Error: )+", "", first.strip())[:300]
