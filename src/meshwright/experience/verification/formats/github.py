"""The report as workflow commands of GitHub, which it shows as annotations at the rules' lines."""

from __future__ import annotations

from meshwright.experience.contracts.judge import failing_rows
from meshwright.experience.verification.report import Report
from meshwright.model.check import CheckResult
from meshwright.model.printable import printable


def render(report: Report) -> str:
    """One command a line for what did not pass, and the counts as plain text.

    What failed or could not run is an error, or what the rule's severity says; what was skipped is
    a notice.
    """
    lines = [_command(report, result) for result in report.urgent("error", "fail", "warn", "skip")]
    return "\n".join([*lines, report.summary]) + "\n"


def _command(report: Report, result: CheckResult) -> str:
    spec = result.spec
    properties = {"file": report.contract.file}
    place = report.lines.get(spec.path)
    if place is not None:
        properties |= {"line": str(place[0]), "col": str(place[1])}
    properties["title"] = spec.id
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    first = f"expected {result.expected}; observed {result.observed}"
    if result.status == "skip":
        first = f"skipped: {result.measure.skip}"
    return f"::{_level(result)} {listed}::{_message(chr(10).join((first, *failing_rows(result))))}"


def _level(result: CheckResult) -> str:
    if result.status == "skip":
        return "notice"
    if result.status == "warn":
        return "warning" if result.spec.severity == "warning" else "notice"
    return "error"


def _message(text: str) -> str:
    shown = printable(text, keep="\n")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(printable(text)).replace(":", "%3A").replace(",", "%2C")
