"""What follows runs: incidents are recorded and told while other products are still built."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self

from meshwright.cli.workspace import Workspace
from meshwright.errors import MeshwrightError
from meshwright.experience.runs.run import RunOutcome

if TYPE_CHECKING:
    from meshwright.supervision.incidents.sweep import Watch

WAIT_SECONDS = 5.0
"""How long a command waits at its end for channels to answer; the next sweep tells what was not told."""


class Following:
    """Looks at each product whose run has ended, in a thread of its own that no run waits for.

    That something goes wrong with it is said on standard error and changes nothing else.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._ended: SimpleQueue[RunOutcome | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._problems: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for what is under way, but not long."""
        if self._thread is None:
            return
        self._ended.put(None)
        self._thread.join(WAIT_SECONDS)
        if self._thread.is_alive():
            self._problems.append("some channels did not answer in time; `mesh watch` tries again")
        for problem in dict.fromkeys(self._problems):
            sys.stderr.write(f"warning: incidents: {problem}\n")

    def after(self, report: Callable[[RunOutcome], None]) -> Callable[[RunOutcome], None]:
        """A report that also has the product looked at."""

        def both(outcome: RunOutcome) -> None:
            report(outcome)
            if outcome.run and outcome.status in ("published", "failed"):
                self._look(outcome)

        return both

    def _look(self, outcome: RunOutcome) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="follows-runs", daemon=True)
            self._thread.start()
        self._ended.put(outcome)

    def _work(self) -> None:
        watch = None
        while (outcome := self._ended.get()) is not None:
            try:
                if _may_begin(outcome) or self._had_incidents(outcome):
                    watch = watch or self._opened()
                    self._problems += watch.sweep_product(outcome.product).problems
            except MeshwrightError as error:
                self._problems.append(error.what)

    def _had_incidents(self, outcome: RunOutcome) -> bool:
        """Whether anything was ever wrong with a product: asked before what looks closer is loaded."""
        workspace = self._workspace
        name, subject = workspace.environment.name, str(outcome.product)
        return bool(workspace.registry.facts(name, subject, ("incident.opened",), 1))

    def _opened(self) -> Watch:
        from meshwright.wiring import open_watch

        workspace = self._workspace
        return open_watch(workspace.raw.settings.name, workspace.environment, workspace.root)


def _may_begin(outcome: RunOutcome) -> bool:
    """Whether an incident may begin with it."""
    broken = any(level.get("status") in ("fail", "warn") for level in outcome.service_levels)
    return outcome.status == "failed" or broken
