"""Tables follow what changes, and read no more than that."""

from __future__ import annotations

from dataclasses import replace

from tests.metamodel.declared import Kept, applied, bundle, rows_of, tables_of

from meshwright.model.address import ProductKey
from meshwright.model.publication import Fact
from meshwright.provisioning.registry import AppliedDomain
from meshwright.supervision.metamodel.relations import RELATIONS
from meshwright.supervision.metamodel.tables import MeshTables


def product(number: int, columns: int = 2, status: str = "active"):
    ports = {
        "status": status,
        "tags": ["one", "two"],
        "inputPorts": [{"name": "up", "contractId": f"c{number - 1}"}] if number else [],
        "outputPorts": [{"name": "out", "version": "1.0.0", "contractId": f"c{number}"}],
        "team": {"name": "team", "members": [{"username": "ada", "role": "owner"}]},
    }
    properties = [{"name": f"x{at}", "logicalType": "integer", "tags": ["t"]} for at in range(columns)]
    contract = {"id": f"c{number}", "version": "1.0.0", "apiVersion": "v3.2.0"}
    return bundle(
        f"d{number % 3}/p{number}", ports, {**contract, "schema": [{"name": "o", "properties": properties}]}
    )


def bundles(count: int = 12):
    return {each.key: each for each in map(product, range(count))}


def same(one: MeshTables, other: MeshTables) -> bool:
    return all(
        sorted(map(repr, rows_of(one, name))) == sorted(map(repr, rows_of(other, name))) for name in RELATIONS
    )


def test_a_changed_product_is_read_alone_and_everything_that_follows_from_it_is_right() -> None:
    before = bundles()
    tables = MeshTables.empty("acme").refreshed(Kept(before))
    changed = product(5, columns=7, status="deprecated")
    after = {**before, changed.key: changed}
    reading = Kept(after)
    again = tables.refreshed(reading)
    assert reading.asked == [changed.key]
    assert same(again, tables_of(after))
    assert same(tables, tables_of(before))  # readers of the older value see no change


def test_removed_and_added_products_come_and_go() -> None:
    known = bundles()
    tables = tables_of(known)
    for number in range(80):
        key = ProductKey(f"d{number % 3}", f"p{number}")
        known = {k: b for k, b in known.items() if k != key}
        known[product(100 + number).key] = product(100 + number)
        tables = tables.refreshed(Kept(known))
    assert same(tables, tables_of(known))


def test_nothing_changed_makes_no_table_anew() -> None:
    tables = tables_of(bundles())
    assert tables.refreshed(Kept(bundles())) is tables
    again = replace(tables, token=("one", "another")).refreshed(Kept(bundles()))
    assert all(again.tables[name] is tables.tables[name] for name in RELATIONS)


def test_a_plan_laid_over_what_is_applied_gives_the_tables_of_afterwards() -> None:
    before = bundles()
    changed, new, gone = product(3, columns=9), product(50), ProductKey("d1", "p1")
    laid = tables_of(before).overlaid([applied(changed), applied(new)], [gone])
    after = {key: each for key, each in before.items() if key != gone}
    assert same(laid, tables_of({**after, changed.key: changed, new.key: new}))


def test_only_relations_that_are_wanted_are_made_and_those_they_need() -> None:
    tables = MeshTables.empty("acme", ["edges"]).refreshed(Kept(bundles()))
    assert set(tables.tables) == {"edges", "inputs", "ports"}
    assert rows_of(tables, "edges") == rows_of(tables_of(bundles()), "edges")


def test_domains_and_their_teams_are_rows_beside_those_of_products() -> None:
    document = {"domain": "d0", "team": {"members": [{"username": "eve"}]}, "tags": ["north"]}
    domain = AppliedDomain("d0", "1", document, "one")
    tables = MeshTables.empty("acme").refreshed(Kept(bundles(1), {"d0": domain}))
    assert [(r["of"], r["username"]) for r in rows_of(tables, "people")] == [
        ("product", "ada"),
        ("domain", "eve"),
    ]
    assert ("domain", "mesh://acme/d0", "north") in {
        (r["of"], r["address"], r["tag"]) for r in rows_of(tables, "tags")
    }
    moved = replace(domain, document={"domain": "d0"}, digest="2")
    again = tables.refreshed(Kept(bundles(1), {"d0": moved}))
    assert [r["username"] for r in rows_of(again, "people")] == ["ada"]


