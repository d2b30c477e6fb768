"""What came of verifying a contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meshwright.experience.contracts.judge import value_of, withheld
from meshwright.model.check import CheckResult, Status, reached
from meshwright.model.contract import Contract

STATUSES: Mapping[Status, str] = {
    "error": "could not run",
    "fail": "failed",
    "warn": "warned",
    "skip": "skipped",
    "pass": "passed",
}
"""The words for what came of a check, the most urgent first."""

PASSED_FIRST: tuple[Status, ...] = ("pass", "warn", "fail", "error", "skip")
"""The order in which counts are told."""


@dataclass(frozen=True, slots=True)
class Report:
    """The verdicts on one contract's data at one server, and when they were reached.

    `started_at` is ISO 8601 in UTC, `seconds` the time it took; `lines` holds the place of a
    rule in the contract's file (line, column from 1) by the rule's path.
    """

    contract: Contract
    server: str
    started_at: str
    seconds: float
    results: tuple[CheckResult, ...]
    lines: Mapping[str, tuple[int, int]]

    def count(self, *statuses: str) -> int:
        """How many checks have one of these statuses."""
        return sum(result.status in statuses for result in self.results)

    @property
    def reached(self) -> Mapping[str, int]:
        """How many verdicts were proved, scanned and remembered."""
        return {str(how): count for how, count in reached(self.results).items()}

    def exit_code(self, strict: bool = False) -> int:
        """0 all is well, 1 a check failed (with `strict`: or was skipped), 2 one could not run."""
        if self.count("error"):
            return 2
        return 1 if self.count("fail") or (strict and self.count("skip")) else 0

    def place(self, result: CheckResult) -> str:
        """`file:line:column` of a check's rule, as far as it is known."""
        line = self.lines.get(result.spec.path)
        return ":".join([self.contract.file, *map(str, line or ())])

    @property
    def objects(self) -> Mapping[str, tuple[CheckResult, ...]]:
        """The results by object, both in the contract's order."""
        found: dict[str, list[CheckResult]] = {}
        for result in self.results:
            found.setdefault(result.spec.object, []).append(result)
        return {name: tuple(results) for name, results in found.items()}

    def urgent(self, *statuses: Status) -> tuple[CheckResult, ...]:
        """The results with one of these statuses, the most urgent first, else in the contract's order."""
        found = (result for result in self.results if result.status in statuses)
        return tuple(sorted(found, key=lambda result: list(STATUSES).index(result.status)))

    @property
    def summary(self) -> str:
        """The counts in one line."""
        shown = {status: self.count(status) for status in PASSED_FIRST}
        counts = [f"{n:,} {STATUSES[status]}" for status, n in shown.items() if n or status == "pass"]
        how = [f"{count:,} {word}" for word, count in self.reached.items() if count]
        noun = "check" if len(self.results) == 1 else "checks"
        text = f"{len(self.results):,} {noun}: {', '.join(counts)}. {self.seconds:.2f} s"
        return f"{text} ({', '.join(how)})" if how else text

    def as_json(self) -> dict[str, Any]:
        """The report as plain data for `--format json`; docs/verify.md says what the fields mean."""
        return {
            "contract": self.contract.id,
            "name": self.contract.name,
            "version": self.contract.version,
            "file": self.contract.file,
            "server": self.server,
            "started_at": self.started_at,
            "seconds": self.seconds,
            "summary": {
                "checks": len(self.results),
                **{status: self.count(status) for status in PASSED_FIRST},
                **self.reached,
            },
            "checks": [self._check(result) for result in self.results],
        }

    def _check(self, result: CheckResult) -> dict[str, Any]:
        judged = result.status not in ("skip", "error")
        return {
            **result.as_json(),
            "description": result.spec.description,
            "value": value_of(result),
            "how": result.measure.how if judged else None,
            "reason": result.measure.error or result.measure.skip,
            "withheld": list(withheld(result)),
            "place": self.place(result),
        }
