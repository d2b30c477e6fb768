"""From proposed to retired, and what is due, pinned, or built again."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, column, contract, csv_server, orders_mesh

import meshwright.experience.runs.context as clockwork
from meshwright.model.address import ProductKey
from meshwright.model.product import Environment
from meshwright.wiring import open_registry

PRODUCT = "domains/sales/orders/product.yaml"


def status(mesh: MeshFolder, to: str, **custom: str) -> None:
    path = mesh.root / PRODUCT
    more = [{"vendor": "meshwright", "property": name, "value": value} for name, value in custom.items()]
    path.write_text(json.dumps({**json.loads(path.read_text()), "status": to, "customProperties": more}))


def alone(root: Path) -> MeshFolder:
    """The product sales/orders, which nobody reads."""
    mesh = orders_mesh(root)
    for file in sorted((root / "domains/finance").rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    (root / "domains/finance").rmdir()
    return mesh


def facts(mesh: MeshFolder, kind: str) -> list[Any]:
    found = mesh.run("facts", "sales/orders", "--format", "json", "--limit", "100").data
    return [fact["payload"] for fact in found if fact["kind"] == kind]


def test_every_allowed_transition_is_a_fact(tmp_path: Path) -> None:
    mesh = alone(tmp_path)
    steps = ["proposed", "draft", "active", "deprecated", "active", "deprecated", "retired"]
    for step in steps:
        status(mesh, step, **({"sunset": "2020-01-31"} if step in ("deprecated", "retired") else {}))
        mesh.run("apply", "--yes")
    told = [(fact["from"], fact["to"]) for fact in reversed(facts(mesh, "product.status"))]
    assert told == list(itertools.pairwise(steps))


@pytest.mark.parametrize(("old", "new"), [("active", "retired"), ("active", "draft"), ("active", "proposed")])
def test_an_illegal_transition_is_refused_with_those_that_are_allowed(
    tmp_path: Path, old: str, new: str
) -> None:
    mesh = alone(tmp_path)
    status(mesh, old)
    mesh.run("apply", "--yes")
    status(mesh, new)
    [refusal] = mesh.run("plan", "--format", "json", code=1).data["refusals"]
    assert refusal["code"] == "MW306" and "deprecated" in refusal["way_out"]
    mesh.run("apply", "--yes", code=1)
    assert mesh.run("status", "--format", "json").data["products"][0]["status"] == old


def test_what_is_retired_does_not_come_back(tmp_path: Path) -> None:
    mesh = alone(tmp_path)
    status(mesh, "draft")
    mesh.run("apply", "--yes")
    status(mesh, "retired")
    mesh.run("apply", "--yes")
    status(mesh, "active")
    assert "MW306" in mesh.run("plan", code=1).text


def test_a_draft_is_built_and_read_in_its_own_domain_and_may_break(tmp_path: Path) -> None:
    mesh = alone(tmp_path)
    status(mesh, "draft")
    mesh.run("apply", "--yes")
    assert len(mesh.rows("select * from sales.orders.orders")) == 3
    path = tmp_path / "domains/sales/orders/contracts/orders-1.0.0.yaml"
    document = json.loads(path.read_text())
    document["schema"][0]["properties"][1]["required"] = False
    path.write_text(json.dumps(document))
    plan = mesh.run("plan", "--format", "json").data
    assert [c["verdict"] for c in plan["changes"] if c["change"] == "contract"] == ["breaking"]


def test_a_draft_is_not_read_by_another_domain(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    status(mesh, "draft")
    answer = mesh.run("plan", code=2)
    assert "MW303" in answer.text and "visible to domain `sales` only" in answer.text


def test_deprecated_needs_a_sunset_serves_and_warns_the_plans_of_its_consumers(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    status(mesh, "deprecated")
    assert "MW302" in mesh.run("plan", code=2).text
    status(mesh, "deprecated", sunset="2099-06-30", successor="finance/revenue")
    answer = mesh.run("apply", "--yes")
    assert "MW305" in answer.text and "2099-06-30" in answer.text and "move to finance/revenue" in answer.text
    assert len(mesh.rows("select * from sales.orders.orders")) == 3
    assert "MW305" in mesh.run("plan").text


def test_retired_is_refused_with_the_successor_named(tmp_path: Path) -> None:
    mesh = alone(tmp_path)
    mesh.product(
        "sales/deals",
        [contract("deals", {"deals": [column("one")]})],
        {"deals.sql": "select 1 as one\n"},
        outputs=[("deals", "1.0.0", "deals")],
    )
    ends = {"sunset": "2020-01-31", "successor": "sales/deals"}
    status(mesh, "deprecated", **ends)
    mesh.run("apply", "--yes")
    status(mesh, "retired", **ends)
    mesh.run("apply", "--yes")
    for words in (["query", "select * from sales.orders.orders"], ["run", "sales/orders"]):
        answer = mesh.run(*words, code=1)
        assert "retired" in answer.text and "sales/deals" in answer.text
    mesh.product(
        "finance/late",
        [contract("late", {"late": [column("id")]})],
        {"late.sql": "select id from orders.orders\n"},
        inputs=[("orders", "orders")],
        outputs=[("late", "1.0.0", "late")],
    )
    answer = mesh.run("plan", code=2)
    assert "MW304" in answer.text and "its successor is sales/deals" in answer.text


# --- due


class Clock:
    """The present moment, as tests set it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
        monkeypatch.setattr(clockwork, "utc_now", lambda: self.now)
        context = clockwork.RunContext.__init__
        monkeypatch.setattr(
            clockwork.RunContext,
            "__init__",
            lambda made, **keys: context(made, **{"clock": lambda: self.now, **keys}),
        )

    def passes(self, **much: float) -> None:
        self.now += dt.timedelta(**much)