def test_another_registry_in_the_same_place_begins_anew() -> None:
    told = [fact(1, "run.started", run="r1"), fact(2, "run.died", run="r1")]
    tables = MeshTables.empty("acme").refreshed(Kept(bundles(), kept_facts=told))
    again = tables.refreshed(Kept(bundles(2), kept_facts=told[:1], identity="another"))
    assert [(r["run"], r["status"]) for r in rows_of(again, "runs")] == [("r1", "running")]
    assert len(rows_of(again, "products")) == 2


def fact(sequence: int, kind: str, **payload: object) -> Fact:
    return Fact(sequence, "dev", kind, "d0/p0", f"2026-02-01T00:00:0{sequence}.000000Z", payload, "", "")


def test_runs_are_told_as_their_facts_come_in() -> None:
    started, died = fact(1, "run.started", run="r1", reason="asked"), fact(3, "run.died", run="r1")
    failed = fact(
        *(4, "run.finished"),
        run="r2",
        status="failed",
        passed=2,
        error={"kind": "checks", "what": "no"},
        cost={"wall_seconds": 1.5, "rows_read": 7},
        checks=[{"check": "o.rows", "path": "p", "object": "o", "kind": "metric", "status": "fail"}],
    )
    tables = MeshTables.empty("acme").refreshed(Kept(bundles(1), kept_facts=[started]))
    assert [(r["run"], r["status"]) for r in rows_of(tables, "runs")] == [("r1", "running")]
    begun = fact(2, "run.started", run="r2", reason="due")
    tables = tables.refreshed(Kept(bundles(1), kept_facts=[started, begun, died, failed]))
    assert [
        (r["run"], r["status"], r["reason"], r["error"], r["checks_failed"], r["wall_seconds"])
        for r in rows_of(tables, "runs")
    ] == [("r1", "died", "asked", None, None, None), ("r2", "failed", "due", "no", 1, 1.5)]
    assert [(r["run"], r["check"], r["status"]) for r in rows_of(tables, "checks")] == [
        ("r2", "o.rows", "fail")
    ]
    assert [r["sequence"] for r in rows_of(tables, "facts")] == [1, 2, 3, 4]


def test_service_levels_are_kept_broken_or_unknown_as_the_last_publication_was_judged() -> None:
    levels = [
        {"property": name, "value": 1, "unit": "d"}
        for name in ("latency", "retention", "availability", "frequency")
    ]
    contract = {"id": "c", "version": "1.0.0", "apiVersion": "v3.2.0", "slaProperties": levels, "schema": []}
    one = bundle("d0/p0", {"outputPorts": [{"name": "out", "version": "1.0.0", "contractId": "c"}]}, contract)

    def told(path: int, status: str) -> dict[str, str]:
        place = {"port": "out", "version": "1.0.0", "contract_version": "1.0.0"}
        return {**place, "path": f"slaProperties[{path}]", "status": status, "observed": "so"}

    ran = fact(
        *(1, "run.finished"),
        run="r1",
        status="published",
        service_levels=[told(0, "pass"), told(1, "pass"), told(1, "fail"), told(2, "skip"), told(3, "warn")],
    )
    statuses = lambda tables: [r["status"] for r in rows_of(tables, "slo_status")]  # noqa: E731
    assert statuses(tables_of({one.key: one})) == ["unknown"] * 4
    kept = Kept({one.key: one}, kept_facts=[ran])
    assert statuses(MeshTables.empty("acme").refreshed(kept)) == ["kept", "broken", "unknown", "broken"]
    early = replace(ran, at="2025-01-01T00:00:00.000000Z")  # before the product was applied
    assert (
        statuses(MeshTables.empty("acme").refreshed(Kept({one.key: one}, kept_facts=[early])))
        == ["unknown"] * 4
    )
