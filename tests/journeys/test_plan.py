"""What `mesh plan` says of changes, and whom they hit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import Answer, MeshFolder, column, contract, orders_mesh

ORDERS = "domains/sales/orders"
REVENUE = "domains/finance/revenue"


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mesh that was applied once; tests that only plan work on copies."""
    root = tmp_path_factory.mktemp("applied")
    mesh = orders_mesh(root)
    mesh.product(
        "finance/customers",
        [contract("customers", {"customers": [column("customer", "string")]})],
        {"customers.sql": "select distinct customer from orders.orders\n"},
        inputs=[("orders", "orders")],
        outputs=[("customers", "1.0.0", "customers")],
    )
    mesh.product(
        "finance/idle",
        [contract("idle", {"idle": [column("one")]})],
        {"idle.sql": "select 1 as one\n"},
        inputs=[("orders", "orders")],
        outputs=[("idle", "1.0.0", "idle")],
    )
    mesh.run("apply", "--yes")
    return root


@pytest.fixture
def mesh(applied: Path, tmp_path: Path) -> MeshFolder:
    copy = tmp_path / "mesh"
    shutil.copytree(applied, copy)
    return MeshFolder.at(copy)


def edit(mesh: MeshFolder, file: str, change: Any) -> None:
    """Change a document in place."""
    path = mesh.root / file
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def edit_orders(mesh: MeshFolder, change: Any) -> None:
    """Change the columns of the orders contract."""
    edit(mesh, f"{ORDERS}/contracts/orders-1.0.0.yaml", lambda d: change(d["schema"][0]["properties"]))


def differences(answer: Answer) -> list[dict[str, Any]]:
    return [d for c in answer.data["changes"] if c["change"] == "contract" for d in c["differences"]]


def refusals(answer: Answer) -> dict[str, dict[str, str]]:
    return {refusal["code"]: refusal for refusal in answer.data["refusals"]}


def drop_amount(mesh: MeshFolder) -> None:
    edit_orders(mesh, lambda columns: columns.pop())
    (mesh.root / ORDERS / "models/orders.sql").write_text("select id, customer from files.orders\n")


def test_a_first_plan_creates_every_product_and_table(tmp_path: Path) -> None:
    plan = orders_mesh(tmp_path).run("plan", "--format", "json").data
    created = {(c["change"], c.get("product") or c.get("domain")): c for c in plan["changes"]}
    assert created["product", "sales/orders"]["action"] == "add"
    assert created["table", "finance/revenue"]["table"] == "revenue@1"
    assert created["domain", "sales"]["action"] == "add"
    builds = [c["product"] for c in plan["changes"] if c["change"] == "build"]
    assert builds == ["sales/orders", "finance/revenue"]
    assert not (tmp_path / ".mesh/dev/warehouse").exists()


def test_a_new_column_is_compatible_and_changes_the_table_in_place(mesh: MeshFolder) -> None:
    edit_orders(mesh, lambda columns: columns.append(column("note", "string")))
    (mesh.root / ORDERS / "models/orders.sql").write_text(
        "select *, null::varchar as note from files.orders\n"
    )
    answer = mesh.run("plan", "--format", "json")
    [difference] = differences(answer)
    assert (difference["kind"], difference["breaking"], difference["hits"]) == ("column_added", False, [])
    [table] = [c for c in answer.data["changes"] if c["change"] == "table"]
    assert (table["table"], table["action"], table["details"]) == ("orders@1", "change", ["+ note string"])


BREAKING: dict[str, Any] = {
    "type_narrowed": lambda columns: columns[0].update(logicalTypeOptions={"format": "i32"}),
    "type_changed": lambda columns: columns[0].update(logicalType="string"),
    "nullable_to_required": lambda columns: columns[2].update(required=True),
    "required_to_nullable": lambda columns: columns[1].update(required=False),
    "enum_shrunk": lambda columns: columns[1].update(enum=[{"value": "ada"}]),
    "key_changed": lambda columns: (columns[0].pop("primaryKey"), columns[0].pop("primaryKeyPosition")),
    "bound_loosened": lambda columns: columns[2].pop("logicalTypeOptions"),
}


