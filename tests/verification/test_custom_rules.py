"""Custom rules: run where their engine is installed, and otherwise skipped with what to install."""

from __future__ import annotations

import json
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.mesh_folder import MeshFolder, column, contract, csv_server

from meshwright.adapters.great_expectations import engine

installed = pytest.mark.skipif(
    util.find_spec("great_expectations") is None, reason="Great Expectations is not installed"
)


def expectation(kind: str, **kwargs: Any) -> dict[str, Any]:
    """A rule for Great Expectations, as the standard writes it."""
    text = json.dumps({"type": kind, "kwargs": kwargs})
    return {"type": "custom", "engine": "greatExpectations", "implementation": text}


def orders(root: Path, *rules: dict[str, Any], of_amount: Any = (), lines: Any = ()) -> MeshFolder:
    """A contract of orders with these rules beside a CSV file."""
    mesh = MeshFolder(root)
    mesh.csv("orders.csv", "id,name,amount", *(lines or ("1,a,10", "2,b,", "9007199254740993,c,30")))
    columns = [column("id"), column("name", "string"), column("amount", "number", quality=list(of_amount))]
    declared = contract("orders", {"orders": columns}, servers=csv_server("orders.csv"))
    declared["schema"][0]["quality"] = list(rules)
    (root / "orders.yaml").write_text(json.dumps(declared))
    return mesh


def verdicts(mesh: MeshFolder) -> list[tuple[str, str]]:
    """Status and observation of each custom rule."""
    checks = mesh.run("verify", "orders.yaml", "--format", "json", code=None).data["checks"]
    return [(check["status"], check["observed"]) for check in checks if check["kind"] == "custom"]


def test_rules_for_an_engine_that_is_not_installed_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.util, "find_spec", lambda name: None)
    mesh = orders(tmp_path, expectation("expect_table_row_count_to_be_between", minValue=1))
    ((status, why),) = verdicts(mesh)
    assert status == "skip" and "pip install 'meshwright[great-expectations]'" in why
    mesh.run("verify", "orders.yaml", "--strict", code=1)


def test_an_engine_of_another_generation_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.util, "find_spec", lambda name: name)
    monkeypatch.setattr(engine.metadata, "version", lambda name: "0.18.22")
    ((status, why),) = verdicts(orders(tmp_path, expectation("expect_table_row_count_to_be_between")))
    assert status == "skip" and "0.18.22" in why


def test_rules_for_other_engines_are_skipped_with_the_reason(tmp_path: Path) -> None:
    rules = [
        {"type": "custom", "engine": "soda", "implementation": "type: duplicate_percent"},
        {"type": "custom", "engine": "dbt", "implementation": "not_null"},
        {"type": "custom", "engine": "monteCarlo", "implementation": "x"},
    ]
    found = verdicts(orders(tmp_path, *rules))
    assert [status for status, _ in found] == ["skip"] * 3
    assert "Soda" in found[0][1] and "dbt" in found[1][1] and "monteCarlo" in found[2][1]


def test_schedule_and_dimension_of_a_rule_are_carried_to_its_result(tmp_path: Path) -> None:
    rule = {
        "metric": "rowCount",
        "mustBe": 3,
        "dimension": "completeness",
        "scheduler": "cron",
        "schedule": "0 20 * * *",
    }
    checks = orders(tmp_path, rule).run("verify", "orders.yaml", "--format", "json").data["checks"]
    (found,) = [check for check in checks if check["kind"] == "metric"]
    assert (found["dimension"], found["scheduler"], found["schedule"]) == (
        "completeness",
        "cron",
        "0 20 * * *",
    )


@installed
def test_expectations_are_judged_on_all_rows(tmp_path: Path) -> None:
    mesh = orders(
        tmp_path,
        expectation("expect_table_row_count_to_be_between", minValue=1, maxValue=3),
        expectation("expect_table_row_count_to_be_between", min_value=4),
        expectation("expect_column_values_to_be_in_set", column="id", value_set=[1, 2, 9007199254740993]),
        expectation("expect_column_values_to_be_in_set", column="id", value_set=[1, 2, 9007199254740992]),
        expectation("expect_column_values_to_match_regex", column="name", regex="a|b"),
        of_amount=[expectation("expect_column_values_to_not_be_null")],
    )
    assert verdicts(mesh) == [
        ("pass", "met"),
        ("fail", "not met"),
        ("pass", "met"),
        ("fail", "not met: 1 unexpected of 3 rows"),
        ("fail", "not met: 1 unexpected of 3 rows"),
        ("fail", "not met: 1 unexpected of 3 rows"),
    ]


@installed
def test_an_expectation_that_cannot_run_is_an_error_and_never_met(tmp_path: Path) -> None:
    mesh = orders(
        tmp_path,
        expectation("expect_nothing_of_the_kind"),
        expectation("expect_table_row_count_to_be_between", least=1),
        expectation("expect_column_values_to_not_be_null", column="nope"),
        expectation("expect_column_values_to_match_regex", column="name", regex="("),
        expectation(
            "expect_column_values_to_not_be_null", column="id", row_condition="@x", condition_parser="pandas"
        ),
        {"type": "custom", "engine": "great-expectations", "implementation": "rows > 0"},
    )
    found = verdicts(mesh)
    assert [status for status, _ in found] == ["error"] * 6, found
    assert "expect_nothing_of_the_kind" in found[0][1] and "least" in found[1][1] and "`nope`" in found[2][1]
    assert "is code" in found[4][1]


@installed
def test_more_rows_than_fit_are_skipped_and_not_sampled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ROWS", 2)
    ((status, why),) = verdicts(orders(tmp_path, expectation("expect_table_row_count_to_be_between")))
    assert status == "skip" and "more than 2" in why


@installed
def test_a_broken_expectation_keeps_a_product_from_being_published(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    declared = contract("deals", {"deals": [column("id")]})
    declared["schema"][0]["quality"] = [expectation("expect_column_values_to_be_unique", column="id")]
    mesh.product(
        "sales/deals",
        [declared],
        {"deals.sql": "select * from (values (1), (1)) as t(id)\n"},
        outputs=[("deals", "1.0.0", "deals")],
    )
    assert "unexpected" in mesh.run("apply", "--yes", code=1).text
