"""What `mesh verify` tells people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from textwrap import wrap

from meshwright.cli.layout import lay_out
from meshwright.cli.output import short
from meshwright.experience.contracts.judge import failing_rows
from meshwright.experience.verification.report import PASSED_FIRST, STATUSES, Report
from meshwright.model.check import CheckResult
from meshwright.model.printable import printable


def told(report: Report, width: int | None, rule: str = "-") -> str:
    """What did not pass, and where; what was skipped, and why; the counts by object and in all.

    Tables are at most `width` wide. No line is a command to a system that runs `mesh` and reads
    what it prints.
    """
    blocks = [list(_problem(report, result, width)) for result in report.urgent("error", "fail", "warn")]
    skipped = report.urgent("skip")
    if skipped:
        rows = [(result.spec.id, short(result.spec.description), result.measure.skip) for result in skipped]
        blocks.append(list(lay_out(("skipped", "rule", "why"), rows, width, rule)))
    if len(report.objects) > 1:
        blocks.append(list(_objects(report, width, rule)))
    lines = [line for block in blocks for line in (*block, "")]
    return "".join(f"{_harmless(line)}\n" for line in lines)


def _problem(report: Report, result: CheckResult, width: int | None) -> Iterator[str]:
    """One result that is to be looked at: what, where, expected and observed, failing rows."""
    facts = [("about", result.spec.description.strip())] if result.spec.description else []
    facts += [
        ("at", report.place(result)),
        ("expected", result.expected),
        ("observed", result.observed),
        *zip_longest(("rows",), failing_rows(result), fillvalue=""),
    ]
    yield printable(f"{STATUSES[result.status]}: {result.spec.id}")
    for name, text in facts:
        if text:
            yield from _wrapped(f"    {name:<8}  ", printable(text), width)


def _wrapped(first: str, text: str, width: int | None) -> list[str]:
    if width is None:
        return [first + text]
    return wrap(
        text,
        max(width, len(first) + 30),
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _objects(report: Report, width: int | None, rule: str) -> Iterator[str]:
    found = {name: [r.status for r in results] for name, results in report.objects.items()}
    shown = [status for status in PASSED_FIRST if status == "pass" or report.count(status)]
    rows = [
        (name, len(statuses), *(statuses.count(status) for status in shown))
        for name, statuses in found.items()
    ]
    yield from lay_out(("object", "checks", *(STATUSES[status] for status in shown)), rows, width, rule)


def _harmless(line: str) -> str:
    return line.replace("::", r"\::", 1) if line.lstrip().startswith("::") else line
