"""Premium Offices end to end: a real PostgreSQL, a real API, days that pass and a delivery that is bad."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from example_mesh import Example
from generate import bad_batch, generate, repair
from systems import load_crm, systems

SCALE = 0.5
SEEN = "SELECT count(*) AS leases, min(rent_eur_sqm_year) AS lowest FROM leasing.leases.leases"
CRM_READERS = ["brokerage/deals", "brokerage/prospects", "--downstream"]
Outcomes = dict[str, dict[str, Any]]
Tables = dict[str, list[str]]


@dataclass
class Story:
    """What was seen while the company's days passed; tests read it and change nothing."""

    tests: dict[str, Any]
    delivered: dict[str, int]
    applied: Outcomes
    again: dict[str, Any]
    first_day: list[dict[str, Any]]
    first_day_at: str
    days: list[Outcomes] = field(default_factory=list)
    grown: Tables = field(default_factory=dict)
    rebuilt: Tables = field(default_factory=dict)
    before: list[dict[str, Any]] = field(default_factory=list)
    stalled: int = 0
    stopped: Outcomes = field(default_factory=dict)
    during: list[dict[str, Any]] = field(default_factory=list)
    repaired: Outcomes = field(default_factory=dict)
    afterwards: Tables = field(default_factory=dict)
    as_of_first_day: list[dict[str, Any]] = field(default_factory=list)


def delivered(folder: Path) -> dict[str, int]:
    """How many rows each table must have, counted in what the operational systems hold."""

    def rows(pattern: str) -> list[dict[str, str]]:
        found = []
        for path in sorted(folder.glob(pattern)):
            with path.open(newline="") as file:
                found += csv.DictReader(file)
        return found

    def distinct(pattern: str, column: str) -> int:
        return len({row[column] for row in rows(pattern)})

    def served(name: str) -> int:
        return len(json.loads((folder / "market" / f"{name}.json").read_text()))

    events = rows("crm/*/deal_events.csv")
    return {
        "assets.buildings.buildings@1": len(rows("drops/buildings/*.csv")),
        "assets.buildings.spaces@1": len(rows("drops/spaces/*.csv")),
        "assets.building_list.building_list@1": len(rows("drops/buildings/*.csv")),
        "assets.occupancy.space_status@1": len(rows("drops/spaces/*.csv")),
        "leasing.leases.leases@1": distinct("drops/leases/*.csv", "lease_id"),
        "leasing.leases.tenants@1": len(rows("drops/tenants/*.csv")),
        "brokerage.deals.deals@1": distinct("crm/*/deals.csv", "deal_id"),
        "brokerage.deals.deals@2": distinct("crm/*/deals.csv", "deal_id"),
        "brokerage.deals.brokers@2": distinct("crm/*/brokers.csv", "broker_id"),
        "brokerage.deals.stage_events@1": len(events),
        "brokerage.deals.viewings@1": distinct("crm/*/viewings.csv", "viewing_id"),
        "brokerage.prospects.prospects@1": distinct("crm/*/prospects.csv", "prospect_id"),
        "brokerage.funnel.stage_durations@1": len(events) - len({event["deal_id"] for event in events}),
        "brokerage.funnel.transitions@1": sum(event["from_stage"] != "" for event in events),
        "finance.invoices.invoices@1": distinct("drops/invoices/*.csv", "invoice_id"),
        "finance.invoices.payments@1": distinct("drops/payments/*.csv", "payment_id"),
        "market.market_rents.market_rents@1": served("rents"),
        "market.market_rents.listings@1": served("listings"),
    }


def tables(mesh: Example, outcomes: Outcomes) -> Tables:
    """Every published table of the mesh, its rows as sorted text."""
    found: Tables = {name: [] for outcome in outcomes.values() for name in outcome["objects"]}
    parts = []
    for name in found:
        product, table = name.rsplit(".", 1)
        parts.append(f"SELECT '{name}' AS name, t::VARCHAR AS line FROM {product}.\"{table}\" AS t")
    for row in mesh.rows(" UNION ALL ".join(parts)):
        found[row["name"]].append(row["line"])
    return {name: sorted(lines) for name, lines in found.items()}


@pytest.fixture(scope="module")
def story(premium_offices: Path, open_folder: Path) -> Story:
    operations = open_folder / "operations"
    operations.mkdir()
    generate(operations, SCALE)
    with systems(operations) as environment:
        mesh = Example.copy(premium_offices, open_folder / "grown", environment)
        story = first_day(mesh, operations)
        for day, products in ((1, CRM_READERS), (2, CRM_READERS), (3, [])):
            generate(operations, SCALE, day)
            load_crm(operations, environment)
            story.days.append(mesh.outcomes("run", *products))
        story.grown = tables(mesh, story.applied)
        fresh = Example.copy(premium_offices, open_folder / "fresh", environment)
        story.rebuilt = tables(fresh, fresh.outcomes("apply", "--yes"))
        bad_delivery(story, mesh, operations, environment)
        story.as_of_first_day = mesh.rows(SEEN, "--as-of", story.first_day_at)
    return story


