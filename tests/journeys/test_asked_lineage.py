"""Where columns come from and what breaks, asked of an applied mesh."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from mesh_folder import MeshFolder, column, contract, csv_server, orders_mesh

SCORES = """import pyarrow as pa

def model(clean: pa.RecordBatchReader, orders__orders: pa.RecordBatchReader) -> pa.Table:
    return pa.table({"customer": ["a"], "score": [1.0], "odd": [1], "one": [1]})
"""


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    mesh = orders_mesh(tmp_path_factory.mktemp("lineage"))
    mesh.product(
        "finance/scores",
        [
            contract(
                "scores",
                {
                    "scores": [
                        column("customer", "string", transformSourceObjects=["clean.customer"]),
                        column("score", "number", transformSourceObjects=["orders.orders.amount"]),
                        column("odd"),
                        column("one", transformSourceObjects=[]),
                    ]
                },
            )
        ],
        {
            "scores.py": SCORES,
            "clean.sql": "select md5(customer) as customer from orders.orders where id > 0\n",
        },
        inputs=[("orders", "orders")],
        outputs=[("scores", "1.0.0", "scores")],
    )
    mesh.product(
        "finance/report",
        [
            contract(
                "report", {"report": [column("Customer", "string"), column("total", "number"), column("n")]}
            )
        ],
        {
            "base.sql": "select customer, amount, 1 + (select count(*) from revenue.revenue) as n\n"
            "from revenue.revenue\n",
            "report.sql": 'select customer as "Customer", round(amount) as total, n\n'
            "from base where amount > 1\n",
        },
        inputs=[("revenue", "revenue")],
        outputs=[("report", "1.0.0", "report")],
    )
    mesh.run("apply", "--yes")
    return mesh


def columns(answer, way):
    """(address's product or source, object, column) -> how."""
    return {
        (each["address"].split("/")[4] if "//" in each["address"] else each["address"], each["column"]): each[
            "how"
        ]
        for each in answer.data[way]
    }


def test_a_column_comes_from_columns_of_products_and_sources_before_it(mesh: MeshFolder) -> None:
    answer = mesh.run("lineage", "finance.report.report.total", "--upstream", "--direct", "--format", "json")
    assert columns(answer, "upstream") == {
        ("revenue", "amount"): "transformation",
        ("orders", "amount"): "aggregation",
        ("source:orders-file", "amount"): "aggregation",
    }
    assert [each["distance"] for each in answer.data["upstream"]] == [1, 2, 3]
    path = answer.data["upstream"][-1]["path"]
    assert [step["how"] for step in path] == ["identity", "aggregation", "transformation"]
    assert [step["model"] for step in path] == ["orders", "revenue", "report"]


def test_filters_and_groups_are_told_unless_only_values_are_asked_for(mesh: MeshFolder) -> None:
    answer = mesh.run("lineage", "finance/report.customer", "--upstream", "--format", "json")
    found = columns(answer, "upstream")
    assert found["revenue", "customer"] == "identity"
    assert found["revenue", "amount"] == "filter"
    direct = mesh.run("lineage", "finance/report.customer", "--upstream", "--direct", "--format", "json")
    assert set(columns(direct, "upstream").values()) == {"identity"}


def test_what_comes_from_a_column_of_a_source(mesh: MeshFolder) -> None:
    answer = mesh.run("lineage", "source:orders-file.orders.amount", "--downstream", "--format", "json")
    found = columns(answer, "downstream")
    assert found["orders", "amount"] == "identity"
    assert found["revenue", "amount"] == "aggregation"
    assert found["report", "total"] == "aggregation"
    assert found["scores", "score"] == "transformation"
    assert found["scores", "odd"] == "unknown"
    assert ("scores", "one") not in {key for key, how in found.items() if how != "filter"}


def test_a_hash_is_told_as_masking(mesh: MeshFolder) -> None:
    answer = mesh.run(
        "lineage", "finance.scores.scores.customer", "--upstream", "--direct", "--format", "json"
    )
    assert {each["masking"] for each in answer.data["upstream"]} == {True}


def test_impact_names_the_products_that_break_and_what_follows(mesh: MeshFolder) -> None:
    answer = mesh.run("impact", "sales.orders.orders.amount", "--format", "json").data
    assert [each["product"] for each in answer["broken"]] == ["finance/revenue", "finance/scores"]
    assert answer["broken"][0]["models"] == ["revenue"]
    assert [each["product"] for each in answer["unsure"]] == ["finance/scores"]
    assert ("total") in {each["column"] for each in answer["later"]}
    text = mesh.run("impact", "sales.orders.orders.amount").out
    assert "Dropping sales.orders.orders.amount breaks:" in text
    assert "finance/revenue" in text


def test_dropping_what_nobody_reads_breaks_nothing(mesh: MeshFolder) -> None:
    assert "Nothing that is applied reads" in mesh.run("impact", "finance.report.report.total").out


def test_tables_are_told_by_distance(mesh: MeshFolder) -> None:
    data = mesh.run("lineage", "finance/revenue", "--format", "json").data
    assert [(each["address"], each["distance"]) for each in data["upstream"]] == [
        ("mesh://acme/sales/orders/orders@1", 1),
        ("source:orders-file", 2),
    ]
    assert [each["object"] for each in data["downstream"]] == ["report"]
    text = mesh.run("lineage", "mesh://acme/finance/revenue/revenue@1").out
    assert "sales.orders.orders" in text and "finance.report.report" in text


def test_mermaid_draws_the_paths(mesh: MeshFolder) -> None:
    text = mesh.run("lineage", "finance.revenue.revenue.amount", "--format", "mermaid").out
    assert text.startswith("flowchart LR\n")
    assert '["source:orders-file.orders.amount"]' in text
    assert "-->|aggregation|" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("finance.revenue.revenue.amuont", "did you mean `amount`?"),
        ("finance.revenue.revenu.amount", "did you mean `revenue`?"),
        ("finance.revenu", "did you mean `finance/revenue`?"),
        ("mesh://acme/finance/revenue/revenue@2", "did you mean `mesh://acme/finance/revenue/revenue@1`?"),
        ("source:order-file", "did you mean `source:orders-file`?"),
        ("finance.revenue.revenue@3", "it serves revenue@1"),
        ("revenue", "write DOMAIN.PRODUCT.OBJECT.COLUMN"),
    ],
)
def test_what_is_misspelt_is_answered_with_what_was_meant(mesh: MeshFolder, words: str, said: str) -> None:
    assert said in mesh.run("lineage", words, code=2).err


def test_products_that_were_applied_without_lineage_have_it_all_the_same(mesh: MeshFolder) -> None:
    before = mesh.run("lineage", "finance/report.total", "--format", "json").data
    registry = next((mesh.root / ".mesh").rglob("registry.db"))
    with sqlite3.connect(registry) as connection:
        assert connection.execute("select count(*) from mesh_lineage").fetchone() == (4,)
        connection.execute("delete from mesh_lineage")
    assert mesh.run("lineage", "finance/report.total", "--format", "json").data == before


def test_a_source_of_a_python_column_that_its_model_does_not_read_is_told(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    mesh.csv("data/a.csv", "id", "1")
    mesh.product(
        "d/p",
        [
            contract("file", {"a": [column("id")]}, servers=csv_server("data/a.csv")),
            contract("out", {"out": [column("id", transformSourceObjects=["file.b.id"])]}),
        ],
        {"out.py": "def model(file__a):\n    return file__a\n"},
        inputs=[("file", "file")],
        outputs=[("out", "1.0.0", "out")],
    )
    answer = mesh.run("validate")
    assert "MW212" in answer.text and "`file.b.id`" in answer.text
