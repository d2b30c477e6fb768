"""A product whose contract allows it publishes the good rows, and keeps the others for its owner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.mesh_folder import MeshFolder, column, contract, csv_server, custom

KEY = column("id", required=True, primaryKey=True, primaryKeyPosition=1)
AMOUNT = column("amount", "number", logicalTypeOptions={"minimum": 0})


def shop(root: Path, *lines: str, quality: Any = (), how: str = "full", **object_custom: Any) -> MeshFolder:
    """A product sales/orders from a CSV file; `object_custom` are custom properties of its object."""
    mesh = MeshFolder(root)
    mesh.csv("data/orders.csv", "id,customer,amount", *lines)
    served = contract("orders", {"orders": [KEY, column("customer", "string", required=True), AMOUNT]})
    served["schema"][0]["customProperties"] = custom(materialization=how, **object_custom)
    served["schema"][0]["quality"] = list(quality)
    source = {"orders": [column("id"), column("customer", "string"), column("amount", "number")]}
    mesh.product(
        "sales/orders",
        [contract("orders-file", source, servers=csv_server("data/orders.csv")), served],
        {"orders.sql": "select id, customer, amount from files.orders\n"},
        inputs=[("files", "orders-file")],
        outputs=[("orders", "1.0.0", "orders")],
    )
    return mesh


def put_aside(mesh: MeshFolder) -> list[dict[str, Any]]:
    """The rows that `mesh quarantine` lists."""
    (table,) = mesh.run("quarantine", "sales/orders", "--format", "json").data["objects"]
    return list(table["rows"])


def ids(mesh: MeshFolder) -> list[int]:
    """The published keys."""
    return [row["id"] for row in mesh.rows("select id from sales.orders.orders order by id")]


def test_good_rows_are_published_and_broken_ones_are_kept_for_the_owner(tmp_path: Path) -> None:
    mesh = shop(tmp_path, "1,ada,10", "2,grace,-1", "3,,-5", "4,ada,", "5,eve,1", quarantine=True)
    answer = mesh.run("apply", "--yes")
    told = " ".join(answer.text.split())
    assert "2 of 5 rows" in told and "`mesh quarantine sales/orders`" in told
    assert ids(mesh) == [1, 4, 5]
    kept = {row["id"]: row["_broken_checks"] for row in put_aside(mesh)}
    assert kept == {
        2: ["orders.amount.bounds"],
        3: ["orders.customer.required", "orders.amount.bounds"],
    }
    assert "2" in mesh.run("quarantine", "sales/orders").out


def test_how_much_is_in_quarantine_and_why_is_told_everywhere(tmp_path: Path) -> None:
    mesh = shop(tmp_path, "1,ada,10", "2,grace,-1", quarantine=True)
    mesh.run("apply", "--yes")
    facts = mesh.run("facts", "sales/orders", "--format", "json").data
    (finished,) = [fact["payload"] for fact in facts if fact["kind"] == "run.finished"]
    assert finished["quarantined"] == {
        "sales.orders.orders@1": {
            "table": "quarantine__orders",
            "rows": 1,
            "of": 2,
            "checks": {"orders.amount.bounds": 1},
        }
    }
    (status,) = mesh.run("status", "--format", "json").data["products"]
    assert status["quarantined"] == 1
    assert "1 row in quarantine" in mesh.run("status").out
    (publication,) = mesh.run("history", "sales/orders", "--format", "json").data["publications"]
    assert publication["quarantined"] == 1


def test_without_quarantine_nothing_is_published(tmp_path: Path) -> None:
    mesh = shop(tmp_path, "1,ada,10", "2,grace,-1")
    mesh.run("apply", "--yes", code=1)
    assert mesh.files() == set()


def test_every_row_of_a_repeated_key_is_put_aside(tmp_path: Path) -> None:
    mesh = shop(tmp_path, "1,ada,10", "2,ada,1", "2,eve,2", ",eve,3", quarantine=True)
    mesh.run("apply", "--yes")
    assert ids(mesh) == [1]
    assert sorted((row["id"] or 0, row["customer"]) for row in put_aside(mesh)) == [
        (0, "eve"),
        (2, "ada"),
        (2, "eve"),
    ]


def test_the_quarantine_table_is_served_to_nobody(tmp_path: Path) -> None:
    mesh = shop(tmp_path, "1,ada,10", "2,grace,-1", quarantine=True)
    mesh.run("apply", "--yes")
    answer = mesh.run("query", "select * from sales.orders.quarantine__orders", code=None)
    assert answer.code != 0 and "serves no" in answer.text


@pytest.mark.parametrize(
    ("allowed", "why"),
    [({"maxRows": 1}, "maxRows"), ({"maxPercent": 49.9}, "maxPercent")],
)
def test_more_broken_rows_than_the_contract_allows_stop_the_run(
    tmp_path: Path, allowed: dict[str, Any], why: str
) -> None:
    mesh = shop(tmp_path, "1,ada,10", "2,grace,-1", "3,eve,-1", "4,eve,1", quarantine=allowed)
    answer = mesh.run("apply", "--yes", code=1)
    assert why in answer.text and "bounds" in answer.text
    assert mesh.files() == set()


def test_a_table_of_broken_rows_only_is_not_published_empty(tmp_path: Path) -> None:
    mesh = shop(tmp_path, "1,ada,-10", "2,grace,-1", quarantine=True)
    assert "all 2 rows are broken" in mesh.run("apply", "--yes", code=1).text


def test_what_remains_must_keep_the_whole_contract(tmp_path: Path) -> None:
    quality = [{"metric": "rowCount", "mustBeGreaterOrEqualTo": 3}]
    mesh = shop(tmp_path, "1,ada,10", "2,grace,-1", "3,eve,1", quality=quality, quarantine=True)
    answer = mesh.run("apply", "--yes", code=1)
    assert "rowCount" in answer.text or "quality[0]" in answer.text
    assert "1 of 3 rows" in answer.text
    assert mesh.files() == set()


def test_a_rule_in_sql_is_judged_on_what_remains(tmp_path: Path) -> None:
    rule = {"type": "sql", "query": "select count(*) from {object} where amount < 0", "mustBe": 0}
    mesh = shop(tmp_path, "1,ada,10", "2,grace,-1", quality=[rule], quarantine=True)
    mesh.run("apply", "--yes")
    assert ids(mesh) == [1]


def test_a_corrected_source_empties_the_quarantine_of_a_full_table(tmp_path: Path) -> None:
    mesh = shop(tmp_path, "1,ada,10", "2,grace,-1", quarantine=True)
    mesh.run("apply", "--yes")
    mesh.csv("data/orders.csv", "id,customer,amount", "1,ada,10", "2,grace,1")
    mesh.run("run", "sales/orders")
    assert ids(mesh) == [1, 2]
    assert mesh.run("quarantine", "sales/orders", "--format", "json").data["objects"] == []
    (status,) = mesh.run("status", "--format", "json").data["products"]
    assert status["quarantined"] == 0


def test_rolling_back_brings_back_the_quarantine_of_then(tmp_path: Path) -> None:
    mesh = shop(tmp_path, "1,ada,10", "2,grace,-1", quarantine=True)
    mesh.run("apply", "--yes")
    mesh.csv("data/orders.csv", "id,customer,amount", "1,ada,10")
    mesh.run("run", "sales/orders")
    mesh.run("rollback", "sales/orders", "--to", "1")
    assert [row["id"] for row in put_aside(mesh)] == [2]


def upstream(root: Path, how: str, *lines: str, **object_custom: Any) -> MeshFolder:
    """sales/feed appends what a file delivers; sales/orders is built from its changes as `how`."""
    mesh = MeshFolder(root)
    mesh.csv("data/feed.csv", "n,id,amount", *lines)
    feed = {
        "feed": [column("n", primaryKey=True, primaryKeyPosition=1), column("id"), column("amount", "number")]
    }
    source = contract("feed-file", feed, servers=csv_server("data/feed.csv"))
    source["schema"][0]["customProperties"] = custom(cursor="n")
    served = contract("orders", {"orders": [KEY, AMOUNT]})
    served["schema"][0]["customProperties"] = custom(materialization=how, **object_custom)
    mesh.product(
        "sales/orders",
        [source, served],
        {"orders.sql": "select id, amount from changes(files.feed)\n"},
        inputs=[("files", "feed-file")],
        outputs=[("orders", "1.0.0", "orders")],
    )
    return mesh


def deliver(mesh: MeshFolder, *lines: str, code: int = 0) -> str:
    """More lines in the file, and a run."""
    file = mesh.root / "data" / "feed.csv"
    file.write_text(file.read_text() + "\n".join(lines) + "\n")
    return mesh.run("run", "sales/orders", code=code).text


def test_quarantine_of_an_appended_table_grows(tmp_path: Path) -> None:
    mesh = upstream(tmp_path, "append", "1,1,10", "2,2,-1", quarantine=True)
    mesh.run("apply", "--yes")
    deliver(mesh, "3,3,5")
    assert [row["id"] for row in put_aside(mesh)] == [2]
    deliver(mesh, "4,1,5", "5,5,-5", "6,6,6")
    assert ids(mesh) == [1, 3, 6]
    kept = put_aside(mesh)
    assert sorted(row["id"] for row in kept) == [1, 2, 5]
    assert len({row["_quarantined_by"] for row in kept}) == 2


def test_a_broken_change_leaves_the_row_that_it_would_replace(tmp_path: Path) -> None:
    mesh = upstream(tmp_path, "merge", "1,1,10", "2,2,20", quarantine=True)
    mesh.run("apply", "--yes")
    deliver(mesh, "3,1,-1", "4,2,21", "5,3,30")
    rows = mesh.rows("select id, amount from sales.orders.orders order by id")
    assert [(row["id"], float(row["amount"])) for row in rows] == [(1, 10), (2, 21), (3, 30)]
    assert [row["id"] for row in put_aside(mesh)] == [1]


def test_only_broken_changes_publish_what_was_there(tmp_path: Path) -> None:
    mesh = upstream(tmp_path, "append", "1,1,10", quarantine={"maxPercent": 100})
    mesh.run("apply", "--yes")
    assert "all 1 rows" in deliver(mesh, "2,2,-1", code=1)
    assert ids(mesh) == [1]


def test_a_published_row_that_breaks_a_new_rule_fails_the_run(tmp_path: Path) -> None:
    mesh = upstream(tmp_path, "append", "1,1,10", quarantine=True)
    mesh.run("apply", "--yes")
    served = contract(
        "orders", {"orders": [KEY, column("amount", "number", logicalTypeOptions={"minimum": 11})]}
    )
    served["schema"][0]["customProperties"] = custom(materialization="append", quarantine=True)
    file = mesh.root / "domains" / "sales" / "orders" / "contracts" / "orders-1.0.0.yaml"
    file.write_text(json.dumps(served))
    answer = mesh.run("apply", "--yes", "--allow-breaking", "a stricter rule", code=1)
    assert "bounds" in answer.text and ids(mesh) == [1]


@pytest.mark.parametrize("value", ["yes", {"maxRows": -1}, {"maxPercent": 101}, {"most": 1}, {}])
def test_a_quarantine_that_means_nothing_is_refused(tmp_path: Path, value: Any) -> None:
    mesh = shop(tmp_path, "1,ada,10", quarantine=value)
    assert "MW129" in mesh.run("validate", code=None).text


def test_rows_that_refer_to_nothing_are_put_aside(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    parents = [column("id", required=True, primaryKey=True, primaryKeyPosition=1)]
    parent = column("__to0", relationships=[{"to": "parents.id"}])
    declared = contract("family", {"parents": parents, "children": [column("id", unique=True), parent]})
    declared["schema"][1]["customProperties"] = custom(quarantine=True)
    rows = "(10, 1), (11, 3), (12, null), (13, 2), (13, 1)"
    mesh.product(
        "sales/family",
        [declared],
        {
            "parents.sql": "select * from (values (1), (2)) as t(id)\n",
            "children.sql": f"select * from (values {rows}) as t(id, __to0)\n",
        },
        outputs=[("family", "1.0.0", "family")],
    )
    mesh.run("apply", "--yes")
    assert [row["id"] for row in mesh.rows("select id from sales.family.children order by id")] == [10, 12]
    (table,) = mesh.run("quarantine", "sales/family", "--format", "json").data["objects"]
    found = sorted((row["id"], *row["_broken_checks"]) for row in table["rows"])
    assert [row[0] for row in found] == [11, 13, 13]
    assert "relationship" in found[0][1] and found[1][1] == "children.id.unique"