def first_day(mesh: Example, operations: Path) -> Story:
    tests = mesh.data("test")
    applied = mesh.outcomes("apply", "--yes")
    history = mesh.data("history", "leasing/leases")
    return Story(
        tests=tests,
        delivered=delivered(operations),
        applied=applied,
        again=mesh.data("apply"),
        first_day=mesh.rows(SEEN),
        first_day_at=history["publications"][0]["at"],
    )


def bad_delivery(story: Story, mesh: Example, operations: Path, environment: dict[str, str]) -> None:
    products = ("leasing/leases", "brokerage/deals")
    story.before = mesh.rows(SEEN)
    bad_batch(operations)
    story.stalled = len((operations / "crm/0003-bad/deals.csv").read_text().splitlines()) - 1
    load_crm(operations, environment)
    story.stopped = mesh.outcomes("run", *products, "--downstream", code=1)
    story.during = mesh.rows(SEEN)
    repair(operations)
    load_crm(operations, environment)
    story.repaired = mesh.outcomes("run", *products)
    story.afterwards = tables(mesh, {"leasing/leases": story.applied["leasing/leases"]})


def test_all_twelve_products_are_published(story: Story) -> None:
    assert len(story.applied) == 12
    assert {outcome["status"] for outcome in story.applied.values()} == {"published"}
    assert all(count for outcome in story.applied.values() for count in outcome["objects"].values())


def test_tables_hold_as_many_rows_as_the_systems_delivered(story: Story) -> None:
    published = {
        name: rows for outcome in story.applied.values() for name, rows in outcome["objects"].items()
    }
    assert {name: published[name] for name in story.delivered} == story.delivered


def test_no_check_that_can_run_finds_fault_on_an_ordinary_day(story: Story) -> None:
    found = [check for outcome in story.applied.values() for check in outcome["checks"]]
    of_any_day = [check for check in found if check["kind"] != "service_level"]  # the data are of a past day
    assert [(check["check"], check["status"]) for check in of_any_day if check["status"] != "skip"] == []


def test_the_models_pass_their_unit_tests(story: Story) -> None:
    assert story.tests["failed"] == 0
    assert story.tests["passed"] > 20


def test_a_second_apply_does_nothing(story: Story) -> None:
    assert (story.again["already"], story.again["outcomes"]) == (True, [])


def test_a_mesh_that_grew_by_days_equals_one_built_at_once(story: Story) -> None:
    assert [name for name in story.grown if story.grown[name] != story.rebuilt[name]] == []
    assert story.grown.keys() == story.rebuilt.keys()
    assert sum(map(len, story.grown.values())) > 5_000


def test_append_and_merge_products_write_only_what_a_day_brought(story: Story) -> None:
    transitions = "brokerage.funnel.transitions@1"
    for day in story.days:
        merged, followed = day["brokerage/prospects"], day["brokerage/funnel"]
        assert merged["cost"]["rows_written"] < merged["objects"]["brokerage.prospects.prospects@1"] / 4
        full = sum(rows for name, rows in followed["objects"].items() if name != transitions)
        assert followed["cost"]["rows_written"] - full < followed["objects"][transitions] / 4
    grown = [day["brokerage/funnel"]["objects"][transitions] for day in story.days]
    assert story.applied["brokerage/funnel"]["objects"][transitions] <= grown[0] <= grown[1] < grown[2]


def test_a_bad_delivery_is_stopped_by_the_rules_that_it_breaks(story: Story) -> None:
    broken = {
        (product, check["check"]): int(check["observed"].split(" ")[0])
        for product in ("leasing/leases", "brokerage/deals")
        for check in story.stopped[product]["checks"]
        if check["status"] == "fail"
    }
    assert broken == {
        ("leasing/leases", "leases.rent_eur_sqm_year.bounds"): 12,
        ("leasing/leases", "leases.primary_key"): 5,
        ("leasing/leases", "leases.building_id.required"): 3,
        ("leasing/leases", "leases.space_id.relationships[0]"): 3,
        ("brokerage/deals", "deals.stage.enum"): story.stalled,
        ("brokerage/deals", "deals.stage.required"): story.stalled,
    }


def test_what_reads_a_stopped_product_waits(story: Story) -> None:
    statuses = {product: outcome["status"] for product, outcome in story.stopped.items()}
    assert statuses.pop("leasing/leases") == statuses.pop("brokerage/deals") == "failed"
    assert set(statuses) == {
        "leasing/rent_roll",
        "assets/occupancy",
        "finance/tenant_risk",
        "brokerage/funnel",
        "brokerage/broker_cockpit",
    }
    assert set(statuses.values()) == {"blocked"}


