"""Runs `mesh WORDS` in a process that something happens to: `python driver.py ROOT FAULT WORDS...`.

FAULT is JSON: what to do (`die`; `tear`: die inside the next write to a file; `stop`: wait for
SIGCONT; `fill`: use up a disk; `freeze`: forbid changes) and where. Places are the steps of a run,
calls of functions, and SQL statements of the registry; nothing in production code knows of them.

Without words it is a nursery: it imports what a run needs, once, and for each line of JSON on its
standard input forks a process that does the same, so that a test need not wait for the imports.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from meshwright.cli.main import main

HEAVY = (
    "meshwright.cli.operate",
    "meshwright.cli.deploy",
    "meshwright.adapters.duckdb.engine",
    "meshwright.adapters.iceberg.warehouse",
    "meshwright.adapters.local.reader",
    "meshwright.adapters.python.runner",
    "meshwright.adapters.registry",
    "meshwright.experience.plan.apply",
    "pyarrow.parquet",
)
"""What a run loads sooner or later."""

RENEWING = threading.Lock()
"""Held while a lock is renewed: one stopped inside that transaction would keep SQLite's only writer."""


class Fault:
    """What happens at a place, when it is reached for the nth time."""

    def __init__(self, what: str, nth: int, room: int, place: str) -> None:
        self._what = what
        self._left = nth
        self._room = room
        self._place = place
        self._guard = threading.Lock()

    def reached(self) -> None:
        with self._guard:
            self._left -= 1
            if self._left != 0:
                return
        match self._what:
            case "die":
                signal.pthread_kill(threading.get_ident(), signal.SIGKILL)  # this thread goes no further
            case "stop":
                with RENEWING:
                    os.write(1, b"stopped\n")
                    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # this thread goes no further
            case "tear":  # the kernel ends the process at the first byte beyond the limit
                resource.setrlimit(resource.RLIMIT_FSIZE, (self._room, self._room))
            case "freeze":
                subprocess.run(["chattr", "-R", "+i", self._place], check=True)
            case "fill":
                fill(Path(self._place))


def fill(file: Path) -> None:
    """Use up the disk that the file is on."""
    with file.open("wb", buffering=0) as filler:
        size = 1 << 20
        while size:
            try:
                filler.write(bytes(size))
            except OSError:
                size //= 2


def at_step(fault: Fault, name: str, product: str) -> None:
    """When a run of `product` reaches a step of `experience.runs.context.STEPS`."""
    from meshwright.cli.workspace import Workspace
    from meshwright.experience.runs.context import STEPS

    assert name in STEPS
    original = Workspace.run_context

    def listen(step: str, key: Any) -> None:
        if step == name and (key is None or str(key) == product):
            fault.reached()

    def run_context(self: Workspace, listener: Any = None, clean: bool = True) -> Any:
        return original(self, listen, clean)

    Workspace.run_context = run_context  # type: ignore[method-assign]


def at_call(fault: Fault, name: str, after: bool) -> None:
    """Before (or after) a call of `module:attribute` or `module:Class.method`."""
    module, _, path = name.partition(":")
    *owners, attribute = path.split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    original: Callable[..., Any] = getattr(owner, attribute)

    def call(*arguments: Any, **named: Any) -> Any:
        if not after:
            fault.reached()
        result = original(*arguments, **named)
        if after:
            fault.reached()
        return result

    setattr(owner, attribute, call)


def at_sql(fault: Fault, text: str, commit: bool) -> None:
    """Before a statement of the registry that holds `text`, or before the commit that follows it."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    found: set[int] = set()

    def executing(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if text in statement:
            if commit:
                found.add(id(connection))
            else:
                fault.reached()

    def committing(connection: Any) -> None:
        if id(connection) in found:
            fault.reached()

    event.listen(Engine, "before_cursor_execute", executing)
    event.listen(Engine, "commit", committing)


def renew_apart() -> None:
    """Let no process be stopped in the middle of renewing its lock."""
    from meshwright.adapters.registry import SqlRegistry

    original = SqlRegistry.renew

    def renew(self: Any, lock: Any, seconds: float) -> Any:
        with RENEWING:
            return original(self, lock, seconds)

    SqlRegistry.renew = renew  # type: ignore[method-assign]


def prepare(fault: dict[str, Any], root: Path) -> None:
    """Lay the fault where it is to happen."""
    room = fault.get("room", 0)
    if fault.get("beyond"):
        room += (root / fault["beyond"]).stat().st_size
    what = Fault(fault["what"], fault.get("nth", 1), room, fault.get("place", ""))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if fault["what"] == "tear" else signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if fault["what"] == "stop":
        renew_apart()
    if "step" in fault:
        at_step(what, fault["step"], fault.get("product", "shop/sales"))
    elif "call" in fault:
        at_call(what, fault["call"], fault.get("after", False))
    elif "sql" in fault:
        at_sql(what, fault["sql"], fault.get("commit", False))


def nurse() -> None:
    """Fork a process for each order, and tell its exit code."""
    for name in HEAVY:
        import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.alarm(120)
            os.dup2(os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            os.dup2(1, 2)
            code = 70
            try:
                prepare(order["fault"], Path(order["root"]))
                main(["--directory", order["root"], *order["words"]])
            except SystemExit as ended:
                code = int(ended.code or 0)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        nurse()
    else:
        folder, given, *words = sys.argv[1:]
        prepare(json.loads(given), Path(folder))
        main(["--directory", folder, *words])
