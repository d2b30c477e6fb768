"""`mesh.column_edges` says what the lineage of the typed mesh says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.metamodel.declared import Kept, bundle, bundles_of_tree, mesh_of, rows_of

from meshwright.experience.models import product_lineages
from meshwright.model.lineage import ObjectLineage, lineage_to_json
from meshwright.model.product import Bundle
from meshwright.supervision.lineage.edges import ColumnEdgeRow, column_edge_rows
from meshwright.supervision.metamodel.tables import MeshTables

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
IDENTITY, AGGREGATION, UNKNOWN, ROWS = 0, 2, 12, 11


def edges(bundles: Mapping[Any, Bundle], lineages: Mapping[Any, str]) -> list[dict[str, Any]]:
    tables = MeshTables.empty("acme", ["column_edges"]).refreshed(Kept(bundles, lineages=lineages))
    return rows_of(tables, "column_edges")


def told(row: Mapping[str, Any]) -> ColumnEdgeRow:
    return ColumnEdgeRow(*(row[name] for name in ColumnEdgeRow._fields))


@pytest.mark.parametrize("example", ["premium-offices", "nyc-flights"])
def test_edges_of_the_examples_are_those_of_the_lineage(example: str) -> None:
    bundles = bundles_of_tree(EXAMPLES / example)
    mesh = mesh_of(bundles)
    lineages = product_lineages(mesh.products.values(), mesh)
    rows = edges(bundles, lineages)
    assert {told(row) for row in rows} == set(column_edge_rows(mesh, lineages))
    every = MeshTables.empty("acme").refreshed(Kept(bundles, lineages=lineages))
    columns = {row["address"] for row in rows_of(every, "columns")}
    for row in rows:
        for end in ("source", "target"):
            known = row[end] in columns
            assert known == (row[f"{end}_column"] is not None), row


def column(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "logicalType": "string", **more}


def contract(name: str, *objects: Mapping[str, Any], version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    return {"id": name, "version": version, "apiVersion": "v3.2.0", "schema": list(objects), **more}


def port(name: str, contract_id: str, version: str = "1.0.0") -> dict[str, Any]:
    return {"name": name, "version": version, "contractId": contract_id}


FIRST = bundle(
    "d/first",
    {"inputPorts": [port("file", "raw")], "outputPorts": [port("out", "c"), port("twin", "c", "1.1.0")]},
    contract(
        "raw",
        {"name": "t", "properties": [column("A")]},
        servers=[{"server": "s", "type": "local", "path": "x"}],
    ),
    contract("c", {"name": "o", "physicalName": "o_v1", "properties": [column("a", physicalName="a_1")]}),
)


def lineage(port: str, name: str, columns: Mapping[str, Any]) -> str:
    return lineage_to_json([ObjectLineage(port, 1, name, "m", columns)])


def test_names_in_data_lead_to_the_columns_of_the_contract() -> None:
    made = lineage("twin", "o_v1", {"a_1": [("file", "t", "a", IDENTITY)], "": [("file", "t", "", ROWS)]})
    rows = edges({FIRST.key: FIRST}, {FIRST.key: made})
    assert [(row["source"], row["target"], row["subtype"]) for row in rows] == [
        ("mesh://acme/d/first/file#t.A", "mesh://acme/d/first/out@1#o.a", "identity"),
        (None, None, "rows"),
    ]
    assert {row["target_address"] for row in rows} == {"mesh://acme/d/first/twin@1"}
    assert {row["source_address"] for row in rows} == {"source:raw"}


def test_a_column_that_stands_for_any_is_each_column_once() -> None:
    first = bundle("d/one", {"outputPorts": [port("out", "c")]}, contract("c", SECOND_OBJECT))
    second = bundle(
        "e/two",
        {"inputPorts": [port("up", "c")], "outputPorts": [port("out", "d")]},
        contract("d", {"name": "p", "properties": [column("z")]}),
    )
    made = lineage("out", "p", {"z": [("up", "o", "*", UNKNOWN), ("up", "o", "x", UNKNOWN)]})
    bundles = {first.key: first, second.key: second}
    rows = edges(bundles, {second.key: made})
    assert [(row["source"], row["target"], row["kind"]) for row in rows] == [
        ("mesh://acme/d/one/out@1#o.x", "mesh://acme/e/two/out@1#p.z", "unknown"),
        ("mesh://acme/d/one/out@1#o.y", "mesh://acme/e/two/out@1#p.z", "unknown"),
    ]


SECOND_OBJECT = {"name": "o", "properties": [column("x"), column("y")]}


def test_what_resolves_to_nothing_has_no_edges_and_what_masks_says_so() -> None:
    lonely = bundle("e/two", {"inputPorts": [port("up", "nowhere")], "outputPorts": [port("out", "d")]})
    made = lineage("out", "p", {"z": [("up", "o", "x", AGGREGATION)]})
    assert not edges({lonely.key: lonely}, {lonely.key: made})
    masked = lineage("out", "o_v1", {"a_1": [("file", "t", "A", 3)]})
    (row,) = edges({FIRST.key: FIRST}, {FIRST.key: masked})
    assert (row["masking"], row["kind"]) == (True, "direct")
