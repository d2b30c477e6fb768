"""A model's process: started, watched and ended."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import meshwright

VARIABLES = ("LANG", "LANGUAGE", "LD_LIBRARY_PATH", "TZ", "TZDIR")
"""The variables a model sees, beside LC_*; everything else stays with the platform."""

_START = "import sys; sys.path.insert(0, sys.argv[1]); from meshwright.adapters.python.worker import main; "
_START += "del sys.path[0]; main()"


class Process(threading.Thread):
    """Starts a worker and sees it through; the worker dies when this thread or the program does.

    After `join`, `code` is its exit code (negative: the signal that ended it), `late` says
    whether it was stopped because its time was up, and `error` why it could not be started;
    `usage` is what it and those that it waited for took.
    """

    def __init__(self, order: Mapping[str, Any], pass_on: Sequence[int], output: int) -> None:
        super().__init__(name="model", daemon=True)
        self._order = order
        self._pass_on = tuple(pass_on)
        self._output = output
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._over = False
        self.started = threading.Event()
        self.code: int | None = None
        self.late = False
        self.error: OSError | None = None
        self.usage: resource.struct_rusage | None = None

    def run(self) -> None:
        """Start, hand over the order, wait."""
        try:
            child = self._start()
        except OSError as error:
            self.error = error
            return
        finally:
            self.started.set()
        timer = threading.Timer(self._order["seconds"], self._stop_late)
        timer.daemon = True
        timer.start()
        assert child.stdin is not None
        with contextlib.suppress(OSError), child.stdin:
            child.stdin.write(json.dumps(self._order).encode())
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            self._kill()  # what it may have started, where nothing keeps it from doing so
            self._over = True
        timer.cancel()
        _, status, self.usage = os.wait4(child.pid, 0)
        self.code = child.returncode = os.waitstatus_to_exitcode(status)

    def stop(self) -> None:
        """End the process if it still runs."""
        with self._lock:
            self._kill()

    def _stop_late(self) -> None:
        with self._lock:
            self.late = not self._over
            self._kill()

    def _kill(self) -> None:
        if self._child is not None and not self._over:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)

    def _start(self) -> subprocess.Popen[bytes]:
        root = str(Path(meshwright.__file__).parent.parent)
        with self._lock:
            if self._over:
                raise OSError("stopped before it started")
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", _START, root],
                stdin=subprocess.PIPE,
                stdout=self._output,
                stderr=self._output,
                pass_fds=self._pass_on,
                start_new_session=True,
                cwd=self._order["scratch"],
                env=self._environment(),
            )
            return self._child

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if name in VARIABLES or name.startswith("LC_")
        }
        scratch = self._order["scratch"]
        return {
            **kept,
            "HOME": scratch,
            "TMPDIR": scratch,
            "ARROW_DEFAULT_MEMORY_POOL": "system",  # takes what it needs, so that a limit means it
            "MALLOC_ARENA_MAX": "2",
        }
