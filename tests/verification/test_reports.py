"""What `mesh verify` hands to people and programs."""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.verification.verifying import Answer, document, mesh_verify, write_contract, write_rows

SECRET = "s3cret-not-an-address"
FORMATS = ("text", "json", "junit", "oors", "github", "html")

ORDERS = {
    "name": "orders",
    "description": "One row per order.",
    "properties": [
        {"name": "id", "logicalType": "integer", "primaryKey": True},
        {
            "name": "email",
            "logicalType": "string",
            "classification": "restricted",
            "unique": True,
            "logicalTypeOptions": {"format": "email"},
        },
        {
            "name": "amount",
            "logicalType": "number",
            "logicalTypeOptions": {"minimum": 0},
            "quality": [
                {
                    "type": "library",
                    "metric": "nullValues",
                    "mustBeLessThan": 10,
                    "unit": "percent",
                    "severity": "warning",
                    "dimension": "completeness",
                    "id": "few_without_amount",
                },
                {"type": "library", "metric": "nullValues", "mustBe": 0, "severity": "info"},
            ],
        },
    ],
    "quality": [
        {"type": "text", "description": "Amounts fit the season"},
        {"type": "sql", "query": "DELETE FROM orders", "mustBe": 0},
    ],
}
CUSTOMERS = {"name": "customers", "properties": [{"name": "id", "logicalType": "integer", "required": True}]}
DECLARED = document(
    ORDERS,
    CUSTOMERS,
    name="Orders of the shop",
    description={"purpose": "What was ordered."},
    team={"name": "Shop team"},
)
ROWS = {
    "orders": [
        {"id": 1, "email": "ada@example.org", "amount": 2.5},
        {"id": 2, "email": SECRET, "amount": -3},
        {"id": 3, "email": SECRET, "amount": None},
    ],
    "customers": [{"id": 1}],
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("COLUMNS", raising=False)
    folder = tmp_path / "shop"
    folder.mkdir()
    write_contract(folder, DECLARED)
    write_rows(folder, **ROWS)
    return folder


def verify(folder: Path, *words: str) -> Answer:
    return mesh_verify(folder, "shop.odcs.yaml", "--data", "{object}.jsonl", *words)


def test_the_text_says_for_each_broken_rule_where_what_was_expected_and_observed_and_which_rows(shop):
    answer = verify(shop)
    assert answer.code == 2  # one check could not run
    block = answer.out.split("failed: orders.amount.bounds\n")[1].split("\n\n")[0]
    assert re.fullmatch(
        r"    at        shop\.odcs\.yaml:\d+:\d+\n"
        r"    expected  at least 0\n"
        r"    observed  1 of 3 rows\n"
        r"    rows      id=2, amount=-3(\.0)?",
        block,
    )
    assert "could not run: orders.quality[1]" in answer.out
    assert "warned: orders.amount.quality[0]" in answer.out


def test_nothing_is_silent_in_the_text(shop):
    lines = verify(shop).out.splitlines()
    skipped = next(line for line in lines if line.startswith("orders.quality[0]"))
    assert "Amounts fit the season" in skipped
    assert "no machine can check it" in skipped
    assert [line.split() for line in lines if line.startswith(("orders  ", "customers  "))] == [
        ["orders", "14", "7", "2", "3", "1", "1"],
        ["customers", "3", "3", "0", "0", "0", "0"],
    ]
    assert re.fullmatch(
        r"17 checks: 10 passed, 2 warned, 3 failed, 1 could not run, 1 skipped\. \d+\.\d\d s "
        r"\(\d+ proved, \d+ scanned\)",
        lines[-1],
    )


def test_the_counts_of_how_add_up_to_what_was_judged(shop):
    summary = json.loads(verify(shop, "--format", "json").out)["summary"]
    assert summary["checks"] == sum(summary[word] for word in ("pass", "warn", "fail", "error", "skip"))
    judged = summary["checks"] - summary["error"] - summary["skip"]
    assert judged == sum(summary[word] for word in ("proved", "remembered", "scanned"))


def test_the_text_fits_80_columns(shop, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    declared = json.loads(json.dumps(DECLARED))
    declared["schema"][0]["description"] = "words " * 40
    declared["schema"][0]["properties"][2]["description"] = "An amount that is told at length. " * 5
    declared["schema"][0]["quality"][0]["description"] = "Somebody should look at this. " * 5
    write_contract(shop, declared)
    text = verify(shop).out
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_classified_values_are_in_no_format(shop):
    for form in FORMATS:
        answer = verify(shop, "--format", form)
        assert "orders.email.format" in answer.out, form
        assert SECRET not in answer.out + answer.err, form
    assert "values of email are withheld: classified" in verify(shop).out


def test_a_report_goes_to_a_file_and_the_text_still_to_the_terminal(shop):
    printed = re.sub(r"\d+\.\d\d s", "", verify(shop).out)
    for form in FORMATS:
        answer = verify(shop, "--format", form, "--out", f"report.{form}")
        assert re.sub(r"\d+\.\d\d s", "", answer.out) == printed
        assert (answer.code, (shop / f"report.{form}").stat().st_size > 500) == (2, True)


def test_a_file_that_cannot_be_written_is_told_before_anything_is_verified(shop):
    answer = verify(shop, "--format", "html", "--out", "nowhere/report.html")
    assert answer.code == 2
    assert "there is no folder" in answer.err
    assert answer.out == ""


def test_an_unknown_format_names_those_there_are(shop):
    answer = verify(shop, "--format", "xml")
    assert answer.code == 2
    assert "--format junit" in answer.err


def test_the_shape_of_the_json_is_stable(shop):
    report = json.loads(verify(shop, "--format", "json").out)
    assert list(report) == [
        "contract", "name", "version", "file", "server", "started_at", "seconds", "summary", "checks",
    ]  # fmt: skip
    assert list(report["summary"]) == [
        "checks", "pass", "warn", "fail", "error", "skip", "proved", "remembered", "scanned",
    ]  # fmt: skip
    assert (report["contract"], report["version"], report["name"]) == (
        "shop-orders",
        "1.2.0",
        "Orders of the shop",
    )
    for check in report["checks"]:
        assert list(check) == [
            "check", "path", "object", "column", "kind", "status", "severity", "dimension",
            "schedule", "scheduler", "expected",
            "observed", "rows", "how", "samples", "description", "value", "reason", "withheld", "place",
        ]  # fmt: skip
    checks = {check["check"]: check for check in report["checks"]}
    bounds = checks["orders.amount.bounds"]
    assert (bounds["status"], bounds["value"], bounds["rows"], bounds["reason"]) == ("fail", 1, 3, None)
    assert bounds["samples"] == [{"id": 2, "amount": -3.0}]
    assert re.fullmatch(r"shop\.odcs\.yaml:\d+:\d+", bounds["place"])
    assert checks["orders.email.format"]["withheld"] == ["email"]
    skipped = checks["orders.quality[0]"]
    assert (skipped["status"], skipped["how"], skipped["value"]) == ("skip", None, None)
    assert "no machine" in skipped["reason"]
    assert checks["orders.quality[1]"]["status"] == "error"


def test_the_fields_of_the_json_are_documented(shop):
    page = (Path(__file__).parents[2] / "docs/verify.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    report = json.loads(verify(shop, "--format", "json").out)
    assert {*report, *report["summary"], *report["checks"][0]} <= listed


def test_junit_has_a_suite_per_object_and_a_case_per_check(shop):
    root = ElementTree.fromstring(verify(shop, "--format", "junit").out)
    assert root.tag == "testsuites"
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "17",
        "failures": "3",
        "errors": "1",
        "skipped": "1",
    }
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["orders", "customers"]
    for suite in suites.values():
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(attribute) == str(sum(case.find(tag) is not None for case in cases))
    failed = next(case for case in root.iter("testcase") if case.get("name") == "orders.amount.bounds")
    failure = failed.find("failure")
    assert failure is not None and failure.text is not None
    assert failure.get("message") == "expected at least 0; observed 1 of 3 rows"
    assert "id=2" in failure.text
    assert failed.get("file") == "shop.odcs.yaml" and int(failed.get("line", "")) > 1
    warned = next(case for case in root.iter("testcase") if case.get("name") == "orders.amount.quality[0]")
    assert [part.tag for part in warned] == ["system-out"]


def test_github_shows_annotations_at_the_rules_by_severity(shop):
    out = verify(shop, "--format", "github").out
    *commands, summary = out.splitlines()
    levels = Counter(command.split(" ")[0] for command in commands)
    assert levels == {"::error": 4, "::warning": 1, "::notice": 2}  # of severity info, and skipped
    assert any(
        re.match(
            r"::error file=shop\.odcs\.yaml,line=\d+,col=\d+,title=orders\.amount\.bounds::expected", line
        )
        for line in commands
    )
    assert any("25 %25" in line or "33.33 %25" in line for line in commands)
    assert summary.startswith("17 checks: ")


def test_the_oors_document_says_what_was_measured_against_which_rule(shop):
    report = json.loads(verify(shop, "--format", "oors").out)
    assert report["apiVersion"] == "v0.8.1"
    assert report["kind"] == "ObservabilityResults"
    assert report["contract"] == {
        "contractId": "shop-orders",
        "standard": "ODCS",
        "version": "1.2.0",
        "server": "{object}.jsonl",
    }
    assert report["status"] == "error"
    assert report["run"]["state"] == "completed"
    assert {"process", "vendor"} <= report["source"].keys()
    results = {result["id"]: result for result in report["results"]}
    assert len(results) == 17
    for result in results.values():
        assert {"id", "type", "name", "status", "relatesTo", "severity", "message"} <= result.keys()
        assert result["type"] in ("check", "metric")
        assert result["status"] in ("pass", "fail", "warn", "error", "skip")
    bounds = results["orders.amount.bounds"]
    assert bounds["relatesTo"] == "schema/orders/properties/amount/logicalTypeOptions"
    assert bounds["target"] == {"resourceType": "column", "resourceIdentifier": "orders.amount"}
    assert bounds["measure"] == {
        "metric": "bounds",
        "value": 1,
        "threshold": {"mustBe": 0},
        "unit": "rows",
        "rowCount": 3,
        "failedRowCount": 1,
    }
    nulls = results["orders.amount.quality[0]"]
    assert nulls["relatesTo"] == "schema/orders/properties/amount/quality/few_without_amount"
    assert (nulls["type"], nulls["dimension"], nulls["measure"]["metric"]) == (
        "metric",
        "completeness",
        "nullValues",
    )
    assert nulls["measure"]["unit"] == "percent"
    assert nulls["measure"]["value"] == pytest.approx(100 / 3)
    assert nulls["measure"]["failedRowCount"] == 1
    assert "measure" not in results["orders.quality[0]"]


class Page(HTMLParser):
    """What a page consists of."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def test_the_html_page_stands_alone_and_says_everything(shop):
    text = verify(shop, "--format", "html").out
    page = Page(text)
    tags = Counter(tag for tag, _ in page.tags)
    assert not tags.keys() & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"https?:|url\(|@import|\son\w+=", text)
    assert (tags["h1"], tags["h2"], tags["main"], tags["title"]) == (1, 2, 1, 1)
    assert page.tags[0] == ("html", {"lang": "en"})
    for said in (
        "Orders of the shop", "1.2.0", "Shop team", "What was ordered.", "{object}.jsonl",
        "3 checks failed, and 1 could not run", "One row per order.", "orders.amount.bounds", "at least 0",
        "1 of 3 rows", "completeness", "warning", "Values of email are withheld: classified.", "UTC",
        "proved", "remembered", "scanned", "Amounts fit the season",
    ):  # fmt: skip
        assert said in page.text, said
    heads = [attributes for tag, attributes in page.tags if tag == "th"]
    assert heads and all(head.get("scope") in ("col", "row") for head in heads)
    checks = sum(head["scope"] == "row" for head in heads)
    assert checks == 17
    assert tags["caption"] == tags["table"]
    assert "prefers-color-scheme: dark" in text and "@media print" in text


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_colour_of_the_page_has_contrast_enough_to_read(shop):
    text = verify(shop, "--format", "html").out
    light, dark = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    for palette in (light, dark):
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", palette))
        for paper in ("paper", "band"):
            for ink in ("ink", "soft", "pass", "warn", "fail", "error", "skip"):
                low, high = sorted((luminance(colours[paper]), luminance(colours[ink])))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (paper, ink)


def test_the_owner_is_the_team_or_the_owners_among_its_members(shop):
    for team, said in (
        ([{"username": "ada", "role": "Owner"}, {"username": "bob"}], "ada"),
        ({"members": [{"username": "g", "name": "Grace", "role": "data owner"}]}, "Grace"),
        (None, "not named in the contract"),
    ):
        declared = {**DECLARED, "team": team}
        if team is None:
            del declared["team"]
        if isinstance(team, list):
            declared["apiVersion"] = "v3.0.2"
        write_contract(shop, declared)
        assert said in Page(verify(shop, "--format", "html").out).text


def test_data_that_keep_the_contract_say_so_in_one_line(shop):
    write_contract(shop, document(CUSTOMERS))
    answer = verify(shop)
    assert answer.code == 0
    assert re.fullmatch(r"3 checks: 3 passed\. \d+\.\d\d s \(\d+ proved, \d+ scanned\)\n", answer.out)
    page = Page(verify(shop, "--format", "html").out)
    assert "The data keep the contract" in page.text


def test_strict_counts_skipped_checks_as_failed(shop):
    rule = {"type": "text", "description": "Looks right"}
    write_contract(shop, document({**CUSTOMERS, "quality": [rule]}))
    assert [verify(shop).code, verify(shop, "--strict").code] == [0, 1]
    assert "No check failed; 1 skipped" in Page(verify(shop, "--format", "html").out).text
