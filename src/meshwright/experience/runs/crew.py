"""Several runs at a time: worker processes where the system can fork, threads elsewhere.

Building is Python and a little SQL for small products, so threads share one core. A forked worker
costs milliseconds and has the mesh already; and when a run takes its process down (out of memory,
a fault in a native library), only that run fails.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from multiprocessing import connection
from typing import Any, Protocol, Self

from meshwright.errors import BuildError
from meshwright.experience.runs.context import RunContext, no_listener
from meshwright.experience.runs.run import RunOutcome
from meshwright.model.address import ProductKey
from meshwright.provisioning.processes import process_name

Attempt = Callable[[RunContext, ProductKey], RunOutcome]
"""Runs one product; never raises for what is the product's or the infrastructure's fault."""

ENOUGH = 4
"""With fewer products than this, starting processes does not pay."""


class Crew(Protocol):
    """Runs products, a few at a time."""

    def __enter__(self) -> Self:
        """Get ready."""
        ...

    def __exit__(self, *_: object) -> None:
        """Stop; runs that are under way are waited for, unless there is an error."""
        ...

    def start(self, product: ProductKey) -> None:
        """Begin a run; at most as many at once as there are workers."""
        ...

    def finished(self) -> list[RunOutcome]:
        """Wait until at least one run has ended; those that have."""
        ...


def crew_for(context: RunContext, attempt: Attempt, products: int, workers: int) -> Crew:
    """Processes when there is enough to do and this process forks safely, else threads."""
    if context.reopen is not None and products >= ENOUGH and workers > 1 and forks_safely():
        return ProcessCrew(context, attempt)
    return ThreadCrew(context, attempt, workers)


def forks_safely() -> bool:
    """Whether this process can fork: on Linux, when it has no thread that Python does not know.

    A native library's thread, such as those of an engine that has been used here, may hold a lock
    at the moment of the fork, and nobody gives it back in the child.
    """
    try:
        return len(os.listdir("/proc/self/task")) == threading.active_count()  # noqa: PTH208
    except OSError:
        return False


class ThreadCrew:
    """Runs in threads of this process."""

    def __init__(self, context: RunContext, attempt: Attempt, workers: int) -> None:
        self._context = context
        self._attempt = attempt
        self._pool = ThreadPoolExecutor(max_workers=workers)
        self._running: set[Future[RunOutcome]] = set()

    def __enter__(self) -> Self:
        """See `Crew`."""
        return self

    def __exit__(self, *_: object) -> None:
        """See `Crew`."""
        self._pool.shutdown()

    def start(self, product: ProductKey) -> None:
        """See `Crew`."""
        self._running.add(self._pool.submit(self._attempt, self._context, product))

    def finished(self) -> list[RunOutcome]:
        """See `Crew`."""
        done, self._running = wait(self._running, return_when=FIRST_COMPLETED)
        return [future.result() for future in done]


class ProcessCrew:
    """Runs in forked processes; each has connections and an engine of its own."""

    def __init__(self, context: RunContext, attempt: Attempt) -> None:
        self._context = context
        self._attempt = attempt
        self._idle: list[_Worker] = []
        self._busy: dict[Any, _Worker] = {}

    def __enter__(self) -> Self:
        """See `Crew`."""
        return self

    def __exit__(self, *raised: object) -> None:
        """See `Crew`."""
        for worker in (*self._idle, *self._busy.values()):
            worker.dismiss(at_once=any(raised))

    def start(self, product: ProductKey) -> None:
        """See `Crew`."""
        worker = self._idle.pop() if self._idle else self._hire()
        worker.begin(product)
        self._busy[worker.pipe] = worker

    def finished(self) -> list[RunOutcome]:
        """See `Crew`."""
        outcomes: list[RunOutcome] = []
        while not outcomes:
            for pipe in connection.wait(list(self._busy)):
                outcome = self._heard(self._busy[pipe])
                if outcome is not None:
                    outcomes.append(outcome)
        return outcomes

    def _heard(self, worker: _Worker) -> RunOutcome | None:
        try:
            kind, *said = worker.pipe.recv()
        except EOFError:
            del self._busy[worker.pipe]
            return worker.died()
        if kind == "step":
            self._context.listener(*said)
            return None
        del self._busy[worker.pipe]
        self._idle.append(worker)
        outcome: RunOutcome = said[0]
        return outcome

    def _hire(self) -> _Worker:
        others = [worker.pipe for worker in (*self._idle, *self._busy.values())]
        return _Worker(self._context, self._attempt, others)


class _Worker:
    """One forked process, and the pipe to it."""

    def __init__(self, context: RunContext, attempt: Attempt, others: list[Any]) -> None:
        fork = multiprocessing.get_context("fork")
        self.pipe, theirs = fork.Pipe()
        self._product: ProductKey | None = None
        self._process = fork.Process(
            target=_work, args=(context, attempt, theirs, [self.pipe, *others]), daemon=True
        )
        sys.stdout.flush()
        sys.stderr.flush()
        self._process.start()
        theirs.close()

    def begin(self, product: ProductKey) -> None:
        """Give it something to do."""
        self._product = product
        self.pipe.send(product)

    def dismiss(self, at_once: bool) -> None:
        """Let it end; `at_once` in the middle of a run, whose remains the next start removes."""
        if at_once:
            self._process.terminate()
        else:
            with suppress(OSError):
                self.pipe.send(None)
        self._process.join()
        self.pipe.close()

    def died(self) -> RunOutcome:
        """The outcome of a run that took its process with it."""
        self._process.join()
        self.pipe.close()
        code = self._process.exitcode or 0
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
        assert self._product is not None
        error = BuildError(
            f"the process that built {self._product} ended {how}",
            why="it ran out of memory, was ended from outside, or met a fault in a native library",
            way_out="run it again alone; lower `memory_limit` of the environment where memory is short",
        )
        return RunOutcome(self._product, "", "failed", error=error)


def _work(context: RunContext, attempt: Attempt, pipe: Any, others: list[Any]) -> None:
    """What a worker does: run what it is told until there is nothing more."""
    gc.freeze()  # what the parent made stays: looking through it would copy its memory
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    for other in others:
        other.close()  # so that the parent's end shows

    def tell(step: str, product: ProductKey | None) -> None:
        pipe.send(("step", step, product))

    own = context.in_process(process_name(), no_listener if context.listener is no_listener else tell)
    with suppress(EOFError, BrokenPipeError):
        while (product := pipe.recv()) is not None:
            pipe.send(("done", attempt(own, product)))
    os._exit(0)