def scheduled(root: Path) -> MeshFolder:
    mesh = orders_mesh(root)
    path = root / "domains/sales/orders/contracts/orders-file-1.0.0.yaml"
    document = json.loads(path.read_text())
    levels = [
        {"property": "frequency", "value": 15, "unit": "m"},
        {"property": "latency", "value": 1, "unit": "d"},
    ]
    path.write_text(json.dumps({**document, "slaProperties": levels}))
    return mesh


def ran(mesh: MeshFolder, *words: str, code: int = 0) -> list[tuple[str, str]]:
    outcomes = mesh.run("run", *words, "--format", "json", code=code).data["outcomes"]
    return [(outcome["product"], outcome["status"]) for outcome in outcomes]


BOTH = [("sales/orders", "published"), ("finance/revenue", "published")]


def test_due_follows_the_frequency_of_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    mesh = scheduled(tmp_path)
    mesh.run("apply", "--yes")
    assert ran(mesh, "--due") == []
    clock.passes(minutes=14)
    assert ran(mesh, "--due") == []
    clock.passes(minutes=1)
    assert [build["reasons"][0][:18] for build in mesh.run("plan", "--format", "json").data["changes"]] == [
        "its source was due", "reads sales/orders",
    ]  # fmt: skip
    assert ran(mesh, "--due") == BOTH
    assert ran(mesh, "--due") == []


def test_a_source_without_a_frequency_is_never_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    clock.passes(days=1000)
    assert ran(mesh, "--due") == []
    assert mesh.run("run", "--due").out.strip() == "Nothing is due."


def test_a_source_that_failed_stays_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    mesh = scheduled(tmp_path)
    mesh.run("apply", "--yes")
    clock.passes(hours=1)
    mesh.csv("data/orders.csv", "id,customer,amount", "1,ada,-1.0")
    assert ran(mesh, "--due", code=1) == [("sales/orders", "failed"), ("finance/revenue", "blocked")]
    mesh.csv("data/orders.csv", "id,customer,amount", "1,ada,1.0")
    assert ran(mesh, "--due") == BOTH


