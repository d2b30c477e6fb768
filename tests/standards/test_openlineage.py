"""Events of runs are what the standard's own client takes, and say what happened."""

from __future__ import annotations

import importlib
import json
import pkgutil
import types
import typing
from enum import Enum

import attr
import openlineage.client.generated as generated
import pytest
from openlineage.client.event_v2 import RunEvent
from openlineage.client.serde import Serde

from meshwright.experience.load import load_mesh
from meshwright.experience.models import product_lineages
from meshwright.model.address import ProductKey
from meshwright.model.check import CheckResult, CheckSpec, Measure
from meshwright.model.lineage import lineage_from_json
from meshwright.standards.openlineage import RunRecord, run_events

KEY = ProductKey("finance", "revenue")


def classes():
    """The classes that are generated from the standard's schemas, by the URL of their schema."""
    for module in pkgutil.iter_modules(generated.__path__):
        loaded = importlib.import_module(f"{generated.__name__}.{module.name}")
        for name in vars(loaded).values():
            if attr.has(name) and hasattr(name, "_get_schema"):
                yield name._get_schema(), name


BY_SCHEMA = dict(classes())


def taken(kind, value):
    """A value as the client's class holds it; what the class does not know, or misses, is an error."""
    if isinstance(value, dict) and "_schemaURL" in value:
        kind = BY_SCHEMA[value["_schemaURL"]]
    arguments = [one for one in typing.get_args(kind) if one is not type(None)]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        (kind,) = arguments
        arguments = typing.get_args(kind)
    if attr.has(kind):
        hints = typing.get_type_hints(kind)
        fields = {one.name: one for one in attr.fields(kind)}
        given = {name: one for name, one in value.items() if fields[name].init}
        return kind(**{name.lstrip("_"): taken(hints[name], one) for name, one in given.items()})
    if typing.get_origin(kind) is list:
        return [taken(arguments[0], one) for one in value]
    if typing.get_origin(kind) is dict:
        return {name: taken(arguments[1], one) for name, one in value.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    assert kind is typing.Any or isinstance(value, kind), (kind, value)
    return value


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


def test_events_are_what_the_client_takes(events):
    rows = {"finance.revenue.revenue@1": 7}
    found = [
        *events(published=True, results=[result(), result("fail", None)], rows=rows),
        *events(published=False, error="1 check failed"),
    ]
    for event in found:
        held = taken(RunEvent, event)
        assert held.schemaURL == event["schemaURL"]
        assert without_nothing(Serde.to_dict(held)) == without_nothing(event)
    assert [event["eventType"] for event in found] == ["START", "COMPLETE", "START", "FAIL"]
    assert len({event["run"]["runId"] for event in found}) == 1


def test_a_facet_that_the_standard_does_not_know_would_show(events):
    _, end = events(published=True)
    end["outputs"][0]["facets"]["schema"]["fields"][0]["kind"] = "string"
    with pytest.raises((KeyError, TypeError)):
        taken(RunEvent, end)


def without_nothing(value):
    """A value less what is null or empty, which the client leaves out or puts in."""
    if isinstance(value, dict):
        kept = {name: without_nothing(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in (None, {}, [])}
    return [without_nothing(one) for one in value] if isinstance(value, list) else value


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
