"""What came of verifying a contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meshwright.model.check import CheckResult, reached
from meshwright.model.contract import Contract


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

    def as_json(self) -> dict[str, Any]:
        """The report as plain data for `--format json`."""
        return {
            "contract": self.contract.id,
            "version": self.contract.version,
            "file": self.contract.file,
            "server": self.server,
            "started_at": self.started_at,
            "seconds": self.seconds,
            "summary": {
                "checks": len(self.results),
                **{status: self.count(status) for status in ("pass", "warn", "fail", "error", "skip")},
                **self.reached,
            },
            "checks": [{**result.as_json(), "place": self.place(result)} for result in self.results],
        }
