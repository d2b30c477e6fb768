"""Several repositories, one mesh: each tree owns its domains and knows the others as last applied."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, column, orders_mesh

import meshwright.experience.plan.apply as applying
from meshwright.cli.workspace import Workspace

ORDERS = "domains/sales/orders"


def settings(root: Path, *domains: str) -> dict[str, Any]:
    shared = {"registry": f"sqlite:///{root}/shared.db", "warehouse": str(root / "warehouse")}
    owned = {"domains": list(domains)} if domains else {}
    return {"mesh": "acme", "environments": {"dev": shared}, **owned}


def tree(root: Path, name: str, *domains: str) -> MeshFolder:
    found = MeshFolder(root / name)
    (root / name / "mesh.yaml").write_text(json.dumps(settings(root, *domains)))
    return found


@pytest.fixture
def trees(tmp_path: Path) -> tuple[MeshFolder, MeshFolder]:
    """Tree `one` owns sales, tree `two` owns finance, which reads it; both are applied."""
    one, two = orders_mesh(tmp_path / "one"), tree(tmp_path, "two", "finance")
    (tmp_path / "one/mesh.yaml").write_text(json.dumps(settings(tmp_path, "sales")))
    (two.root / "domains").mkdir()
    (one.root / "domains/finance").rename(two.root / "domains/finance")
    one.run("apply", "--yes")
    two.run("apply", "--yes")
    return one, two


def edit(mesh: MeshFolder, file: str, **keys: Any) -> None:
    path = mesh.root / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **keys}))


def drop_amount(one: MeshFolder) -> None:
    path = one.root / ORDERS / "contracts/orders-1.0.0.yaml"
    document = json.loads(path.read_text())
    document["schema"][0]["properties"].pop()
    path.write_text(json.dumps(document))
    (one.root / ORDERS / "models/orders.sql").write_text("select id, customer from files.orders\n")


def hits(answer: Any) -> list[str]:
    return [
        h
        for c in answer.data["changes"]
        if c["change"] == "contract"
        for d in c["differences"]
        for h in d["hits"]
    ]


def retire(mesh: MeshFolder, status: str, **custom: str) -> None:
    more = [{"vendor": "meshwright", "property": name, "value": value} for name, value in custom.items()]
    edit(mesh, f"{ORDERS}/product.yaml", status=status, customProperties=more)


def test_a_breaking_change_names_the_consumers_in_the_other_tree_by_column(
    trees: tuple[MeshFolder, MeshFolder],
) -> None:
    one, _ = trees
    drop_amount(one)
    answer = one.run("plan", "--format", "json", code=1)
    assert hits(answer) == ["finance/revenue through orders (uses amount)"]
    assert "finance/revenue" in answer.data["refusals"][0]["message"]
    assert (
        "| finance/revenue through orders (uses amount) | column_removed orders.amount |"
        in one.run("ci", code=1).out
    )


def test_a_star_in_the_other_tree_uses_what_is_removed(trees: tuple[MeshFolder, MeshFolder]) -> None:
    one, two = trees
    model = two.root / "domains/finance/revenue/models/revenue.sql"
    model.write_text(
        "select customer, count(*)::double as amount from (select * from orders.orders) group by 1\n"
    )
    two.run("apply", "--yes")
    drop_amount(one)
    assert hits(one.run("plan", "--format", "json", code=1)) == []
    model.write_text(
        "select customer, max(length(t::varchar))::double as amount from orders.orders t group by 1\n"
    )
    two.run("apply", "--yes")
    assert hits(one.run("plan", "--format", "json", code=1))


def test_a_port_that_the_other_tree_reads_cannot_go(trees: tuple[MeshFolder, MeshFolder]) -> None:
    one, _ = trees
    edit(
        one,
        f"{ORDERS}/product.yaml",
        outputPorts=[{"name": "all", "version": "1.0.0", "contractId": "orders"}],
    )
    [refusal] = one.run("plan", "--format", "json", code=1).data["refusals"]
    assert refusal["code"] == "MW502" and "finance/revenue" in refusal["message"]


def test_a_contract_under_another_id_is_lost_to_the_other_tree(trees: tuple[MeshFolder, MeshFolder]) -> None:
    one, _ = trees
    edit(one, f"{ORDERS}/contracts/orders-1.0.0.yaml", id="sold")
    edit(
        one,
        f"{ORDERS}/product.yaml",
        outputPorts=[{"name": "orders", "version": "1.0.0", "contractId": "sold"}],
    )
    [refusal] = one.run("plan", "--format", "json", code=1).data["refusals"]
    assert refusal["code"] == "MW502" and "finance/revenue through orders" in refusal["message"]


def test_a_consumer_without_a_version_is_not_moved_to_another_major(
    trees: tuple[MeshFolder, MeshFolder],
) -> None:
    one, two = trees
    edit(two, "domains/finance/revenue/product.yaml", inputPorts=[{"name": "orders", "contractId": "orders"}])
    two.run("apply", "--yes")
    edit(one, f"{ORDERS}/contracts/orders-1.0.0.yaml", version="2.0.0")
    edit(
        one,
        f"{ORDERS}/product.yaml",
        outputPorts=[{"name": "orders", "version": "2.0.0", "contractId": "orders"}],
    )
    [refusal] = one.run("plan", "--format", "json", code=1).data["refusals"]
    assert refusal["code"] == "MW502" and "finance/revenue through orders" in refusal["message"]


def test_a_product_that_the_other_tree_reads_cannot_be_removed(trees: tuple[MeshFolder, MeshFolder]) -> None:
    one, two = trees
    shutil.rmtree(one.root / ORDERS)
    answer = one.run("plan", "--allow-destroy", "--format", "json", code=1)
    [refusal] = answer.data["refusals"]
    assert refusal["code"] == "MW504" and "finance/revenue" in refusal["message"]
    assert one.run("apply", "--yes", "--allow-destroy", code=1)
    shutil.rmtree(two.root / "domains/finance/revenue")
    two.run("apply", "--yes", "--allow-destroy")
    one.run("apply", "--yes", "--allow-destroy")
    assert two.run("status", "--format", "json").data["products"] == []


def test_a_tree_that_has_nothing_removes_nothing_of_the_other(
    trees: tuple[MeshFolder, MeshFolder], tmp_path: Path
) -> None:
    third = tree(tmp_path, "three")
    assert third.run("plan", "--format", "json").data["changes"] == []
    third.run("apply", "--yes", "--allow-destroy")
    assert len(trees[1].run("status", "--format", "json").data["products"]) == 2


def test_a_tree_that_claims_a_domain_of_another_must_say_that_it_removes_its_products(
    trees: tuple[MeshFolder, MeshFolder], tmp_path: Path
) -> None:
    _, two = trees
    claims = tree(tmp_path, "claims", "finance")
    (claims.root / "domains/finance").mkdir(parents=True)
    (claims.root / "domains/finance/domain.yaml").write_text('{"domain": "finance"}')
    refusals = claims.run("plan", "--format", "json", code=1).data["refusals"]
    assert [(r["code"], r["subject"]) for r in refusals] == [("MW503", "finance/revenue")]
    shutil.copytree(two.root / "domains", claims.root / "domains", dirs_exist_ok=True)
    assert claims.run("plan", "--format", "json").data["changes"] == []


def test_what_the_other_tree_publishes_makes_its_consumers_stale(
    trees: tuple[MeshFolder, MeshFolder],
) -> None:
    one, two = trees
    one.csv("data/orders.csv", "id,customer,amount", "9,zoe,7.0")
    one.run("run", "sales/orders")
    [build] = two.run("plan", "--format", "json").data["changes"]
    assert build["reasons"] == ["newer data from sales/orders"]
    two.run("apply", "--yes")
    assert two.rows("select * from finance.revenue.revenue") == [{"customer": "zoe", "amount": 7.0}]


def test_running_downstream_builds_only_what_the_tree_owns(trees: tuple[MeshFolder, MeshFolder]) -> None:
    one, _ = trees
    outcomes = one.run("run", "sales/orders", "--downstream", "--format", "json").data["outcomes"]
    assert [o["product"] for o in outcomes] == ["sales/orders"]
    answer = one.run("run", "finance/revenue", code=1)
    assert "finance" in answer.text and "does not own" in answer.text


def test_a_draft_is_not_seen_by_the_other_tree(trees: tuple[MeshFolder, MeshFolder]) -> None:
    one, two = trees
    shutil.copytree(one.root / ORDERS, one.root / "domains/sales/plans")
    folder = one.root / "domains/sales/plans"
    (folder / "models/orders.sql").rename(folder / "models/plans.sql")
    for file in (folder / "contracts").iterdir():
        text = file.read_text().replace("orders-file", "plans-file").replace('"orders"', '"plans"')
        file.write_text(text)
    (folder / "models/plans.sql").write_text("select id, customer, amount from files.plans\n")
    edit(
        one, "domains/sales/plans/product.yaml", id="plans", status="draft",
        inputPorts=[{"name": "files", "version": "1.0.0", "contractId": "plans-file"}],
        outputPorts=[{"name": "plans", "version": "1.0.0", "contractId": "plans"}],
    )  # fmt: skip
    one.run("apply", "--yes")
    assert len(one.rows("select * from sales.plans.plans")) == 3
    answer = two.run("query", "select * from sales.plans.plans", code=None)
    assert answer.code == 1 and "is draft: visible to domain `sales` only" in answer.text
    assert "sales/plans" not in two.run("list").out and "sales/plans" in one.run("list").out
    edit(two, "domains/finance/revenue/product.yaml",
         inputPorts=[{"name": "orders", "version": "1.0.0", "contractId": "plans"}])  # fmt: skip
    assert "MW303" in two.run("plan", code=2).text


def test_deprecation_warns_the_consumers_in_the_other_tree(trees: tuple[MeshFolder, MeshFolder]) -> None:
    one, two = trees
    retire(one, "deprecated", sunset="2099-01-31")
    plan = one.run("plan", "--format", "json").data
    assert "finance/revenue" in plan["warnings"][0]["message"]
    one.run("apply", "--yes")
    [warning] = two.run("plan", "--format", "json").data["warnings"]
    assert warning["code"] == "MW305" and "2099-01-31" in warning["message"]
    assert "2099-01-31" in two.run("ci").out
    assert len(two.rows("select * from sales.orders.orders")) == 3
    two.run("run", "finance/revenue")


def test_a_product_retires_after_its_sunset_and_names_its_successor(
    trees: tuple[MeshFolder, MeshFolder],
) -> None:
    one, two = trees
    edit(one, f"{ORDERS}/product.yaml")
    retire(one, "deprecated", sunset="2099-01-31")
    one.run("apply", "--yes")
    retire(one, "retired", sunset="2099-01-31")
    [refusal] = one.run("plan", "--format", "json", code=1).data["refusals"]
    assert (
        refusal["code"] == "MW502"
        and "2099-01-31" in refusal["message"]
        and "finance/revenue" in refusal["message"]
    )
    retire(one, "retired", sunset="2020-01-31")
    one.run("apply", "--yes")
    assert "retired" in one.run("query", "select * from sales.orders.orders", code=1).text
    assert "MW304" in two.run("plan", code=2).text
    answer = two.run("run", "finance/revenue", code=1)
    assert "retired" in answer.text


def test_columns_that_only_the_new_contract_has_do_not_hit_a_consumer_of_the_old(
    trees: tuple[MeshFolder, MeshFolder],
) -> None:
    one, _ = trees
    path = one.root / ORDERS / "contracts/orders-1.0.0.yaml"
    document = json.loads(path.read_text())
    document["schema"][0]["properties"].append(column("note", "string"))
    path.write_text(json.dumps(document))
    (one.root / ORDERS / "models/orders.sql").write_text("select *, 'x' as note from files.orders\n")
    answer = one.run("plan", "--format", "json")
    assert hits(answer) == [] and answer.data["refusals"] == []


MORE = "select id, customer, amount + 1 as amount from files.orders\n"


def test_an_apply_that_another_tree_overtakes_plans_again(
    trees: tuple[MeshFolder, MeshFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = trees
    planned = Workspace.plan

    def overtaken(workspace: Workspace, *words: Any) -> Any:
        found = planned(workspace, *words)
        monkeypatch.setattr(Workspace, "plan", planned)
        two.run("apply", "--yes")
        return found

    model = two.root / "domains/finance/revenue/models/revenue.sql"
    model.write_text("select customer, 5.0::double as amount from orders.orders group by 1\n")
    (one.root / ORDERS / "models/orders.sql").write_text(MORE)
    monkeypatch.setattr(Workspace, "plan", overtaken)
    one.run("apply", "--yes")
    assert one.rows("select min(amount) as least from sales.orders.orders") == [{"least": 6.0}]
    assert {row["amount"] for row in two.rows("select * from finance.revenue.revenue")} == {5.0}


def test_a_run_that_publishes_while_a_plan_is_stored_does_not_stop_it(
    trees: tuple[MeshFolder, MeshFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = trees
    store = applying.store_declarations

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(applying, "store_declarations", store)
        two.run("run", "finance/revenue")
        store(*arguments)

    (one.root / ORDERS / "models/orders.sql").write_text(MORE)
    one.run("plan", "--out", "plan.json")
    monkeypatch.setattr(applying, "store_declarations", overtaken)
    one.run("apply", "plan.json", "--yes")
    assert one.rows("select min(amount) as least from sales.orders.orders") == [{"least": 6.0}]
