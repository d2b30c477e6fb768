"""What a long command shows while it works, and one line for each product when it is done."""

from __future__ import annotations

import threading
from types import TracebackType

from meshwright.cli.output import console, plural
from meshwright.experience.runs.run import RunOutcome
from meshwright.model.address import ProductKey

_WORDS = {
    "locked": "starting",
    "intended": "reading inputs",
    "offered": "transforming",
    "built": "building",
    "measured": "verifying",
    "sealing": "sealing",
    "publishing": "publishing",
}
_MARKS = {
    "published": "[green]ok[/]  ",
    "current": "[dim]ok[/]  ",
    "locked": "[yellow]busy[/]",
    "failed": "[red]FAIL[/]",
    "blocked": "[yellow]skip[/]",
}


class Progress:
    """A status line on a terminal, and a line for each finished product."""

    def __init__(self, shown: bool, total: int) -> None:
        self._console = console() if shown else None
        self._total = total
        self._done = 0
        self._now: dict[ProductKey, str] = {}
        self._guard = threading.Lock()
        live = self._console is not None and self._console.is_terminal and total
        self._status = self._console.status("") if self._console and live else None

    def __enter__(self) -> Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def step(self, name: str, product: ProductKey | None) -> None:
        """A run reached a step."""
        if self._status and product and name in _WORDS:
            with self._guard:
                self._now[product] = _WORDS[name]
                work = ", ".join(f"{key} {word}" for key, word in self._now.items())
                self._status.update(f"{self._done}/{self._total}  {work}")

    def done(self, outcome: RunOutcome) -> None:
        """A product is finished."""
        from rich.markup import escape

        if self._console is None:
            return
        with self._guard:
            self._done += 1
            self._now.pop(outcome.product, None)
            line = f"{_MARKS[outcome.status]} {outcome.product}"
            if outcome.status == "published":
                line += escape(f"  {_published(outcome)}")
            elif outcome.status == "current":
                line += "  published by another run meanwhile"
            self._console.print(line)
            for warning in outcome.warnings:
                self._console.print(f"     warning: {warning}", markup=False)
            for line in _soft(outcome):
                self._console.print(f"     {line}", markup=False)
            if outcome.error is not None:
                text = str(outcome.error).replace("\n", "\n     ")
                self._console.print(f"     {text}", markup=False)


def _published(outcome: RunOutcome) -> str:
    objects = ", ".join(
        f"{name.split('.', 2)[2]} {plural(rows, 'row')}" for name, rows in outcome.objects.items()
    )
    passed = sum(result.status == "pass" for result in outcome.results)
    seconds = outcome.cost.wall_seconds
    return f"{objects}; {plural(passed, 'check')} passed; {seconds:.2f} s"


def _soft(outcome: RunOutcome) -> list[str]:
    return [
        f"{result.spec.severity}: {result.spec.id}: expected {result.expected}, observed {result.observed}"
        for result in outcome.results
        if result.status == "warn"
    ]
