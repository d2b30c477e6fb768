"""Worker processes, forked from one that has loaded beforehand what runs need.

Loading the adapters takes longer than building a small product. The nursery does it once for all
workers, while the command still plans, and never opens an engine: so it has no thread, and forking it
is safe.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any, NoReturn, Self

from meshwright.errors import BuildError
from meshwright.experience.runs.context import RunContext, no_listener
from meshwright.experience.runs.run import RunOutcome
from meshwright.model.address import ProductKey
from meshwright.provisioning.processes import process_name

Attempt = Callable[[RunContext, ProductKey], RunOutcome]
"""Runs one product; never raises for what is the product's or the infrastructure's fault."""

_QUIET = {"JE_ARROW_MALLOC_CONF": "background_thread:false", "OPENBLAS_NUM_THREADS": "1"}
"""What keeps libraries from starting threads as soon as they are loaded."""


def forks_safely() -> bool:
    """Whether this process can fork: on Linux, when it has no thread that Python does not know.

    A native library's thread, such as those of an engine that has been used here, may hold a lock
    at the moment of the fork, and nobody gives it back in the child.
    """
    try:
        return len(os.listdir("/proc/self/task")) == threading.active_count()  # noqa: PTH208
    except OSError:
        return False


def nothing() -> None:
    """Loads nothing."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that runs products, and the pipe to it."""

    pid: int
    pipe: Connection[Any, Any]

    def dismiss(self, at_once: bool) -> None:
        """Let it end; `at_once` in the middle of a run, whose remains the next start removes."""
        with suppress(OSError):
            if at_once:
                os.kill(self.pid, signal.SIGTERM)  # the nursery keeps its id until it is asked
            else:
                self.pipe.send(None)
        with suppress(EOFError, OSError):
            while True:
                self.pipe.recv()  # until it has ended
        self.pipe.close()


class Nursery:
    """A process that calls `load` at once, and forks workers from then on."""

    def __init__(self, load: Callable[[], None] = nothing) -> None:
        fork = multiprocessing.get_context("fork")
        self._pipe, theirs = fork.Pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self._process = fork.Process(target=_raise_workers, args=(theirs, self._pipe, load), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close; its workers live as long as their pipes."""
        self.close()

    def close(self) -> None:
        """Let the process end. Nothing happens where it has ended already."""
        self._pipe.close()
        self._process.join()

    def instruct(self, context: RunContext, attempt: Attempt) -> bool:
        """Tell what workers work with; False when no worker can be hired: what is loaded has threads."""
        heard = context.listener is not no_listener
        safe: bool = self._asked((context.for_another_process(), attempt, heard))
        return safe

    def hire(self) -> Worker:
        """A new worker.

        Raises:
            BuildError: the nursery's process has ended.
        """
        ours, theirs = multiprocessing.Pipe()
        with theirs:
            return Worker(self._asked("hire", theirs.fileno()), ours)

    def bury(self, worker: Worker) -> int:
        """The exit code of a worker that has ended; minus the signal that ended it."""
        worker.pipe.close()
        code: int = self._asked(worker.pid)
        return code

    def _asked(self, request: object, handle: int | None = None) -> Any:
        """What the process answers; a handle of a file goes along."""
        try:
            self._pipe.send(request)
            if handle is not None:
                send_handle(self._pipe, handle, self._process.pid)
            return self._pipe.recv()
        except (EOFError, OSError):
            raise BuildError(
                "the process that starts builds has ended",
                why="it ran out of memory, or was ended from outside",
                way_out="run it again; lower `memory_limit` of the environment where memory is short",
            ) from None


def _raise_workers(
    pipe: Connection[Any, Any], parents: Connection[Any, Any], load: Callable[[], None]
) -> None:
    """What the nursery does until its pipe is closed."""
    parents.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    with suppress(EOFError, OSError):
        with _quiet_libraries():
            load()
        gc.freeze()  # what is there stays: looking through it would copy its memory in every worker
        work: tuple[RunContext, Attempt, bool] = pipe.recv()
        pipe.send(forks_safely())
        while True:
            asked = pipe.recv()
            if asked == "hire":
                handle = recv_handle(pipe)
                pid = os.fork()
                if not pid:
                    pipe.close()
                    _work(*work, Connection(handle))
                os.close(handle)
                pipe.send(pid)
            else:
                pipe.send(os.waitstatus_to_exitcode(os.waitpid(asked, 0)[1]))
    with suppress(ChildProcessError):
        while True:
            os.wait()  # so that what workers used counts as used by the command
    os._exit(0)


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    missing = _QUIET.keys() - os.environ.keys()
    os.environ.update({name: _QUIET[name] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            del os.environ[name]


def _work(context: RunContext, attempt: Attempt, heard: bool, pipe: Connection[Any, Any]) -> NoReturn:
    """What a worker does: run what it is told until there is nothing more."""

    def tell(step: str, product: ProductKey | None) -> None:
        pipe.send(("step", step, product))

    own = context.in_process(process_name(), tell if heard else no_listener)
    with suppress(EOFError, BrokenPipeError):
        while (product := pipe.recv()) is not None:
            pipe.send(("done", attempt(own, product)))
    os._exit(0)
