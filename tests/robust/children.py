"""Starting `driver.py` in processes of their own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DRIVER = Path(__file__).with_name("driver.py")
KILLED = (-signal.SIGKILL, -signal.SIGXFSZ)
NOTHING: Mapping[str, Any] = {"what": "nothing"}


def start(root: Path, fault: Mapping[str, Any], *words: str) -> subprocess.Popen[str]:
    """A process that runs `mesh WORDS`, and that `fault` will happen to."""
    command = [sys.executable, str(DRIVER), str(root), json.dumps(fault), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code (negative: the signal), and everything it printed."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


class Nursery:
    """A process that has imported everything and forks one for each command."""

    def __init__(self) -> None:
        command = [sys.executable, str(DRIVER)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, root: Path, fault: Mapping[str, Any], *words: str) -> tuple[int, str]:
        """Run `mesh WORDS` to its end: the exit code (negative: the signal), and what it printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.NamedTemporaryFile() as output:
            order = {"root": str(root), "fault": dict(fault), "words": words, "output": output.name}
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return code, Path(output.name).read_text()

    def kill(self, root: Path, fault: Mapping[str, Any], *words: str) -> None:
        """Run a process that must be killed at its fault."""
        code, text = self.run(root, {"what": "die", **fault}, *words)
        assert code in KILLED, f"it was not killed but ended with {code}\n{text}"

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=60)
