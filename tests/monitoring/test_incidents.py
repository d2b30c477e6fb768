"""What is an incident, since when, and when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from watched_mesh import ORDERS, Clock, Watched

from meshwright.provisioning.registry import Event

HOURLY = {"property": "latency", "value": 1, "unit": "h", "element": "orders.at"}


def swept(mesh: Watched) -> list[tuple[str, str]]:
    mesh.watch().sweep()
    return mesh.told


def test_runs_that_fail_one_after_another_are_one_incident(mesh: Watched) -> None:
    mesh.apply()
    mesh.ran()
    assert swept(mesh) == []
    mesh.ran("failed")
    first = mesh.clock.at(seconds=-1)
    mesh.ran("failed")
    assert swept(mesh) == swept(mesh) == [("opened", "run")]
    [opened] = mesh.facts("incident.opened")
    assert opened.subject == "sales/orders"
    assert opened.payload["began_at"] == first
    assert opened.payload["run"] == "r2"
    assert "lovelace" not in str(opened.payload)
    mesh.ran()
    over = mesh.clock.at(seconds=-1)
    mesh.clock.forward(hours=1)
    assert swept(mesh) == [("opened", "run"), ("ended", "run")]
    assert mesh.facts("incident.ended")[0].payload["ended_at"] == over
    mesh.ran("failed")
    assert swept(mesh)[2:] == [("opened", "run")]
    assert len({fact.payload["incident"] for fact in mesh.facts("incident.opened")}) == 2


def test_a_run_that_died_is_one_too(mesh: Watched) -> None:
    mesh.apply()
    mesh.registry.record("dev", [Event("run.died", str(ORDERS), {"run": "r1"})])
    assert swept(mesh) == [("opened", "run")]
    assert "its process died" in mesh.facts("incident.opened")[0].payload["summary"]


@pytest.mark.parametrize("status", ["fail", "warn"])
def test_a_service_level_that_a_run_finds_broken_is_open_until_one_keeps_it(
    mesh: Watched, status: str
) -> None:
    mesh.apply(levels=[HOURLY])
    mesh.ran(service_levels=[mesh.judged(status)])
    assert swept(mesh) == [("opened", "latency")]
    [opened] = mesh.facts("incident.opened")
    assert opened.payload["address"] == "mesh://acme/sales/orders/out@1"
    assert "latency of 1 h" in opened.payload["summary"]
    assert "2026-02-28" not in str(opened.payload)  # a value of data
    mesh.ran(service_levels=[mesh.judged(status)])
    assert swept(mesh) == [("opened", "latency")]
    mesh.ran(service_levels=[mesh.judged("pass", mesh.clock.at(hours=1))])
    assert swept(mesh) == [("opened", "latency"), ("ended", "latency")]


def test_time_alone_breaks_a_service_level(mesh: Watched, clock: Clock) -> None:
    mesh.apply(levels=[HOURLY])
    until = clock.at(hours=1)
    mesh.ran(service_levels=[mesh.judged("pass", until)])
    watch = mesh.watch()
    watch.sweep()
    assert mesh.told == []
    clock.forward(minutes=59)
    watch.sweep()
    assert mesh.told == []
    clock.forward(minutes=2)
    watch.sweep()  # nothing was recorded since it looked last
    assert mesh.told == [("opened", "latency")]
    assert mesh.facts("incident.opened")[0].payload["began_at"] == until
    mesh.ran("failed")
    watch.sweep()
    assert mesh.told == [("opened", "latency"), ("opened", "run")]
    mesh.ran(service_levels=[mesh.judged("pass", clock.at(hours=1))])
    watch.sweep()
    assert sorted(mesh.told[2:]) == [("ended", "latency"), ("ended", "run")]


def test_two_service_levels_of_one_name_are_told_apart(mesh: Watched) -> None:
    mesh.apply(levels=[HOURLY, {**HOURLY, "element": "orders.until"}])
    mesh.ran(service_levels=[mesh.judged("warn", index=0), mesh.judged("warn", index=1)])
    assert swept(mesh) == [("opened", "latency slaProperties[0]"), ("opened", "latency slaProperties[1]")]


def test_what_nothing_can_be_told_of_stays_open_and_opens_nothing(mesh: Watched) -> None:
    mesh.apply(levels=[HOURLY])
    mesh.ran(service_levels=[mesh.judged("skip")])
    assert swept(mesh) == []
    mesh.ran(service_levels=[mesh.judged("warn")])
    assert swept(mesh) == [("opened", "latency")]
    mesh.apply({"channel": "x", "url": "https://chat.example"}, levels=[HOURLY])  # verdicts were of before
    assert swept(mesh) == [("opened", "latency")]
    mesh.apply(levels=[])
    assert swept(mesh) == [("opened", "latency"), ("ended", "latency")]


@pytest.mark.parametrize("gone", ["removed", "retired"])
def test_nothing_is_expected_of_a_product_that_is_gone(mesh: Watched, gone: str) -> None:
    mesh.apply(levels=[HOURLY])
    mesh.ran(service_levels=[mesh.judged("warn")])
    mesh.ran("failed")
    assert len(swept(mesh)) == 2
    if gone == "removed":
        mesh.remove()
    else:
        mesh.apply(levels=[HOURLY], status="retired")
    assert sorted(swept(mesh)[2:]) == [("ended", "latency"), ("ended", "run")]


def test_a_look_at_one_product_finds_what_the_sweep_of_all_would(mesh: Watched, clock: Clock) -> None:
    mesh.apply(levels=[HOURLY])
    mesh.ran("failed")
    mesh.watch().sweep_product(ORDERS)
    assert mesh.told == [("opened", "run")]
    for _ in range(60):  # further back than it looks for runs
        mesh.ran("failed")
    mesh.watch().sweep_product(ORDERS)
    mesh.watch().sweep()
    assert mesh.told == [("opened", "run")]
    mesh.ran(service_levels=[mesh.judged("pass", clock.at(hours=1))])
    mesh.watch().sweep_product(ORDERS)
    mesh.watch().sweep()
    assert mesh.told == [("opened", "run"), ("ended", "run")]


def test_when_it_was_last_seen_is_the_last_run_that_showed_it(mesh: Watched) -> None:
    mesh.apply()
    mesh.ran("failed")
    watch = mesh.watch()
    watch.sweep()
    mesh.clock.forward(hours=2)
    mesh.ran("failed")
    tables, coming = watch.current()
    [row] = tables.tables["incidents"].to_pylist()
    assert row["last_seen"] - row["began_at"] > timedelta(hours=2)
    assert coming == []


def test_the_chain_of_facts_holds(mesh: Watched) -> None:
    mesh.apply()
    mesh.ran("failed")
    swept(mesh)
    assert mesh.registry.verify_facts("dev") is None
