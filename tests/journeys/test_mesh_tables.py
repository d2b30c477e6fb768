"""`mesh query` over the mesh's own tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mesh_folder import MeshFolder, column, contract, orders_mesh
from test_two_trees import trees  # noqa: F401

from meshwright.supervision.metamodel.relations import RELATIONS


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    folder = orders_mesh(tmp_path_factory.mktemp("tables") / "mesh")
    folder.run("apply", "--yes")
    return folder


def test_every_table_can_be_asked(mesh: MeshFolder) -> None:
    for name, relation in RELATIONS.items():
        answer = json.loads(mesh.run("query", f"select * from mesh.{name}", "--format", "json").out)
        assert answer["columns"] == relation.schema.names
    counted = mesh.rows("select count(*) as n from mesh.products")
    assert counted == [{"n": 2}]


def test_they_join_with_what_is_published(mesh: MeshFolder) -> None:
    rows = mesh.rows(
        "select p.domain, p.status, count(*) as n from sales.orders.orders o "
        "join mesh.products p on p.domain = 'sales' and p.product = 'orders' group by all"
    )
    assert [(row["domain"], row["status"]) for row in rows] == [("sales", "active")]
    assert rows[0]["n"] == mesh.rows("select count(*) as n from sales.orders.orders")[0]["n"]


def test_lineage_is_a_recursive_query(mesh: MeshFolder) -> None:
    rows = mesh.rows(
        "with recursive up(node) as (select address from mesh.products where domain = 'finance' "
        "union select e.from_node from up join mesh.edges e on e.to_node = up.node) "
        "select node from up order by node"
    )
    nodes = {row["node"] for row in rows}
    assert "mesh://acme/sales/orders" in nodes
    assert any(node.startswith("source:") for node in nodes)


def test_runs_and_publications_are_those_of_history(mesh: MeshFolder) -> None:
    (row,) = mesh.rows(
        "select r.status, r.rows_stored, p.current, p.rows from mesh.runs r "
        "join mesh.publications p on p.publication = r.publication where r.product = 'orders'"
    )
    history = mesh.run("history", "sales/orders", "--format", "json").data["publications"]
    assert row["status"] == "published"
    assert row["current"] is True
    assert row["rows"] == row["rows_stored"] == history[0]["cost"]["rows_stored"]


def test_the_platforms_own_names_mean_the_same_tables(mesh: MeshFolder) -> None:
    assert mesh.rows("select * from mesh.tables.ports order by address") == mesh.rows(
        "select * from mesh.ports order by address"
    )


@pytest.mark.parametrize("address", ["mesh/tables", "mesh.tables", "mesh://acme/mesh/tables/tables@1"])
def test_the_platforms_product_is_shown_with_its_contract(mesh: MeshFolder, address: str) -> None:
    shown = mesh.run("show", address, "--format", "json").data
    assert shown["addresses"] == ["mesh://acme/mesh/tables/tables@1"]
    (contract,) = shown["contracts"].values()
    assert [obj["name"] for obj in contract["schema"]] == list(RELATIONS)


def test_the_platforms_product_is_listed_after_the_others(mesh: MeshFolder) -> None:
    listed = [row["product"] for row in mesh.run("list", "--format", "json").data["products"]]
    assert listed == ["finance/revenue", "sales/orders", "mesh/tables"]


def test_wrong_names_are_told_with_their_place(mesh: MeshFolder) -> None:
    answer = mesh.run("query", "select address\nfrom mesh.prodcts", code=2)
    assert "2:6" in answer.text
    assert "did you mean mesh.products?" in answer.text
    assert "has no column `adress`" in mesh.run("query", "select adress from mesh.ports", code=2).text
    assert "tells of now" in mesh.run("query", "from mesh.runs", "--as-of", "2026-01-01", code=2).text


@pytest.mark.parametrize(
    "sql",
    [
        "select * from mesh.products, read_csv('/etc/passwd')",
        "select * from mesh.products, '/etc/passwd'",
        "select current_setting('temp_directory') from mesh.products",
        "select * from mesh.information_schema.tables",
        "copy (select * from mesh.products) to '/tmp/x.csv'",
    ],
)
def test_the_boundary_of_queries_is_around_them_too(mesh: MeshFolder, sql: str) -> None:
    assert mesh.run("query", sql, code=None).code == 2


def test_an_environment_where_nothing_is_applied_has_empty_tables(tmp_path: Path) -> None:
    folder = orders_mesh(tmp_path / "mesh")
    assert folder.rows("select * from mesh.columns join mesh.products using (domain, product)") == []


def test_two_trees_on_one_registry_see_one_mesh(
    trees: tuple[MeshFolder, MeshFolder],  # noqa: F811
) -> None:
    asked = (
        "select domain, repository, product from mesh.domains join mesh.products using (domain) order by all"
    )
    one, two = (tree.rows(asked) for tree in trees)
    assert one == two
    assert {row["domain"] for row in one} == {"sales", "finance"}
    read = "select to_address from mesh.inputs where resolves_to = 'port'"
    assert trees[0].rows(read) == trees[1].rows(read) != []


def test_checks_of_two_majors_of_a_contract_are_told_apart(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path / "mesh")
    few = {"quality": [{"metric": "rowCount", "mustBe": 9, "severity": "warning"}]}
    contracts = [contract("c", {"o": [column("id")]}, version=f"{major}.0.0") for major in (1, 2)]
    for each in contracts:
        each["schema"][0] |= few
    mesh.product(
        "d/p",
        contracts,
        {"o.sql": "select 1 as id\n"},
        outputs=[("out", "1.0.0", "c"), ("out", "2.0.0", "c")],
    )
    mesh.run("apply", "--yes")
    rows = mesh.rows("select port, major, status from mesh.checks order by major")
    assert rows == [{"port": "out", "major": major, "status": "warn"} for major in (1, 2)]
