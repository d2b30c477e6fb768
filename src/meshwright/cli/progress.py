"""What a long command shows while it works, and one line for each product when it is done."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from types import TracebackType

from meshwright.cli.output import console, plural, short, size_text, wrapped
from meshwright.experience.runs.context import Listener, no_listener
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

    def __init__(self, shown: bool, products: Collection[ProductKey]) -> None:
        self._console = console() if shown else None
        self._total = total = len(products)
        self._width = max((len(str(product)) for product in products), default=0)
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

    @property
    def listener(self) -> Listener:
        """Who hears of steps: nobody, where nothing shows them."""
        return self._step if self._status else no_listener

    def _step(self, name: str, product: ProductKey | None) -> None:
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
            name = str(outcome.product)
            line = f"{_MARKS[outcome.status]} {name}"
            if outcome.status == "published":
                line += " " * (self._width - len(name)) + escape(f"  {_published(outcome)}")
            elif outcome.status == "current":
                line += "  published by another run meanwhile"
            self._console.print(line)
            for note in _notes(outcome):
                self._console.print(wrapped(note, 5), markup=False)


def _published(outcome: RunOutcome) -> str:
    tables, rows = plural(len(outcome.objects), "table"), plural(sum(outcome.objects.values()), "row")
    checks = plural(sum(result.status == "pass" for result in outcome.results), "check")
    skipped = sum(result.status == "skip" for result in outcome.results)
    more = f", {skipped} not checked" if skipped else ""
    return f"{tables:>8}  {rows:>12}  {checks:>10} passed{more}  {outcome.cost.wall_seconds:6.2f} s"


def _notes(outcome: RunOutcome) -> list[str]:
    """What else there is to say about an outcome, below its line."""
    notes = [f"warning: {warning}" for warning in outcome.warnings]
    for result in outcome.results:
        spec = result.spec
        if result.status == "skip":
            notes.append(f"not checked: {spec.id}: {result.observed}")
        if result.status == "warn":
            about = f" ({short(spec.description)})" if spec.description else ""
            notes.append(
                f"{spec.severity}: {spec.id}{about}: expected {result.expected}; observed {result.observed}"
            )
    if outcome.status == "blocked" and outcome.error is not None:
        notes.append(outcome.error.what.removeprefix(f"{outcome.product} was "))
    elif outcome.error is not None:
        notes.append(str(outcome.error))
    return notes


def summary(outcomes: Sequence[RunOutcome]) -> str:
    """One line at the end: what became of the products, and what was written in which time."""
    words = {"published": "published", "current": "done by another run", "locked": "busy"}
    words |= {"failed": "failed", "blocked": "not built"}
    counts = {word: sum(o.status == status for o in outcomes) for status, word in words.items()}
    parts = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    published = [outcome.cost for outcome in outcomes if outcome.status == "published"]
    rows = plural(sum(cost.rows_written for cost in published), "row")
    size = size_text(sum(cost.bytes_written for cost in published))
    return f"{plural(len(outcomes), 'product')}: {parts}; {rows} ({size}) published."