def test_rents_are_classified_so_a_failure_shows_keys_only(story: Story) -> None:
    (rents,) = [
        check
        for check in story.stopped["leasing/leases"]["checks"]
        if check["check"] == "leases.rent_eur_sqm_year.bounds"
    ]
    assert len(rents["samples"]) == 5
    assert {column for sample in rents["samples"] for column in sample} == {"lease_id"}


def test_consumers_read_the_old_publication_while_the_new_one_is_stopped(story: Story) -> None:
    assert story.during == story.before
    assert float(story.during[0]["lowest"]) > 0


def test_after_the_repair_everything_is_built_and_nothing_is_lost(story: Story) -> None:
    assert {outcome["status"] for outcome in story.repaired.values()} == {"published"}
    for name, rows in story.afterwards.items():
        assert rows == story.grown[name]


def test_a_query_as_of_the_first_day_sees_the_first_day(story: Story) -> None:
    assert story.as_of_first_day == story.first_day
    assert story.first_day[0]["leases"] < story.before[0]["leases"]


@dataclass(frozen=True)
class Shown:
    """What the demo printed, and where its mesh is."""

    folder: Path
    text: str


@pytest.fixture(scope="module")
def shown(premium_offices: Path, open_folder: Path) -> Iterator[Shown]:
    folder = open_folder / "demo"
    script = [sys.executable, str(premium_offices / "demo.py"), str(folder), "--scale", str(SCALE)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    (server,) = re.findall(r"until you type: kill (\d+)$", done.stdout, re.M)
    yield Shown(folder, done.stdout)
    os.kill(int(server), signal.SIGTERM)


def test_the_demo_leaves_the_marketplace_running(shown: Shown) -> None:
    (address,) = re.findall(r"^ +(http://127\.0\.0\.1:\d+)$", shown.text, re.M)
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert "Premium" in answer.read().decode()


def test_the_demo_shows_what_was_published_and_what_was_stopped(shown: Shown) -> None:
    steps = [
        "Applied: 12 of 12 products published.",
        "Environment dev: tables in",
        "expected_rent_eur",
        "FAIL leasing/leases",
        "FAIL brokerage/deals",
        "Consumers still read",
        "Wrote monday_morning.html",
        "What to try next",
    ]
    places = [shown.text.index(step) for step in steps]
    assert places == sorted(places)
    assert shown.text.isascii()


def test_the_demo_is_readable_at_100_columns(shown: Shown) -> None:
    long = [line for line in shown.text.splitlines() if len(line) > 100 and str(shown.folder) not in line]
    assert [line for line in long if not line.startswith(("$ mesh", "source /"))] == []


def test_what_the_demo_says_to_try_next_works(shown: Shown) -> None:
    hints = shown.text[shown.text.index("What to try next") :]
    commands = re.findall(r"^(?:python|mesh) (?!dashboard preview).*$", hints, re.M)  # that one goes on
    assert len(commands) > 8
    said = "\n".join(type_in(shown.folder, command) for command in commands)
    newest, before = re.findall(r"^(20\d\d-\d\d-\d\d)$", said, re.M)
    assert before < newest
    counted = Example(shown.folder).rows(
        "SELECT (SELECT count(*) FROM brokerage.deals.deals) AS deals, "
        "(SELECT count(DISTINCT deal_id) FROM brokerage.deals.stage_events) AS begun"
    )
    assert counted[0]["deals"] == counted[0]["begun"]
    assert "0 failed" in said
    assert "Nothing to do." in said


def test_a_broken_promise_is_refused_and_names_who_is_hit(shown: Shown) -> None:
    file, old, new, column = re.search(
        r"break a promise in (\S+):\n# make (\S+) a (\S+), .*\n# remove the column (\w+),", shown.text
    ).groups()  # type: ignore[union-attr]
    contract = shown.folder / file
    text = contract.read_text()
    try:
        contract.write_text(text.replace(old, new))
        plan = type_in(shown.folder, "mesh plan", code=1)
        assert re.search(r"hits brokerage/broker_cockpit .*yearly_rent_eur", plan)
        contract.write_text(re.sub(rf"      - name: {column}\n(?:        .*\n)+", "", text))
        assert "pipeline_by_stage.sql:7:11" in type_in(shown.folder, "mesh plan", code=2)
    finally:
        contract.write_text(text)


def type_in(folder: Path, command: str, code: int = 0) -> str:
    """What a command typed in the folder prints; a shell that it starts ends at once."""
    program, *words = shlex.split(command)
    if program == "mesh":
        return Example(folder).type(*words, code=code)
    beside = Path(sys.executable).parent
    done = subprocess.run(
        [str(beside / program), *words],
        cwd=folder,
        env={**os.environ, "PATH": f"{beside}:{os.environ['PATH']}", "SHELL": "/bin/sh"},
        input="exit\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
