"""Whatever names and values hold, a report parses and says the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.verification.test_reports import Page

from meshwright.cli.verified import told
from meshwright.experience.verification.formats import FORMATS, render
from meshwright.experience.verification.report import Report
from meshwright.model.check import CheckKind, CheckResult, CheckSpec, Measure
from meshwright.model.contract import Contract, ContractObject
from meshwright.model.printable import printable

NASTY = (
    '"', "'", "<script>alert(1)</script>", "\n", "\r\n", "\x00", "\x1b[31m", "::error::x", "\n::error::x",
    "]]>", "<![CDATA[", "-->", "&amp;", "%0A", "{{ 7*7 }}", "{% raw %}", "\u202e", "\u2028", "\ud800",
    "\ufffe", "`", "||", "\\", "##[error]x", ",title=x", "</style>", "\x85", "\U0001f600", "a/b%",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(NASTY) | st.text(min_size=1, max_size=5), min_size=1, max_size=4).map(
    "".join
)
VALUES = (
    TEXTS
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals(allow_nan=True)
    | st.lists(TEXTS, max_size=2)
)
KINDS: tuple[CheckKind, ...] = ("present", "required", "metric", "sql", "text", "unique", "bounds")


@st.composite
def results(draw: st.DrawFn, name: str) -> CheckResult:
    kind, status = (
        draw(st.sampled_from(KINDS)),
        draw(st.sampled_from(["pass", "fail", "warn", "error", "skip"])),
    )
    column, told = draw(TEXTS), draw(TEXTS)
    spec = CheckSpec(
        f"{draw(TEXTS)}.{kind}",
        "schema[0].properties[0]",
        name,
        kind,
        column,
        {"metric": "nullValues"} if kind == "metric" else {},
        severity=draw(st.sampled_from(["error", "warning", "info"])),
        dimension=draw(TEXTS),
        description=draw(TEXTS),
        withheld=(column,) if draw(st.booleans()) else (),
    )
    reason = {"error": {"error": told}, "skip": {"skip": told}}.get(status, {})
    rows = draw(st.lists(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=2), max_size=3))
    value = draw(VALUES if kind == "sql" else st.integers(0, 9))
    measure = Measure(value, 9, tuple(rows), **reason)
    return CheckResult(spec, status, draw(TEXTS), draw(TEXTS), measure)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    names = draw(st.lists(TEXTS, min_size=1, max_size=2, unique=True))
    found = [each for name in names for each in draw(st.lists(results(name), min_size=1, max_size=3))]
    objects = tuple(
        ContractObject(name, f"schema[{i}]", description=draw(TEXTS)) for i, name in enumerate(names)
    )
    document = {
        "schema": [{"name": name, "properties": [{"name": draw(TEXTS)}]} for name in names],
        "team": {"name": draw(TEXTS)},
        "description": {"purpose": draw(TEXTS)},
    }
    contract = Contract(
        draw(TEXTS), draw(TEXTS), "v3.2.0", draw(TEXTS), document, name=draw(TEXTS), objects=objects
    )
    lines = {"schema[0].properties[0]": (3, 5)} if draw(st.booleans()) else {}
    return Report(contract, draw(TEXTS), "2026-01-05T10:00:00+00:00", 1.25, tuple(found), lines)


hostile = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def strict(text: str) -> object:
    def refuse(constant: str) -> object:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


@hostile
@given(report=reports(), form=st.sampled_from(FORMATS))
def test_every_format_can_be_written_as_utf_8_and_ends_in_a_line_break(report: Report, form: str) -> None:
    text = render(report, form)
    assert text.encode("utf-8").endswith(b"\n")
    assert text == render(report, form)


@hostile
@given(report=reports())
def test_hostile_names_come_back_from_json(report: Report) -> None:
    read = strict(render(report, "json"))
    assert isinstance(read, dict)
    assert read["contract"] == report.contract.id
    assert [check["check"] for check in read["checks"]] == [result.spec.id for result in report.results]
    assert [len(check["samples"]) for check in read["checks"]] == [
        len(result.measure.samples) for result in report.results
    ]


@hostile
@given(report=reports())
def test_hostile_names_come_back_from_oors(report: Report) -> None:
    read = strict(render(report, "oors"))
    assert isinstance(read, dict)
    assert [result["id"] for result in read["results"]] == [result.spec.id for result in report.results]
    for result in read["results"]:
        assert re.fullmatch(r"schema/[^/]+/properties/[^/]+", result["relatesTo"], re.DOTALL)


@hostile
@given(report=reports())
def test_hostile_names_come_back_from_junit(report: Report) -> None:
    root = ElementTree.fromstring(render(report, "junit").encode())
    assert [suite.get("name") is not None for suite in root] == [True] * len(report.objects)
    cases = list(root.iter("testcase"))
    for case, result in zip(cases, report.results, strict=True):
        name = result.spec.id
        if re.fullmatch("[\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*", name):
            assert case.get("name") == name
        tags = {part.tag for part in case}
        assert tags == {
            {"fail": "failure", "error": "error", "skip": "skipped"}.get(result.status, "system-out")
        }
    assert len(list(root.iter("failure"))) == report.count("fail")


@hostile
@given(report=reports())
def test_hostile_names_are_one_annotation_each(report: Report) -> None:
    text = render(report, "github")
    *commands, _summary = text.removesuffix("\n").split("\n")
    shown = report.urgent("error", "fail", "warn", "skip")
    for line, result in zip(commands, shown, strict=True):
        found = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert found is not None
        properties = dict(part.split("=", 1) for part in found[2].split(","))
        assert list(properties) == [
            *(["file", "line", "col"] if report.lines else ["file"]),
            "title",
        ]
        title = properties["title"].replace("%2C", ",").replace("%3A", ":").replace("%25", "%")
        assert title == printable(result.spec.id)
    assert sum(line.startswith("::") for line in text.splitlines()) == len(shown)


@hostile
@given(report=reports())
def test_hostile_names_add_nothing_to_the_page(report: Report) -> None:
    """The page has the elements that it has with harmless names, and shows the hostile ones."""

    def elements(text: str) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in Page(text).tags if tag != "code"]

    text = render(report, "html")
    assert elements(text) == elements(render(tamed(report), "html"))
    shown = Page(text).text
    for result in report.results:
        assert printable(result.spec.id, keep="\n") in shown
        assert not result.spec.description or printable(result.spec.description, keep="\n") in shown


@hostile
@given(report=reports(), width=st.none() | st.integers(60, 120))
def test_hostile_names_give_a_terminal_and_a_workflow_no_orders(report: Report, width: int | None) -> None:
    text = told(report, width) + report.summary
    for line in text.split("\n"):
        assert line.isprintable() or all(c.isprintable() or c.isspace() for c in line)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", line)
        assert not line.lstrip().startswith("::")


def tamed(report: Report) -> Report:
    """The same report with harmless names and values."""
    contract = replace(
        report.contract,
        id="a",
        version="a",
        file="a",
        name="a",
        objects=tuple(replace(obj, description="a") for obj in report.contract.objects),
        document={"team": {"name": "a"}, "description": {"purpose": "a"}},
    )
    calm = []
    for result in report.results:
        spec = replace(result.spec, id="a", dimension="a")
        if spec.description != result.expected:
            spec = replace(spec, description="b")
        rows = tuple(dict.fromkeys(row, "a") for row in result.measure.samples)
        measure = replace(result.measure, samples=rows)
        expected = spec.description if spec.description == result.expected else "c"
        calm.append(replace(result, spec=spec, expected=expected, observed="a", measure=measure))
    return replace(report, contract=contract, server="a", results=tuple(calm))
