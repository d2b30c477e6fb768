"""The tables of the example meshes say what the typed mesh says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.metamodel.declared import bundles_of_tree, mesh_of, rows_of, tables_of

from meshwright.experience.contracts.places import Place, places
from meshwright.model.contract import Contract
from meshwright.model.mesh import Mesh, PortRef
from meshwright.supervision.metamodel.tables import MeshTables

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module", params=["premium-offices", "nyc-flights"])
def both(request: pytest.FixtureRequest) -> tuple[Mesh, MeshTables]:
    bundles = bundles_of_tree(EXAMPLES / request.param)
    return mesh_of(bundles), tables_of(bundles)


def test_products_are_those_of_the_mesh(both: tuple[Mesh, MeshTables]) -> None:
    mesh, tables = both
    assert {
        (r["domain"], r["product"], r["id"], r["status"], r["purpose"], r["version"], r["sunset"])
        for r in rows_of(tables, "products")
    } == {
        (p.domain, p.key.product, p.id, p.status, p.description, p.version, p.sunset)
        for p in mesh.products.values()
    }


def test_ports_have_the_addresses_and_versions_of_the_mesh(both: tuple[Mesh, MeshTables]) -> None:
    mesh, tables = both
    found = {
        (r["address"], r["version"], r["major"], r["contract_id"], r["contract_version"], r["description"])
        for r in rows_of(tables, "ports")
        if r["direction"] == "output"
    }
    assert found == {
        (
            str(mesh.address(product, port)),
            port.version,
            port.major,
            port.contract_id,
            port.contract.version if port.contract else None,
            port.description,
        )
        for product in mesh.products.values()
        for port in product.outputs
    }


def test_columns_are_the_properties_of_every_contract_nested_ones_included(
    both: tuple[Mesh, MeshTables],
) -> None:
    mesh, tables = both
    expected = [
        (*_column(product.key, contract, obj.name, place), key, partition)
        for product in mesh.products.values()
        for contract in product.contracts
        for obj in contract.objects
        for place, key, partition in _all(list(places(obj)))
    ]
    names = (
        *("domain", "product", "contract_id", "object", "path", "column", "logical_type", "physical_type"),
        *("description", "required", "unique", "classification", "critical", "allowed"),
        *("primary_key_position", "partition_position"),
    )
    found = [
        tuple(tuple(value) if isinstance(value := row[name], list) else value for name in names)
        for row in rows_of(tables, "columns")
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def _all(level: list[Place]) -> list[tuple[Place, Any, Any]]:
    found = []
    for place in level:
        found.append((place, place.prop.primary_key_position, place.prop.partition_position))
        found += _all(list(place.children()))
    return found


def _column(key: Any, contract: Contract, obj: str, place: Place) -> tuple[Any, ...]:
    prop = place.prop
    allowed = None if prop.enum is None else tuple(map(str, prop.enum))
    return (
        *(key.domain, key.product, contract.id, obj, place.name, prop.column or None, prop.logical_type),
        *(prop.physical_type, prop.description, prop.required, prop.unique, prop.classification),
        *(prop.critical, allowed),
    )


def test_inputs_resolve_as_in_the_mesh(both: tuple[Mesh, MeshTables]) -> None:
    mesh, tables = both
    rows = rows_of(tables, "inputs")
    assert len(rows) == sum(len(product.inputs) for product in mesh.products.values())
    for row in rows:
        product = next(
            p for k, p in mesh.products.items() if (k.domain, k.product) == (row["domain"], row["product"])
        )
        port = product.input(row["port"])
        assert port is not None
        target = mesh.resolve(port)
        if isinstance(target, PortRef):
            assert row["to_address"] == str(mesh.address(target.product, target.port))
            assert row["resolves_to"] == "port"
        else:
            assert row["resolves_to"] == "source"
            assert target is not None
            assert row["source_contract_version"] == target.version


def test_lineage_leads_from_sources_to_every_port_that_is_read(both: tuple[Mesh, MeshTables]) -> None:
    mesh, tables = both
    edges = rows_of(tables, "edges")
    read = {
        ((e["from_domain"], e["from_product"]), (e["to_domain"], e["to_product"]))
        for e in edges
        if e["kind"] == "reads" and e["from_kind"] == "port"
    }
    assert read == {
        ((up.domain, up.product), (product.domain, product.key.product))
        for product in mesh.products.values()
        for up in mesh.upstream(product)
    }
    served = {e["to_node"] for e in edges if e["kind"] == "serves"}
    assert served == {str(mesh.address(p, port)) for p in mesh.products.values() for port in p.outputs}
    assert any(e["from_kind"] == "source" for e in edges)


def test_rules_and_service_levels_are_those_of_the_contracts(both: tuple[Mesh, MeshTables]) -> None:
    mesh, tables = both
    contracts = [contract for product in mesh.products.values() for contract in product.contracts]
    rules = {
        (c.id, o.name, rule.type, rule.metric, rule.severity, rule.threshold and rule.threshold.operator)
        for c in contracts
        for o in c.objects
        for rule in (*o.quality, *(rule for p in o.properties for rule in p.quality))
    }
    assert {
        (r["contract_id"], r["object"], r["type"], r["metric"], r["severity"], r["operator"])
        for r in rows_of(tables, "quality")
    } == rules
    assert sorted(
        (r["contract_id"], r["path"], r["property"], r["value"], r["unit"])
        for r in rows_of(tables, "service_levels")
    ) == sorted(
        (c.id, level.path, level.property, str(level.value), level.unit)
        for c in contracts
        for level in c.service_levels
    )


def test_keys_tell_rows_apart(both: tuple[Mesh, MeshTables]) -> None:
    from meshwright.supervision.metamodel.relations import RELATIONS

    _, tables = both
    for name, relation in RELATIONS.items():
        keys = [tuple(row[column] for column in relation.key) for row in rows_of(tables, name)]
        assert len(keys) == len(set(keys)), name
