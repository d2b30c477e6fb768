"""The operational systems: deterministic, growing by days, wrong on demand, and really running."""

from __future__ import annotations

import csv
import json
import urllib.error
import urllib.request
from collections import Counter
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from company import Company
from generate import bad_batch, generate, repair
from setting import FIRST_DAY
from systems import load_crm, market, systems


def rows_of(folder: Path, pattern: str) -> list[dict[str, str]]:
    rows = []
    for path in sorted(folder.glob(pattern)):
        with path.open(newline="") as file:
            rows += csv.DictReader(file)
    return rows


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_arguments_write_the_same_bytes(small_company: Path, tmp_path: Path) -> None:
    generate(tmp_path, scale=0.2)
    assert digests(tmp_path) == digests(small_company)


def test_days_only_add_to_what_was_there(small_company: Path, tmp_path: Path) -> None:
    generate(tmp_path, scale=0.2, day=5)
    before, after = digests(small_company), digests(tmp_path)
    grown = {name for name in before if before[name] != after[name]}
    assert grown <= {"state.json", "market/listings.json", "market/rents.json", "drops/tenants/tenants.csv"}
    assert len(rows_of(tmp_path, "crm/*/deal_events.csv")) > len(
        rows_of(small_company, "crm/*/deal_events.csv")
    )
    events = [row["event_id"] for row in rows_of(tmp_path, "crm/*/deal_events.csv")]
    assert len(events) == len(set(events))
    payments = Counter(row["payment_id"] for row in rows_of(tmp_path, "drops/payments/*.csv"))
    assert max(payments.values()) == 1


def test_the_readme_counts_the_company(premium_offices: Path) -> None:
    company = Company(1.0)
    said = " ".join((premium_offices / "README.md").read_text().split())
    spaces = f"{len(company.buildings)} buildings, {len(company.spaces)} spaces"
    tenants = sum(tenant["seen"] <= FIRST_DAY for tenant in company.tenants)
    assert f"{spaces}, {tenants:,} tenants, {len(company.brokers)} brokers" in said


def test_rents_follow_grade_and_city(small_company: Path) -> None:
    buildings = {row["building_id"]: row for row in rows_of(small_company, "drops/buildings/*.csv")}
    by_grade: dict[str, list[float]] = {"A": [], "B": [], "C": []}
    for space in rows_of(small_company, "drops/spaces/*.csv"):
        grade = buildings[space["building_id"]]["grade"]
        by_grade[grade].append(float(space["asking_rent_eur_sqm_year"]))
    means = [sum(rents) / len(rents) for rents in by_grade.values() if rents]
    assert means == sorted(means, reverse=True)


def test_fewer_deals_reach_each_further_stage(small_company: Path) -> None:
    reached = Counter(row["to_stage"] for row in rows_of(small_company, "crm/*/deal_events.csv"))
    funnel = [reached[stage] for stage in ("enquiry", "viewing", "proposal", "negotiation", "signed")]
    assert funnel == sorted(funnel, reverse=True)


def test_the_bad_batch_is_as_bad_as_announced_and_can_be_repaired(tmp_path: Path) -> None:
    generate(tmp_path, scale=0.2)
    good = digests(tmp_path)
    bad_batch(tmp_path)
    (bad,) = (tmp_path / "drops/leases").glob("*-bad.csv")
    rows = rows_of(bad.parent, bad.name)
    spaces = {row["space_id"] for row in rows_of(tmp_path, "drops/spaces/*.csv")}
    twice = [key for key, count in Counter(row["lease_id"] for row in rows).items() if count > 1]
    assert sum(Decimal(row["rent_eur_sqm_year"]) < 0 for row in rows) == 12
    assert sum(row["space_id"] not in spaces for row in rows) == 3
    assert len(twice) == 5
    assert {row["stage"] for row in rows_of(tmp_path, "crm/0000-bad/deals.csv")} == {"on_hold"}
    repair(tmp_path)
    assert {name for name in digests(tmp_path) if name not in good} == {
        "crm/0000-bad/deals.csv",
        "crm/0000-repaired/deals.csv",
    }


def test_the_crm_is_a_real_database_that_readers_cannot_change(open_folder: Path) -> None:
    generate(open_folder, scale=0.2)
    with systems(open_folder) as environment:
        address = {
            "host": environment["CRM_HOST"],
            "port": environment["CRM_PORT"],
            "dbname": environment["CRM_DATABASE"],
            "user": environment["CRM_USER"],
        }
        with psycopg.connect(**address, password=environment["CRM_PASSWORD"]) as reader:
            (count,) = reader.execute("SELECT count(*) FROM crm.deals").fetchone() or (None,)
            assert count == len(rows_of(open_folder, "crm/0000/deals.csv"))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute("DELETE FROM crm.deals")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(**address, password="guessed")
        bad_batch(open_folder)
        assert load_crm(open_folder, environment) > 0
        assert load_crm(open_folder, environment) == 0
        with psycopg.connect(**address, password=environment["CRM_PASSWORD"]) as reader:
            stages = {stage for (stage,) in reader.execute("SELECT DISTINCT stage FROM crm.deals")}
            assert "on_hold" in stages


def test_the_market_api_gives_pages_to_who_has_the_token(small_company: Path) -> None:
    with market(small_company) as environment:
        url: str | None = f"{environment['MARKET_URL']}/v1/rents"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url or "")
        assert refused.value.code == 401
        found = []
        while url:
            request = urllib.request.Request(
                url, headers={"Authorization": f"Bearer {environment['MARKET_TOKEN']}"}
            )
            with urllib.request.urlopen(request) as answer:
                page = json.load(answer)
            found += page["data"]
            url = page["next"]
    assert found == json.loads((small_company / "market/rents.json").read_text())
