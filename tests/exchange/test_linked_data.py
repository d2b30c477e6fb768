"""Documents for other catalogues are DPROD and DCAT as the shapes of both want them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyshacl
import pytest
import rdflib
from rdflib.namespace import DCAT, DCTERMS, RDF, SH
from tests.journeys.mesh_folder import orders_mesh
from tests.metamodel.declared import bundle, bundles_of_tree, tables_of
from tests.metamodel.test_hostile_texts import HOSTILE, made

from meshwright.errors import NotFound
from meshwright.model.address import ProductKey
from meshwright.supervision.exchange.described import described_catalogue, described_product
from meshwright.supervision.metamodel.tables import MeshTables

DPROD = rdflib.Namespace("https://ekgf.github.io/dprod/")
SHAPES = rdflib.Graph().parse(Path(__file__).with_name("catalogue-shapes.ttl"))
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def graph_of(document: Any) -> rdflib.Graph:
    text = document if isinstance(document, str) else json.dumps(document)
    return rdflib.Graph().parse(data=text, format="json-ld")


def conforming(document: Any) -> rdflib.Graph:
    graph = graph_of(document)
    conforms, _, report = pyshacl.validate(graph, shacl_graph=SHAPES)
    assert conforms, report
    return graph


def whole(tables: MeshTables, base: str | None = None) -> str:
    return "".join(described_catalogue(tables, "A mesh.", base))


@pytest.fixture(scope="module")
def premium() -> MeshTables:
    return tables_of(bundles_of_tree(EXAMPLES / "premium-offices"), "premium_offices")


def test_the_catalogue_of_an_example_conforms(premium: MeshTables) -> None:
    graph = conforming(whole(premium, "https://data.example.com"))
    products = set(graph.subjects(RDF.type, DPROD.DataProduct))
    rows = premium.tables["products"].to_pylist()
    assert {str(each) for each in products} == {r["address"] for r in rows if r["status"] != "draft"}
    assert (
        graph.value(rdflib.URIRef("mesh://premium_offices/assets/building_list"), DCTERMS.isReplacedBy)
        in products
    )
    (catalogue,) = graph.subjects(RDF.type, DCAT.Catalog)
    assert set(graph.objects(catalogue, DCAT.resource)) == products
    served = {each for product in products for each in graph.objects(product, DPROD.outputDataset)}
    assert set(graph.objects(catalogue, DCAT.dataset)) == served


def test_every_product_of_an_example_conforms_by_itself(premium: MeshTables) -> None:
    for row in premium.tables["products"].to_pylist():
        key = ProductKey(row["domain"], row["product"])
        graph = conforming(described_product(premium, key, "https://data.example.com/"))
        (product,) = graph.subjects(RDF.type, DPROD.DataProduct)
        assert str(product) == row["address"]
        assert {str(page) for page in graph.objects(product, DCAT.landingPage)} == {
            f"https://data.example.com/mesh/{key}"
        }


def test_lineage_can_be_walked_from_product_to_product(premium: MeshTables) -> None:
    graph = graph_of(whole(premium))
    found = graph.query(
        "select ?from where { <mesh://premium_offices/leasing/rent_roll> "
        "(dprod:inputPort/^dprod:outputPort)+ ?from }",
        initNs={"dprod": DPROD},
    )
    edges = premium.tables["inputs"].to_pylist()
    direct = {
        e["to_domain"] + "/" + e["to_product"]
        for e in edges
        if e["product"] == "rent_roll" and e["to_product"]
    }
    assert direct
    assert {f"mesh://premium_offices/{each}" for each in direct} <= {str(row[0]) for row in found}


def test_the_columns_of_a_dataset_are_a_shape_that_data_can_be_judged_by(premium: MeshTables) -> None:
    graph = graph_of(described_product(premium, ProductKey("assets", "buildings")))
    shape = rdflib.URIRef("mesh://premium_offices/assets/buildings/buildings@1#buildings.shape")
    columns = {str(graph.value(each, SH.name)): each for each in graph.objects(shape, SH.property)}
    declared = [
        row
        for row in premium.tables["columns"].to_pylist()
        if row["product"] == "buildings" and row["object"] == "buildings" and row["binding"] == "output"
    ]
    assert set(columns) == {row["path"] for row in declared if row["depth"] == 1}
    required = {row["path"] for row in declared if row["required"]}
    assert {name for name, each in columns.items() if graph.value(each, SH.minCount)} == required


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_makes_valid_documents(text: str) -> None:
    one = made(text)
    tables = tables_of({one.key: one})
    graph = conforming(described_product(tables, one.key))
    kept = text.encode("utf-8", "backslashreplace").decode()
    assert str(graph.value(rdflib.URIRef("mesh://acme/d/p"), DCTERMS.title)) == (kept or "p")
    conforming(whole(tables))
    for subject in graph.subjects():
        assert not set(str(subject)) & set(' <>"{}|\\^`\n')


def test_what_is_not_for_everybody_is_left_out() -> None:
    bundles = [
        bundle(f"d/p_{status}", {"status": status}) for status in ("proposed", "draft", "active", "retired")
    ]
    tables = tables_of({each.key: each for each in bundles})
    graph = conforming(whole(tables))
    shown = {str(each).rpartition("/")[2] for each in graph.subjects(RDF.type, DPROD.DataProduct)}
    assert shown == {"p_active", "p_retired"}


def test_a_product_that_is_not_there_is_an_error(premium: MeshTables) -> None:
    with pytest.raises(NotFound, match="there is no product assets/nothing"):
        described_product(premium, ProductKey("assets", "nothing"))


def test_the_command_line_writes_both(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    conforming(mesh.run("catalogue").out)
    one = conforming(mesh.run("catalogue", "finance/revenue", "--base", "http://localhost:1").out)
    assert one.value(rdflib.URIRef("mesh://acme/finance/revenue"), DCTERMS.modified) is not None
    mesh.run("catalogue", "--output", str(tmp_path / "all.jsonld"))
    assert len(graph_of((tmp_path / "all.jsonld").read_text())) > len(one)
    assert "no URL" in mesh.run("catalogue", "--base", "javascript:alert(1)", code=2).text
    assert "cannot be written" in mesh.run("catalogue", "--output", str(tmp_path), code=2).text
