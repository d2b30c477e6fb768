"""The report as JUnit XML, which continuous integration shows: an object is a suite, a check a case.

A warning passes, as JUnit has no word for it, and says what it is in the case's output.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from meshwright.experience.contracts.judge import failing_rows
from meshwright.experience.verification.report import Report
from meshwright.model.check import CheckResult

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (section 2.2)."""


def render(report: Report) -> str:
    """The report as one `testsuites` element."""
    root = Element("testsuites", {"name": _xml(report.contract.name or report.contract.id)})
    root.attrib |= {**_counts(report.results), "time": f"{report.seconds:.3f}"}
    for name, results in report.objects.items():
        _suite(root, report, name, results)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, report: Report, name: str, results: Sequence[CheckResult]) -> None:
    started = report.started_at.partition("+")[0]
    suite = SubElement(root, "testsuite", {"name": _xml(name), **_counts(results), "timestamp": started})
    told = {
        "contract": report.contract.id,
        "version": report.contract.version,
        "server": report.server,
    }
    properties = SubElement(suite, "properties")
    for key, value in told.items():
        SubElement(properties, "property", {"name": key, "value": _xml(value)})
    for result in results:
        _case(suite, report, result)


def _counts(results: Sequence[CheckResult]) -> dict[str, str]:
    def count(status: str) -> str:
        return str(sum(result.status == status for result in results))

    return {
        "tests": str(len(results)),
        "failures": count("fail"),
        "errors": count("error"),
        "skipped": count("skip"),
    }


def _case(suite: Element, report: Report, result: CheckResult) -> None:
    spec = result.spec
    case = SubElement(
        suite,
        "testcase",
        {
            "name": _xml(spec.id),
            "classname": _xml(f"{report.contract.id}.{spec.object}"),
            "file": _xml(report.contract.file),
        },
    )
    line = report.lines.get(spec.path)
    if line is not None:
        case.set("line", str(line[0]))
    message = f"expected {result.expected}; observed {result.observed}"
    text = "\n".join((f"{report.place(result)}: {message}", *failing_rows(result)))
    match result.status:
        case "fail":
            _told(case, "failure", message, spec.kind, text)
        case "error":
            _told(case, "error", result.measure.error or message, spec.kind, text)
        case "skip":
            SubElement(case, "skipped", {"message": _xml(result.measure.skip or message)})
        case "warn":
            SubElement(case, "system-out").text = _xml(f"warning: {text}")
        case "pass":
            SubElement(case, "system-out").text = _xml(f"{message} ({result.measure.how})")


def _told(case: Element, name: str, message: str, kind: str, text: str) -> None:
    SubElement(case, name, {"message": _xml(message), "type": kind}).text = _xml(text)


def _xml(text: str) -> str:
    """Text that XML can write; other characters as escapes (`\\x00`)."""
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text.replace("\r", "\\r"))
