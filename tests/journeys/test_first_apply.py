"""From declarations to published data, and nothing when nothing changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mesh_folder import MeshFolder, column, contract, csv_server, orders_mesh


def test_apply_publishes_every_product_and_a_query_reads_across_domains(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    rows = mesh.rows(
        "select o.id, r.amount as total from sales.orders.orders o "
        "join finance.revenue.revenue r using (customer) order by o.id"
    )
    assert rows == [{"id": 1, "total": 15.5}, {"id": 2, "total": 20.0}, {"id": 3, "total": 15.5}]


def test_a_second_apply_does_nothing(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    before = mesh.files()
    answer = mesh.run("apply", "--yes", "--format", "json").data
    assert answer == {"environment": "dev", "already": True, "outcomes": []}
    assert mesh.files() == before
    assert mesh.run("plan", "--format", "json").data["changes"] == []


def test_a_failed_check_keeps_the_old_publication_and_leaves_no_file(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    before = mesh.files()
    mesh.csv("data/orders.csv", "id,customer,amount", "1,ada,10.5", "4,ada,-3.0", "4,bob,1.0")
    answer = mesh.run("run", "sales/orders", "--downstream", code=1)
    assert "orders.amount.bounds" in answer.text and "-3" in answer.text
    assert "FAIL sales/orders" in answer.text and "skip finance/revenue" in answer.text
    assert len(mesh.rows("select * from sales.orders.orders")) == 3
    assert mesh.files() == before


def test_a_changed_source_is_read_by_run_and_flows_downstream(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.csv("data/orders.csv", "id,customer,amount", "9,zoe,7.0")
    mesh.run("run", "--downstream", "sales/orders")
    assert mesh.rows("select * from finance.revenue.revenue") == [{"customer": "zoe", "amount": 7.0}]


def test_a_model_that_reads_an_undeclared_input_is_refused_with_the_port_to_declare(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    model = tmp_path / "domains/finance/revenue/models/revenue.sql"
    model.write_text("select customer, sum(amount) as amount from sales.orders.orders group by 1\n")
    mesh.run("validate")
    model.write_text("select customer, sum(amount) as amount from sales.customers.customers group by 1\n")
    answer = mesh.run("apply", "--yes", code=2)
    assert "MW204" in answer.text and "port" in answer.text
    model.write_text("select customer, 1.0 as amount from read_csv('data/orders.csv')\n")
    assert "MW203" in mesh.run("plan", code=2).text


def test_drift_at_the_source_is_told_in_words(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.csv("data/orders.csv", "id,client,amount", "1,ada,10.5")
    answer = mesh.run("run", "sales/orders", code=1)
    assert "customer" in answer.text and "no longer matches its contract" in answer.text


def test_every_run_is_a_fact_with_its_cost(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    facts = mesh.run("facts", "sales/orders", "--format", "json").data
    finished = next(fact for fact in facts if fact["kind"] == "run.finished")
    cost = finished["payload"]["cost"]
    assert cost["rows_written"] == 3 and cost["wall_seconds"] > 0 and cost["bytes_written"] > 0
    steps = finished["payload"]["steps"]
    assert {"extracted", "built", "measured", "sealed"} <= steps.keys()
    assert sum(step["wall_seconds"] for step in steps.values()) <= cost["wall_seconds"] + 1
    assert "follows" in mesh.run("facts", "--verify").out


def test_a_source_that_is_not_there_is_a_clear_error_and_the_rest_goes_on(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.product(
        "lab/lonely",
        [
            contract("nothing-file", {"nothing": [column("id")]}, servers=csv_server("data/nothing*.csv")),
            contract("lonely", {"lonely": [column("id")]}),
        ],
        {"lonely.sql": "select id from files.nothing\n"},
        inputs=[("files", "nothing-file")],
        outputs=[("lonely", "1.0.0", "lonely")],
    )
    answer = mesh.run("apply", "--yes", code=1)
    assert "data/nothing*.csv" in answer.text
    assert len(mesh.rows("select * from finance.revenue.revenue")) == 2


def test_two_trees_share_one_registry_and_never_touch_each_other(tmp_path: Path) -> None:
    shared = {
        "registry": f"sqlite:///{tmp_path}/shared.db",
        "warehouse": str(tmp_path / "warehouse"),
    }
    first = orders_mesh(tmp_path / "one")
    settings = {"environments": {"dev": shared}}
    first_settings = {"mesh": "acme", "domains": ["sales"], **settings}
    (tmp_path / "one" / "mesh.yaml").write_text(json.dumps(first_settings))
    second = MeshFolder(tmp_path / "two", domains=["finance"], **settings)
    (tmp_path / "two" / "domains").mkdir()
    (tmp_path / "one" / "domains" / "finance").rename(tmp_path / "two" / "domains" / "finance")
    first.run("apply", "--yes")
    second.run("apply", "--yes")
    assert len(second.rows("select * from finance.revenue.revenue")) == 2
    assert second.run("plan", "--format", "json").data["changes"] == []
    assert first.run("plan", "--format", "json").data["changes"] == []
    products = {row["product"] for row in first.run("status", "--format", "json").data["products"]}
    assert products == {"sales/orders", "finance/revenue"}


def test_a_sum_of_decimals_fits_its_column_and_a_value_with_too_many_digits_stops(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    total = column("total", "number", physicalType="decimal(4,2)")
    mesh.product(
        "finance/total",
        [contract("total", {"total": [total]})],
        {"total.sql": "select sum(amount::decimal(4,2)) as total from orders.orders\n"},
        inputs=[("orders", "orders")],
        outputs=[("total", "1.0.0", "total")],
    )
    mesh.run("apply", "--yes")
    assert mesh.rows("select total::varchar as total from finance.total.total") == [{"total": "35.50"}]
    mesh.csv("data/orders.csv", "id,customer,amount", "1,ada,99.0", "2,bob,99.0")
    answer = mesh.run("run", "sales/orders", "--downstream", code=1)
    assert "FAIL finance/total" in answer.text and "DECIMAL(4,2)" in answer.text


def test_the_plan_says_where_a_python_model_would_not_be_isolated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh = orders_mesh(tmp_path)
    model = tmp_path / "domains/finance/revenue/models/revenue"
    model.with_suffix(".sql").unlink()
    model.with_suffix(".py").write_text(
        "import pyarrow as pa\n\n\ndef model(orders__orders):\n"
        "    table = orders__orders.read_all().group_by('customer').aggregate([('amount', 'sum')])\n"
        "    return table.rename_columns(['customer', 'amount'])\n"
    )
    assert mesh.run("plan", "--format", "json").data["warnings"] == []
    monkeypatch.setattr("meshwright.adapters.python.sandbox.available", lambda: False)
    (warning,) = mesh.run("plan", "--format", "json").data["warnings"]
    assert warning["code"] == "MW210" and "finance/revenue" in warning["message"]
    assert "MW210" in mesh.run("plan").text
    monkeypatch.undo()
    mesh.run("apply", "--yes")
    assert len(mesh.rows("select * from finance.revenue.revenue")) == 2


def test_what_validate_says_will_not_be_verified_is_what_the_run_skips(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    path = tmp_path / "domains/sales/orders/contracts/orders-1.0.0.yaml"
    document = json.loads(path.read_text())
    customer = document["schema"][0]["properties"][1]
    customer["relationships"] = [{"to": "finance.revenue.revenue.customer"}]
    customer["logicalTypeOptions"] = {"format": "nickname"}
    customer["quality"] = [{"type": "custom", "engine": "soda", "implementation": "x"}]
    path.write_text(json.dumps(document))
    told = [p for p in mesh.run("validate", "--format", "json").data["problems"] if p["code"] == "MW128"]
    mesh.run("apply", "--yes")
    runs = mesh.run("facts", "sales/orders", "--format", "json").data
    (checks,) = (fact["payload"]["checks"] for fact in runs if fact["kind"] == "run.finished")
    skipped = {check["path"] for check in checks if check["status"] == "skip"}
    assert len(told) == 3 and {problem["path"] for problem in told} == skipped
