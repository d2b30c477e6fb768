"""The report as one HTML page to send on: no scripts, nothing from elsewhere, light, dark and on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import resources
from typing import Any

from meshwright.experience.contracts.judge import shown, withheld
from meshwright.experience.verification.report import PASSED_FIRST, STATUSES, Report
from meshwright.model.check import CheckResult
from meshwright.model.contract import Contract
from meshwright.model.printable import printable


@dataclass(frozen=True, slots=True)
class Samples:
    """Failing rows as a table; `hidden` are the classified columns that are left out."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    hidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The checks of one object, the most urgent first; `counts` has the words that apply."""

    name: str
    description: str
    rows: int | None
    counts: str
    results: tuple[CheckResult, ...]


def render(report: Report) -> str:
    """The page."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    template = (resources.files(__package__) / "report.html.j2").read_text(encoding="utf-8")
    page: str = environment.from_string(template).render(
        report=report,
        contract=report.contract,
        owner=owner(report.contract),
        description=_description(report.contract),
        verdict=_verdict(report),
        when=_spoken(report.started_at),
        seconds=_duration(report.seconds),
        statuses=STATUSES,
        counts=[(status, STATUSES[status], report.count(status)) for status in PASSED_FIRST],
        reached=report.reached.items(),
        tables=[_table(report, name, results) for name, results in report.objects.items()],
        samples=_samples,
        place=partial(_place, report),
    )
    return page + "\n"


def owner(contract: Contract) -> str:
    """Who answers for a contract: its team's name, else the owners among its members; empty if not said."""
    team = contract.document.get("team")
    named = team.get("name") if isinstance(team, Mapping) else None
    members = team.get("members") if isinstance(team, Mapping) else team
    if named or not isinstance(members, list):
        return str(named or "")
    people = [each for each in members if isinstance(each, Mapping)]
    owners = [each for each in people if "owner" in str(each.get("role", "")).lower()]
    names = [str(each.get("name") or each.get("username") or "") for each in owners]
    return ", ".join(filter(None, names))


def _description(contract: Contract) -> str:
    said = contract.document.get("description")
    if isinstance(said, Mapping):
        said = said.get("purpose")
    return said if isinstance(said, str) else ""


def _verdict(report: Report) -> tuple[str, str]:
    """The status that the page opens with, and its sentence."""
    failed, broken = report.count("fail"), report.count("error")
    if failed:
        text = f"{_checks(failed)} failed"
        return "fail", f"{text}, and {broken:,} could not run" if broken else text
    if broken:
        return "error", f"{_checks(broken)} could not run"
    if not report.count("pass", "warn"):
        return "skip", "Nothing could be checked"
    warned, skipped = report.count("warn"), report.count("skip")
    rest = [f"{warned:,} warned"] * bool(warned) + [f"{skipped:,} skipped"] * bool(skipped)
    text = "No check failed" if rest else "The data keep the contract"
    return ("warn" if warned else "pass"), f"{text}; {' and '.join(rest)}" if rest else text


def _checks(count: int) -> str:
    return "1 check" if count == 1 else f"{count:,} checks"


def _table(report: Report, name: str, results: Sequence[CheckResult]) -> Table:
    order = list(STATUSES)
    first = sorted(results, key=lambda result: order.index(result.status))
    found = {word: sum(result.status == status for result in results) for status, word in STATUSES.items()}
    counts = ", ".join(f"{count:,} {word}" for word, count in found.items() if count)
    obj = report.contract.find(name)
    rows = max((result.measure.rows for result in results), default=0)
    return Table(name, (obj.description if obj else None) or "", rows or None, counts, tuple(first))


def _samples(result: CheckResult) -> Samples | None:
    rows, hidden = result.measure.samples[:5], withheld(result)
    if not rows and not hidden:
        return None
    headings = tuple(dict.fromkeys(name for row in rows for name in row))
    cells = tuple(tuple(shown(row[name]) if name in row else "" for name in headings) for row in rows)
    return Samples(headings, cells, hidden)


def _place(report: Report, result: CheckResult) -> str:
    line = report.lines.get(result.spec.path)
    return f"line {line[0]}" if line else ""


def _spoken(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S UTC")


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _finalized(value: Any) -> Any:
    """What stands between double braces: text without characters that no page may hold."""
    return printable(value, keep="\n") if type(value) is str else value
