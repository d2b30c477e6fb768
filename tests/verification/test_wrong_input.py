"""What cannot be checked is an error that names it, never a pass, and never in the way of the rest."""

from __future__ import annotations

from typing import Any

import pytest
from tests.verification.contracts import deals, verify


def observed(prop: dict[str, Any], rows: str, check: str) -> str:
    """What the check says; the check beside it still passes."""
    good = {"name": "good", "logicalType": "integer", "required": True}
    results = verify(deals({"name": "v", **prop}, good), deals=rows)
    assert results["deals.good.required"].status == "pass"
    assert results[check].status == "error"
    assert results[check].stops
    return results[check].observed


TEXT = "SELECT 'a' AS v, 1::BIGINT AS good"


@pytest.mark.parametrize(
    "pattern", ["(", "(?=a)", "(?!a)", r"(a)\1", "[b-a]", "a{2000}", "(?<year>a)", r"\u00e9"]
)
@pytest.mark.parametrize("rows", [TEXT, f"{TEXT} WHERE false"])
def test_a_pattern_that_re2_cannot_run(pattern: str, rows: str) -> None:
    if "false" in rows:
        prop = {"logicalType": "string", "logicalTypeOptions": {"pattern": pattern}}
        results = verify(deals({"name": "v", **prop}), deals=rows)
        assert results["deals.v.pattern"].status == "error"
        return
    said = observed(
        {"logicalType": "string", "logicalTypeOptions": {"pattern": pattern}}, rows, "deals.v.pattern"
    )
    assert f"`{pattern}`" in said


def test_a_pattern_of_invalid_values_that_re2_cannot_run() -> None:
    rule = {"metric": "invalidValues", "arguments": {"pattern": "(?=a)"}, "mustBeLessThan": 5}
    assert "`(?=a)`" in observed({"quality": [rule]}, TEXT, "deals.v.quality[0]")


@pytest.mark.parametrize(
    ("prop", "check", "says"),
    [
        ({"logicalTypeOptions": {"minimum": 1}}, "bounds", "the column is string"),
        ({"logicalTypeOptions": {"multipleOf": 2}}, "multiple_of", "the column is string"),
        ({"logicalTypeOptions": {"minItems": 2}}, "size", "the column is string"),
        ({"quality": [{"metric": "rowCnt", "mustBe": 1}]}, "quality[0]", "did you mean `rowCount`"),
        ({"quality": [{"metric": "nullValues", "arguments": {"x": 1}, "mustBe": 1}]}, "quality[0]", "`x`"),
        ({"quality": [{"metric": "invalidValues", "mustBe": 0}]}, "quality[0]", "what is valid"),
        ({"quality": [{"metric": "rowCount"}]}, "quality[0]", "no operator"),
        (
            {"quality": [{"metric": "duplicateValues", "arguments": {"properties": ["vv"]}, "mustBe": 0}]},
            "quality[0]",
            "did you mean `v`",
        ),
    ],
)
def test_a_rule_that_does_not_fit_its_column(prop: dict[str, Any], check: str, says: str) -> None:
    assert says in observed(prop, TEXT, f"deals.v.{check}")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"minimum": "2020-13-01"}, "2020-13-01"),
        ({"minimum": "yesterday"}, "yesterday"),
        ({"minimum": "2020-01-01", "defaultTimezone": "Mars/Base"}, "Mars/Base"),
    ],
)
def test_a_bound_that_is_no_moment(options: dict[str, Any], says: str) -> None:
    rows = "SELECT TIMESTAMP '2020-01-01' AS v, 1::BIGINT AS good"
    assert says in observed(
        {"logicalType": "timestamp", "logicalTypeOptions": options}, rows, "deals.v.bounds"
    )


def test_a_format_that_is_not_known_is_skipped_and_says_so() -> None:
    results = verify(
        deals({"name": "v", "logicalType": "string", "logicalTypeOptions": {"format": "iban"}}), deals=TEXT
    )
    assert results["deals.v.format"].status == "skip"
    assert "`iban`" in results["deals.v.format"].observed