def test_what_another_machine_is_building_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    mesh = scheduled(tmp_path)
    mesh.run("apply", "--yes")
    clock.passes(hours=1)
    registry = open_registry(Environment("dev", f"sqlite:///{tmp_path}/.mesh/dev/registry.db", ""), tmp_path)
    lock = registry.acquire("dev", ProductKey("sales", "orders"), "another machine", 600)
    assert ran(mesh, "--due") == [("sales/orders", "locked"), ("finance/revenue", "locked")]
    assert ran(mesh, "sales/orders", code=1) == [("sales/orders", "locked")]
    registry.release(lock)
    assert ran(mesh, "--due") == BOTH


def test_a_rollback_pins_until_unpin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    mesh = scheduled(tmp_path)
    mesh.run("apply", "--yes")
    mesh.csv("data/orders.csv", "id,customer,amount", "9,zoe,7.0")
    assert ran(mesh, "sales/orders") == [("sales/orders", "published")]
    mesh.run("rollback", "sales/orders", "--to", "1")
    assert len(mesh.rows("select * from sales.orders.orders")) == 3
    clock.passes(hours=1)
    assert ran(mesh, "--due") == []
    assert ran(mesh) == []
    assert mesh.run("plan", "--format", "json").data["changes"] == []
    pinned = mesh.run("status", "--format", "json").data["products"]
    assert {row["product"]: row["pinned"] for row in pinned} == {
        "sales/orders": True,
        "finance/revenue": False,
    }
    mesh.run("unpin", "sales/orders")
    assert ran(mesh, "--due") == BOTH
    assert mesh.rows("select customer from finance.revenue.revenue") == [{"customer": "zoe"}]


def test_a_plan_with_other_changes_tells_what_is_pinned(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.run("run", "sales/orders", "--downstream")
    mesh.run("rollback", "sales/orders", "--to", "1")
    told = (
        "sales/orders is pinned to publication 1 and not built; `mesh unpin sales/orders` lets it be stale."
    )
    model = tmp_path / "domains/sales/orders/models/orders.sql"
    model.write_text(model.read_text() + "-- changed while the product is pinned\n")
    plan = mesh.run("plan", "--format", "json", "--out", "plan.json").data
    assert [(c["change"], c["product"]) for c in plan["changes"]] == [
        ("product", "sales/orders"),
        ("build", "finance/revenue"),
    ]
    assert plan["pins"] == [{"product": "sales/orders", "publication": 1}]
    assert f"### Pinned\n\n- {told}\n" in mesh.run("ci").out
    for words in (["plan"], ["apply", "plan.json", "--yes"], ["plan"], ["apply", "--yes"]):
        assert f"! {told}" in " ".join(mesh.run(*words).out.split())
    mesh.run("unpin", "sales/orders")
    assert "pinned" not in mesh.run("plan").out


def test_a_run_that_names_the_product_ends_the_pin(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.run("rollback", "sales/orders", "--to", "1")
    mesh.run("run", "sales/orders")
    assert not mesh.run("status", "--format", "json").data["products"][1]["pinned"]


def test_downstream_leaves_what_is_pinned_alone(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.run("rollback", "finance/revenue", "--to", "1")
    assert ran(mesh, "sales/orders", "--downstream") == [("sales/orders", "published")]
    assert ran(mesh, "sales/orders", "finance/revenue") == BOTH


def test_downstream_builds_what_reads_the_product_and_nothing_else(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.csv("data/other.csv", "id", "1")
    mesh.product(
        "lab/other",
        [contract("other-file", {"other": [column("id")]}, servers=csv_server("data/other.csv")),
         contract("other", {"other": [column("id")]})],
        {"other.sql": "select id from files.other\n"},
        inputs=[("files", "other-file")],
        outputs=[("other", "1.0.0", "other")],
    )  # fmt: skip
    mesh.run("apply", "--yes")
    assert ran(mesh, "sales/orders") == [("sales/orders", "published")]
    assert ran(mesh, "sales/orders", "--downstream") == BOTH
    assert ran(mesh, "finance/revenue", "--downstream") == [("finance/revenue", "published")]


def test_unpinning_what_is_not_pinned_and_rolling_back_to_nothing_are_clear(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.run("unpin", "sales/orders")
    answer = mesh.run("rollback", "sales/orders", "--to", "7", code=2)
    assert "has no publication `7`" in answer.err and "mesh history" in answer.err
