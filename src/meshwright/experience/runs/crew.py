"""Several runs at a time: worker processes where the system can fork, threads elsewhere.

Building is Python and a little SQL for small products, so threads share one core. When a run takes
its process down (out of memory, a fault in a native library), only that run fails.
"""

from __future__ import annotations

import signal
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from multiprocessing import connection
from typing import Any, Protocol, Self

from meshwright.errors import BuildError
from meshwright.experience.runs.context import RunContext
from meshwright.experience.runs.nursery import Attempt, Nursery, Worker, forks_safely
from meshwright.experience.runs.run import RunOutcome
from meshwright.model.address import ProductKey

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


def crew_for(
    context: RunContext, attempt: Attempt, products: int, workers: int, nursery: Nursery | None = None
) -> Crew:
    """Processes when there is enough to do and this process forks safely, else threads.

    The workers come from `nursery` where one is open; `attempt` must be something that can be pickled.
    """
    if products < ENOUGH or workers < 2 or context.reopen is None:
        return ThreadCrew(context, attempt, workers)
    if nursery is None and forks_safely():
        nursery = Nursery()
    return ProcessCrew(context, attempt, nursery) if nursery else ThreadCrew(context, attempt, workers)


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
    """Runs in processes of a nursery; each has connections and an engine of its own."""

    def __init__(self, context: RunContext, attempt: Attempt, nursery: Nursery) -> None:
        self._context = context
        self._attempt = attempt
        self._nursery = nursery
        self._idle: list[Worker] = []
        self._busy: dict[Any, tuple[Worker, ProductKey]] = {}

    def __enter__(self) -> Self:
        """See `Crew`."""
        if not self._nursery.instruct(self._context, self._attempt):
            self._nursery.close()
            self._nursery = Nursery()  # what it would load has threads; each worker loads it for itself
            self._nursery.instruct(self._context, self._attempt)
        return self

    def __exit__(self, *raised: object) -> None:
        """See `Crew`."""
        with ExitStack() as last:
            last.callback(self._nursery.close)
            for worker in (*self._idle, *(worker for worker, _ in self._busy.values())):
                last.callback(worker.dismiss, at_once=any(raised))

    def start(self, product: ProductKey) -> None:
        """See `Crew`."""
        worker = self._idle.pop() if self._idle else self._nursery.hire()
        worker.pipe.send(product)
        self._busy[worker.pipe] = worker, product

    def finished(self) -> list[RunOutcome]:
        """See `Crew`."""
        outcomes: list[RunOutcome] = []
        while not outcomes:
            for pipe in connection.wait(list(self._busy)):
                outcome = self._heard(pipe)
                if outcome is not None:
                    outcomes.append(outcome)
        return outcomes

    def _heard(self, pipe: Any) -> RunOutcome | None:
        worker, product = self._busy[pipe]
        try:
            kind, *said = pipe.recv()
        except EOFError:
            del self._busy[pipe]
            return _died(product, self._nursery.bury(worker))
        if kind == "step":
            self._context.listener(*said)
            return None
        del self._busy[pipe]
        self._idle.append(worker)
        outcome: RunOutcome = said[0]
        return outcome


def _died(product: ProductKey, code: int) -> RunOutcome:
    """The outcome of a run that took its process with it."""
    how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
    error = BuildError(
        f"the process that built {product} ended {how}",
        why="it ran out of memory, was ended from outside, or met a fault in a native library",
        way_out="run it again alone; lower `memory_limit` of the environment where memory is short",
    )
    return RunOutcome(product, "", "failed", error=error)
