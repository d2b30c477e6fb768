"""Events of runs are valid against the standard's own schemas, and say what happened."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from meshwright.experience.load import load_mesh
from meshwright.experience.models import product_lineages
from meshwright.model.address import ProductKey
from meshwright.model.check import CheckResult, CheckSpec, Measure
from meshwright.model.lineage import lineage_from_json
from meshwright.standards.openlineage import RunRecord, run_events

SCHEMAS = Path(__file__).parent / "openlineage_schemas"
KEY = ProductKey("finance", "revenue")


def schemas():
    for file in SCHEMAS.glob("*.json"):
        schema = json.loads(file.read_text())
        yield schema["$id"], schema


REGISTRY = jsonschema_rs.Registry(list(schemas()))


def check_valid(instance, url):
    validator = jsonschema_rs.Draft202012Validator({"$ref": url}, registry=REGISTRY, validate_formats=True)
    assert [error.message for error in validator.iter_errors(instance)] == []


def facets_of(node):
    """Every facet below a value."""
    if isinstance(node, dict):
        if "_schemaURL" in node:
            yield node
        for value in node.values():
            yield from facets_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from facets_of(value)


@pytest.fixture
def events(tmp_path):
    def write(path, document):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(document if isinstance(document, str) else json.dumps(document))

    def contract(name, columns, **more):
        properties = [{"name": column, "logicalType": kind} for column, kind in columns.items()]
        head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": name, "version": "1.0.0"}
        return {**head, "status": "active", "schema": [{"name": name, "properties": properties}], **more}

    server = [{"server": "files", "type": "local", "path": "orders.csv", "format": "csv"}]
    orders = contract("orders", {"customer": "string", "amount": "number", "kind": "string"}, servers=server)
    write("mesh.yaml", {"mesh": "acme"})
    write("domains/finance/domain.yaml", {"domain": "finance"})
    folder = "domains/finance/revenue"
    write(
        f"{folder}/product.yaml",
        {
            "apiVersion": "v1.1.0",
            "kind": "DataProduct",
            "id": "revenue",
            "status": "active",
            "inputPorts": [{"name": "files", "version": "1.0.0", "contractId": "orders"}],
            "outputPorts": [{"name": "revenue", "version": "1.0.0", "contractId": "revenue"}],
        },
    )
    write(f"{folder}/contracts/orders.yaml", orders)
    write(f"{folder}/contracts/revenue.yaml", contract("revenue", {"who": "string", "total": "number"}))
    write(
        f"{folder}/models/revenue.sql",
        "select md5(customer) as who, sum(amount) as total\n"
        "from files.orders where kind = 'x' group by customer\n",
    )
    mesh = load_mesh(tmp_path)
    product = mesh.products[KEY]
    lineage = lineage_from_json(product_lineages([product], mesh)[KEY])

    def made(**given):
        record = RunRecord("dev", "r1", "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z", **given)
        return run_events(mesh, product, record, lineage)

    return made


def result(status="pass", column="total"):
    spec = CheckSpec("revenue.total.required", "schema[0]", "revenue", "required", column)
    return CheckResult(spec, status, "no nulls", "2 nulls", Measure(2, 10))


def test_events_and_their_facets_are_valid(events):
    rows = {"finance.revenue.revenue@1": 7}
    found = [
        *events(published=True, results=[result(), result("fail", None)], rows=rows),
        *events(published=False, error="1 check failed"),
    ]
    for event in found:
        check_valid(event, "https://openlineage.io/spec/2-0-2/OpenLineage.json")
        for facet in facets_of(event):
            check_valid(facet, facet["_schemaURL"])
    assert [event["eventType"] for event in found] == ["START", "COMPLETE", "START", "FAIL"]
    assert len({event["run"]["runId"] for event in found}) == 1


def test_columns_say_where_they_come_from(events):
    _, end = events(published=True)
    facet = end["outputs"][0]["facets"]["columnLineage"]
    assert facet["fields"]["who"]["inputFields"] == [
        {
            "namespace": "mesh://acme",
            "name": "source:orders.orders",
            "field": "customer",
            "transformations": [{"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": True}],
        }
    ]
    assert {field["field"]: field["transformations"][0]["subtype"] for field in facet["dataset"]} == {
        "customer": "GROUP_BY",
        "kind": "FILTER",
    }


def test_checks_rows_and_errors_are_told(events):
    _, end = events(published=True, results=[result(), result("fail")], rows={"finance.revenue.revenue@1": 7})
    output = end["outputs"][0]
    assert [a["success"] for a in output["facets"]["dataQualityAssertions"]["assertions"]] == [True, False]
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 7
    assert output["name"] == "finance.revenue.revenue@1"
    _, failed = events(published=False, error="1 check failed")
    assert failed["run"]["facets"]["errorMessage"]["message"] == "1 check failed"
