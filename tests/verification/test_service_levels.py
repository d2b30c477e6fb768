"""Service levels that data can show, at a moment that is given."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.journeys.mesh_folder import MeshFolder, column, custom
from tests.journeys.mesh_folder import contract as document
from tests.verification.contracts import contract, verify

from meshwright.experience.contracts.durations import NoDuration, duration
from meshwright.experience.contracts.service_levels import kept_until
from meshwright.model.check import CheckResult
from meshwright.model.contract import Contract

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def promised(*levels: dict[str, Any], kind: str = "timestamp", **options: Any) -> Contract:
    """A contract of one object with the moment `at`, and service levels of it."""
    at = {"name": "at", "logicalType": kind, **({"logicalTypeOptions": options} if options else {})}
    return contract({"name": "deals", "properties": [at]}, slaProperties=list(levels))


def judged(declared: Contract, kind: str, *values: str) -> CheckResult:
    """What comes of the first service level on these values."""
    rows = " UNION ALL ".join(f"SELECT CAST({value} AS {kind}) AS at" for value in values)
    found = verify(declared, NOW, deals=rows or f"SELECT CAST(NULL AS {kind}) AS at WHERE false")
    return found["deals.slaProperties[0]"]


def level(name: str, value: Any, unit: str | None = None, **more: Any) -> dict[str, Any]:
    """A service level of `deals.at`."""
    return {
        "property": name,
        "value": value,
        "element": "deals.at",
        **({"unit": unit} if unit else {}),
        **more,
    }


@pytest.mark.parametrize(
    ("one", "kind", "values", "status"),
    [
        (level("latency", 4, "h"), "TIMESTAMP", ["'2020-01-01'", "'2026-03-01 08:00'"], "pass"),
        (level("latency", 4, "h"), "TIMESTAMP", ["'2020-01-01'", "'2026-03-01 07:59:59'"], "fail"),
        (level("Freshness", 1, "day"), "TIMESTAMPTZ", ["'2026-02-28 13:00:00+01'"], "pass"),
        (level("ly", 1, "d"), "TIMESTAMPTZ", ["'2026-02-28 12:59:00+01'"], "fail"),
        (level("latency", "P1D"), "DATE", ["'2026-02-27'"], "fail"),
        (level("latency", "1 day"), "DATE", ["'2026-02-28'"], "pass"),
        (level("retention", 3, "y"), "TIMESTAMP", ["'2023-03-01 12:00'", "NULL"], "pass"),
        (level("retention", 3, "yr"), "TIMESTAMP", ["'2023-03-01 11:59'", "'2026-01-01'"], "fail"),
        (level("retention", 3, "years"), "TIMESTAMP", ["'-infinity'"], "fail"),
        (level("retention", 3, "years"), "TIMESTAMP", ["'infinity'"], "pass"),
        (level("retention", 1, "mo"), "DATE", ["'2026-02-01'"], "pass"),
        (level("retention", 1, "mo"), "DATE", ["'2026-01-31'"], "fail"),
        (level("retention", 1, "mo"), "DATE", [], "pass"),
        (level("frequency", 1, "d", valueExt=1), "TIMESTAMP", ["'2026-02-28 12:00'"], "pass"),
        (level("frequency", 1, "d"), "TIMESTAMP", ["'2026-02-28 11:00'"], "fail"),
        (level("frequency", 2, "d", valueExt=3), "TIMESTAMP", ["'2026-03-01'"], "skip"),
        (level("latency", 4, "h"), "TIMESTAMP", ["NULL"], "skip"),
        (level("latency", 4, "h"), "TIMESTAMP", ["'2026-03-01'", "'9999-12-31'"], "error"),
        (level("latency", 4, "h"), "TIMESTAMP", ["'2026-03-01'", "'infinity'"], "error"),
        (level("latency", 4, "M"), "TIMESTAMP", ["'2026-03-01'"], "error"),
        (level("latency", 4), "TIMESTAMP", ["'2026-03-01'"], "error"),
        (level("latency", "soon"), "TIMESTAMP", ["'2026-03-01'"], "error"),
        (level("latency", -4, "h"), "TIMESTAMP", ["'2026-03-01'"], "error"),
        (level("latency", 4, "h"), "VARCHAR", ["'2026-03-01'"], "error"),
    ],
)
def test_service_levels_of_a_moment(one: dict[str, Any], kind: str, values: list[str], status: str) -> None:
    declared = promised(one, kind="date" if kind == "DATE" else "timestamp")
    assert judged(declared, kind, *values).status == status


def test_a_timestamp_without_a_zone_is_in_the_zone_that_the_contract_names() -> None:
    latency = level("latency", 1, "h")
    told = promised(latency, defaultTimezone="America/New_York")
    assert judged(told, "TIMESTAMP", "'2026-03-01 06:30'").status == "pass"
    assert judged(promised(latency), "TIMESTAMP", "'2026-03-01 06:30'").status == "fail"
    unknown = promised(latency, defaultTimezone="Mars/Olympus")
    assert "Mars/Olympus" in judged(unknown, "TIMESTAMP", "'2026-03-01 06:30'").observed


def test_an_update_may_be_late_by_the_latency_of_its_element() -> None:
    both = promised(level("frequency", 1, "d"), level("latency", 4, "d"))
    assert judged(both, "TIMESTAMP", "'2026-02-24 13:00'").status == "pass"
    assert judged(both, "TIMESTAMP", "'2026-02-24 11:00'").status == "fail"


def test_what_data_cannot_show_is_listed_with_the_reason() -> None:
    found = verify(
        promised(
            {"property": "availability", "value": 99, "unit": "%"},
            {"property": "latency", "value": 1, "unit": "d"},
            {"property": "endOfLife", "value": "2030-01-01"},
        ),
        NOW,
        deals="SELECT NOW()::TIMESTAMP AS at",
    )
    reasons = [found[f"deals.slaProperties[{index}]"].observed for index in range(3)]
    assert [found[f"deals.slaProperties[{index}]"].status for index in range(3)] == ["skip"] * 3
    assert "running platform" in reasons[0] and "`element`" in reasons[1] and "product's life" in reasons[2]


def test_elements_of_several_objects_are_judged_one_by_one() -> None:
    moments = [{"name": "at", "logicalType": "timestamp"}]
    declared = contract(
        {"name": "a", "properties": moments},
        {"name": "b", "physicalName": "tab_b", "properties": moments},
        slaProperties=[
            {"property": "latency", "value": 1, "unit": "d", "element": "a.at, tab_b.at"},
            {"property": "latency", "value": 1, "unit": "d", "element": "c.at"},
            {"property": "latency", "value": 1, "unit": "d", "element": "a.when"},
        ],
    )
    found = verify(
        declared, NOW, a="SELECT TIMESTAMP '2026-03-01' AS at", b="SELECT TIMESTAMP '2026-01-01' AS at"
    )
    levels = {name: result.status for name, result in found.items() if "sla" in name}
    assert levels == {
        "a.slaProperties[0]": "pass",
        "b.slaProperties[0]": "fail",
        "a.slaProperties[1]": "error",
        "a.slaProperties[2]": "error",
    }


def test_a_classified_moment_is_not_told() -> None:
    at = {"name": "at", "logicalType": "timestamp", "classification": "confidential"}
    declared = contract({"name": "deals", "properties": [at]}, slaProperties=[level("latency", 1, "h")])
    result = judged(declared, "TIMESTAMP", "'2001-02-03'")
    assert result.status == "fail" and "2001" not in result.observed


def test_the_only_object_of_a_contract_need_not_be_named() -> None:
    declared = promised({"property": "latency", "value": 1, "unit": "h", "element": "at"})
    assert judged(declared, "TIMESTAMP", "'2026-03-01 12:00'").status == "pass"


@pytest.mark.parametrize("value", ["P", "PT", "P1", "", True, float("nan"), 1e300])
def test_what_is_no_length_of_time_is_refused(value: Any) -> None:
    with pytest.raises(NoDuration):
        duration(value, "d")


def test_a_length_of_time_reaches_back_by_the_calendar() -> None:
    leap = dt.datetime(2024, 2, 29, tzinfo=dt.UTC)
    assert duration("P1Y", None).before(leap) == dt.datetime(2023, 2, 28, tzinfo=dt.UTC)
    assert duration(999_999, "y").before(leap).year == 1


def test_only_new_files_are_read_again_for_a_service_level(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    mesh = MeshFolder(tmp_path / "mesh")
    declared = document(
        "deals", {"deals": [column("at", "timestamp")]}, slaProperties=[level("retention", 1, "y")]
    )
    (mesh.root / "deals.yaml").write_text(json.dumps(declared))
    (mesh.root / "data").mkdir()

    def write(name: str, moment: str) -> None:
        sql = f"COPY (SELECT TIMESTAMP '{moment}' AS at FROM range(10)) TO '{mesh.root}/data/{name}.parquet'"
        duckdb.execute(sql)

    def found() -> tuple[str, str, str]:
        answer = mesh.run("verify", "deals.yaml", "--data", "data/*.parquet", "--format", "json", code=1)
        (one,) = [check for check in answer.data["checks"] if check["kind"] == "service_level"]
        return one["status"], one["how"], one["observed"][:17]

    write("a", "2002-01-01")
    assert found() == ("fail", "scanned", "oldest 2002-01-01")
    assert found() == ("fail", "remembered", "oldest 2002-01-01")
    write("b", "2001-01-01")
    assert found() == ("fail", "scanned", "oldest 2001-01-01")


@pytest.mark.parametrize(("severity", "published"), [(None, True), ("error", False), ("info", True)])
def test_a_late_source_stops_a_run_only_where_the_contract_says_so(
    tmp_path: Path, severity: str | None, published: bool
) -> None:
    mesh = MeshFolder(tmp_path)
    late = level("latency", 1, "d", **({"customProperties": custom(severity=severity)} if severity else {}))
    declared = document("deals", {"deals": [column("at", "timestamp")]}, slaProperties=[late])
    mesh.product(
        "sales/deals",
        [declared],
        {"deals.sql": "select timestamp '2001-01-01' as at\n"},
        outputs=[("deals", "1.0.0", "deals")],
    )
    answer = mesh.run("apply", "--yes", "--format", "json", code=None)
    assert (answer.code == 0) is published, answer.text
    run = mesh.run("facts", "sales/deals", "--format", "json").data
    (finished,) = [fact["payload"] for fact in run if fact["kind"] == "run.finished"]
    (check,) = [check for check in finished["checks"] if check["kind"] == "service_level"]
    assert check["status"] == ("warn" if published else "fail")


MOMENTS = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2090, 1, 1), timezones=st.just(dt.UTC))
LENGTHS = st.builds(
    lambda years, months, days, seconds: duration(f"P{years}Y{months}M{days}DT{seconds}S", None),
    st.integers(0, 3),
    st.integers(0, 13),
    st.integers(0, 40),
    st.integers(0, 100_000),
)


@given(moment=MOMENTS, length=LENGTHS)
@example(moment=dt.datetime(2026, 1, 31, tzinfo=dt.UTC), length=duration(1, "month"))
@example(moment=dt.datetime(2024, 2, 29, 5, tzinfo=dt.UTC), length=duration(1, "year"))
def test_what_is_too_old_from_a_moment_on_is_not_before(moment: dt.datetime, length: Any) -> None:
    until = length.after(moment)
    instant = dt.timedelta(microseconds=1)
    assert length.before(until) >= moment
    assert length.before(until - instant) <= moment


def kept(declared: Contract, *values: str, kind: str = "timestamptz") -> str | None:
    """Until when the first service level is kept by a publication of these values."""
    result = judged(declared, kind, *values)
    assert result.status == "pass"
    until = kept_until(result.spec, result.measure, NOW)
    return None if until is None else until.isoformat()


def test_until_when_a_service_level_is_kept() -> None:
    hour = promised(level("latency", 1, "h"))
    assert kept(hour, "'2026-03-01 11:30+00'", "'2026-03-01 10:00+00'") == "2026-03-01T12:30:00+00:00"
    old = promised(level("retention", "P1M"))
    assert kept(old, "'2026-02-10 00:00+00'", "'2026-03-01 00:00+00'") == "2026-03-10T00:00:00+00:00"
    assert kept(old) is None


def test_a_classified_moment_does_not_show_in_until_when_it_is_kept() -> None:
    at = {"name": "at", "logicalType": "timestamp", "classification": "restricted"}
    declared = contract({"name": "deals", "properties": [at]}, slaProperties=[level("latency", 1, "h")])
    assert kept(declared, "'2026-03-01 11:30+00'") == "2026-03-01T13:00:00+00:00"


def test_a_frequency_without_an_element_is_kept_by_publishing(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    levels = [
        {"property": "frequency", "value": 2, "unit": "d"},
        {"property": "latency", "value": 1, "unit": "d"},
    ]
    mesh.product(
        "sales/orders",
        [document("orders", {"orders": [column("id")]}, slaProperties=levels)],
        {"orders.sql": "select 1 as id\n"},
        outputs=[("orders", "1.0.0", "orders")],
    )
    mesh.run("apply", "--yes")
    rows = mesh.rows("select property, status from mesh.slo_status order by path")
    assert [(row["property"], row["status"]) for row in rows] == [
        ("frequency", "kept"),
        ("latency", "unknown"),
    ]
    found = mesh.rows(
        "select kept_until - judged_at between interval 47 hour and interval 48 hour as about "
        "from mesh.slo_status where kept_until is not null"
    )
    assert found == [{"about": True}]
