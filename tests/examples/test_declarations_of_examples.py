"""The example meshes declare what they promise, and `validate` has nothing to say about them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from meshwright.experience.load import load_mesh
from meshwright.experience.rules import validate
from meshwright.model.contract import Contract, Property
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import Product


def copy_of(example: Path, folder: Path) -> Mesh:
    target = folder / example.name
    shutil.copytree(example, target, ignore=shutil.ignore_patterns(".mesh", "data", "__pycache__"))
    return load_mesh(target)


@pytest.fixture(scope="module")
def company(premium_offices: Path, tmp_path_factory: pytest.TempPathFactory) -> Mesh:
    return copy_of(premium_offices, tmp_path_factory.mktemp("mesh"))


@pytest.fixture(scope="module")
def flights(nyc_flights: Path, tmp_path_factory: pytest.TempPathFactory) -> Mesh:
    return copy_of(nyc_flights, tmp_path_factory.mktemp("mesh"))


def served(mesh: Mesh) -> Iterator[tuple[Product, Contract]]:
    for product in mesh.products.values():
        for port in product.outputs:
            assert port.contract is not None
            yield product, port.contract


def columns(contract: Contract) -> Iterator[Property]:
    for obj in contract.objects:
        yield from obj.properties


def test_validate_finds_no_problem_in_premium_offices(company: Mesh) -> None:
    assert [str(problem) for problem in validate(company)] == []


def test_validate_finds_no_problem_in_nyc_flights(flights: Mesh) -> None:
    assert [str(problem) for problem in validate(flights)] == []


def test_premium_offices_has_five_domains_and_twelve_products_of_three_kinds(company: Mesh) -> None:
    kinds = [product.document["type"] for product in company.products.values()]
    assert len(company.domains) == 5
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "source-aligned": 6,
        "aggregate": 4,
        "consumer-aligned": 2,
    }


def test_the_readme_lists_every_product(company: Mesh, premium_offices: Path) -> None:
    listed = set(re.findall(r"^\| `(\w+/\w+)` \|", (premium_offices / "README.md").read_text(), re.M))
    assert listed == {str(key) for key in company.products}


def test_deals_are_served_in_two_majors_by_two_models(company: Mesh) -> None:
    deals = next(p for key, p in company.products.items() if str(key) == "brokerage/deals")
    assert [port.major for port in deals.outputs if port.name == "deals"] == [1, 2]
    built = {deals.model_of("deals", major) for major in (1, 2)}
    assert {model.file.rsplit("/", 1)[1] for model in built if model} == {"deals.sql", "deals@2.sql"}


def test_every_way_to_build_and_to_read_is_used(company: Mesh) -> None:
    ways = {
        port.materialization(obj) for product in company.products.values() for port, obj in product.objects()
    }
    servers = {server.type for p in company.products.values() for c in p.contracts for server in c.servers}
    cursors = {
        obj.custom["cursor"]
        for p in company.products.values()
        for c in p.contracts
        for obj in c.objects
        if "cursor" in obj.custom
    }
    languages = {model.language for p in company.products.values() for model in p.models}
    texts = "".join(model.text for p in company.products.values() for model in p.models)
    assert ways == {"full", "append", "merge"}
    assert servers == {"local", "postgres", "api"}
    assert cursors == {"updated_at", "event_id"}
    assert languages == {"sql", "python"}
    assert "changes(stage_events.stage_events)" in texts


def test_rules_use_every_metric_every_operator_and_every_severity(company: Mesh) -> None:
    rules = [rule for _, contract in served(company) for rule in contract.rules()]
    operators = {rule.threshold.operator for rule in rules if rule.threshold}
    assert {rule.type for rule in rules} == {"library", "sql", "text"}
    assert {rule.metric for rule in rules if rule.metric} == {
        "nullValues",
        "missingValues",
        "invalidValues",
        "duplicateValues",
        "rowCount",
    }
    assert len(operators) == 8
    assert {rule.severity for rule in rules} == {"error", "warning", "info"}
    assert {rule.threshold.unit for rule in rules if rule.threshold} == {"rows", "percent"}


def test_columns_about_people_are_classified(company: Mesh) -> None:
    about_people = [
        column
        for product in company.products.values()
        for contract in product.contracts
        for column in columns(contract)
        if column.name.startswith("contact_") or column.name == "email"
    ]
    assert len(about_people) > 8
    assert {column.classification for column in about_people} == {"personal"}


def test_the_deprecated_product_names_its_sunset_and_successor(company: Mesh) -> None:
    old = [p for p in company.products.values() if p.status == "deprecated"]
    assert [(str(p.key), p.sunset, p.successor) for p in old] == [
        ("assets/building_list", "2026-12-31", "assets/buildings")
    ]


def test_the_cockpit_reads_four_domains(company: Mesh) -> None:
    cockpit = next(p for key, p in company.products.items() if str(key) == "brokerage/broker_cockpit")
    found = [company.resolve(port) for port in cockpit.inputs]
    domains = {target.product.domain for target in found if isinstance(target, PortRef)}
    assert domains == {"assets", "brokerage", "leasing", "market"}


def test_every_port_promises_something_and_every_source_has_a_schedule(company: Mesh) -> None:
    for product, contract in served(company):
        assert contract.service_levels, f"{product.key}: {contract.file}"
    for product in company.products.values():
        for contract in product.contracts:
            if contract.servers:
                assert "frequency" in {level.property for level in contract.service_levels}, contract.file


def test_every_rule_that_the_flights_break_is_softer_than_an_error_and_says_by_how_much(
    flights: Mesh,
) -> None:
    rules = [rule for _, contract in served(flights) for rule in contract.rules()]
    soft = [rule for rule in rules if rule.severity != "error"]
    assert len(soft) == 20
    assert all("Measured" in (rule.description or "") for rule in soft)