@pytest.mark.parametrize("kind", BREAKING)
def test_a_breaking_change_is_refused_with_its_reason(mesh: MeshFolder, kind: str) -> None:
    edit_orders(mesh, BREAKING[kind])
    answer = mesh.run("plan", "--format", "json", code=1)
    [difference] = [d for d in differences(answer) if d["breaking"]]
    assert difference["kind"] == kind and difference["reason"]
    refused = refusals(answer)["MW501"]
    assert difference["reason"] in refused["message"]
    assert "2.0.0" in refused["way_out"] and "--allow-breaking" in refused["way_out"]


def test_quality_that_is_loosened_hits_whoever_reads_the_object(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    rule = {"id": "few", "type": "library", "metric": "rowCount", "mustBeGreaterThan": 0}
    file = f"{ORDERS}/contracts/orders-1.0.0.yaml"
    edit(mesh, file, lambda d: d["schema"][0].update(quality=[rule]))
    mesh.run("apply", "--yes", "--format", "json")
    edit(mesh, file, lambda d: d["schema"][0].pop("quality"))
    [difference] = differences(mesh.run("plan", "--format", "json", code=1))
    assert difference["kind"] == "quality_loosened"
    assert difference["hits"] == ["finance/revenue through orders"]


def test_a_removed_column_hits_only_the_consumers_that_use_it(mesh: MeshFolder) -> None:
    drop_amount(mesh)
    (mesh.root / REVENUE / "models/revenue.sql").write_text(
        "select customer, 1.0 as amount from orders.orders\n"
    )
    answer = mesh.run("plan", "--format", "json", code=1)
    [difference] = differences(answer)
    assert (difference["kind"], difference["hits"]) == ("column_removed", [])
    assert "no known consumer" in refusals(answer)["MW501"]["message"]


def test_a_consumer_in_the_same_tree_that_still_uses_the_column_is_an_error(mesh: MeshFolder) -> None:
    drop_amount(mesh)
    assert "MW208" in mesh.run("plan", code=2).text


def test_a_stricter_column_hits_those_who_use_it(mesh: MeshFolder) -> None:
    edit_orders(mesh, BREAKING["nullable_to_required"])
    [difference] = differences(mesh.run("plan", "--format", "json", code=1))
    assert difference["hits"] == ["finance/revenue through orders (uses amount)"]
    text = mesh.run("plan", code=1).out
    assert "BREAKING nullable_to_required orders.amount" in text and "hits finance/revenue" in text


def test_a_refused_plan_is_not_applied(mesh: MeshFolder) -> None:
    edit_orders(mesh, BREAKING["nullable_to_required"])
    answer = mesh.run("apply", "--yes", code=1)
    assert "MW501" in answer.out and "way out" in answer.out
    assert refusals(mesh.run("plan", "--format", "json", code=1))


def test_allowing_a_breaking_change_records_the_reason_and_whom_it_hits(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    edit_orders(mesh, BREAKING["nullable_to_required"])
    mesh.run("apply", "--yes", "--allow-breaking", "finance agreed")
    facts = mesh.run("facts", "sales/orders", "--format", "json").data
    [fact] = [fact for fact in facts if fact["kind"] == "contract.broken"]
    assert fact["payload"]["reason"] == "finance agreed"
    assert fact["payload"]["hits"] == ["finance/revenue through orders (uses amount)"]
    assert mesh.run("plan", "--format", "json").data["changes"] == []


def test_allowing_needs_a_reason(mesh: MeshFolder) -> None:
    assert "reason" in mesh.run("plan", "--allow-breaking", " ", code=2).text


def test_a_version_that_goes_back_is_refused(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    file = f"{ORDERS}/contracts/orders-1.0.0.yaml"
    edit(mesh, file, lambda d: d.update(version="1.2.0"))
    mesh.run("apply", "--yes", "--format", "json")
    edit(mesh, file, lambda d: d.update(version="1.1.0"))
    refused = refusals(mesh.run("plan", "--format", "json", code=1))
    assert "1.2.0" in refused["MW505"]["message"]


def add_second_major(mesh: MeshFolder) -> None:
    new = contract(
        "orders-v2", {"orders": [column("id", required=True), column("customer", "string")]}, version="2.0.0"
    )
    (mesh.root / ORDERS / "contracts/orders-v2.yaml").write_text(json.dumps(new))
    (mesh.root / ORDERS / "models/orders@2.sql").write_text("select id, customer from files.orders\n")
    port = {"name": "orders", "version": "2.0.0", "contractId": "orders-v2"}
    edit(mesh, f"{ORDERS}/product.yaml", lambda d: d["outputPorts"].append(port))


def test_a_new_major_beside_the_old_one_breaks_nobody(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    add_second_major(mesh)
    answer = mesh.run("plan", "--format", "json")
    assert differences(answer) == [] and refusals(answer) == {}
    mesh.run("apply", "--yes")
    assert list(mesh.rows("select * from sales.orders.orders")[0]) == ["id", "customer"]
    assert len(mesh.rows('select * from sales.orders."orders@1"')[0]) == 3


def test_a_major_that_nobody_reads_any_more_may_go(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    shutil.rmtree(mesh.root / "domains/finance")
    mesh.run("apply", "--yes")
    add_second_major(mesh)
    edit(mesh, f"{ORDERS}/product.yaml", lambda d: d["outputPorts"].pop(0))
    (mesh.root / ORDERS / "contracts/orders-1.0.0.yaml").unlink()
    (mesh.root / ORDERS / "models/orders.sql").unlink()
    answer = mesh.run("plan", "--format", "json")
    [difference] = differences(answer)
    assert (difference["kind"], difference["hits"]) == ("port_removed", [])
    tables = {(c["table"], c["action"]) for c in answer.data["changes"] if c["change"] == "table"}
    assert tables == {("orders@1", "remove"), ("orders@2", "add")}


def test_removing_a_product_asks_and_then_leaves_only_facts(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    shutil.rmtree(tmp_path / REVENUE)
    refused = mesh.run("apply", "--yes", code=1)
    assert "MW503" in refused.text and "--allow-destroy" in refused.text
    assert any("revenue" in file for file in mesh.files())
    mesh.run("apply", "--yes", "--allow-destroy")
    assert any("revenue" in file for file in mesh.files()), "who still reads them has a grace"
    mesh.run("gc", "--now")
    assert not any("revenue" in file for file in mesh.files())
    assert len(mesh.rows("select * from sales.orders.orders")) == 3
    facts = mesh.run("facts", "--format", "json", "--limit", "100").data
    kinds = {fact["kind"] for fact in facts if fact["subject"] == "finance/revenue"}
    assert {"product.applied", "run.finished", "product.removed"} <= kinds
    assert "follows" in mesh.run("facts", "--verify").out
    answer = mesh.run("query", "select * from finance.revenue.revenue", code=2)
    assert "no product finance/revenue" in answer.text


def test_one_product_has_all_its_errors_told_at_once(mesh: MeshFolder) -> None:
    edit(mesh, f"{ORDERS}/product.yaml", lambda d: d.update(colour="red"))
    edit(mesh, f"{REVENUE}/product.yaml", lambda d: d.update(statuss="active"))
    problems = mesh.run("plan", "--format", "json", code=2).data["error"]["problems"]
    assert {problem["file"] for problem in problems} == {f"{ORDERS}/product.yaml", f"{REVENUE}/product.yaml"}


def test_a_model_that_lacks_a_promised_column_is_found_before_anything_is_built(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    model = tmp_path / "domains/finance/revenue/models/revenue.sql"
    model.write_text("select customer, 1 as other from orders.orders\n")
    problems = mesh.run("validate", "--format", "json", code=2).data["problems"]
    assert [(p["code"], p["file"]) for p in problems] == [
        ("MW211", "domains/finance/revenue/models/revenue.sql")
    ]
    assert "`amount`" in problems[0]["message"]
    assert "`other`" in problems[0]["message"]
