"""ODPS documents become products, and are written back equal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from meshwright.model.contract import Contract
from meshwright.model.product import Bundle, Product
from meshwright.standards.odcs import read_contract
from meshwright.standards.odps import read_product, write_product
from meshwright.standards.yaml import read_document

EXAMPLES = sorted((Path(__file__).parent / "data" / "odps").iterdir())


def contract(name: str, version: str = "1.0.0", **keys: Any) -> Contract:
    document = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": name, "version": version, **keys}
    return read_contract(document, f"{name}.yaml")


def product(*contracts: Contract, texts: dict[str, str] | None = None, **keys: Any) -> Product:
    document = {"apiVersion": "v1.1.0", "kind": "DataProduct", "id": "p", **keys}
    bundle = Bundle("d", "p", "domains/d/p", "0", {"product.yaml": document}, texts or {})
    return read_product(bundle, contracts)


SERVERS = [{"server": "s", "type": "local", "path": "x", "format": "csv"}]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_official_examples_are_written_back_equal(path: Path) -> None:
    document = read_document(path.read_bytes(), path.name)
    bundle = Bundle("d", "p", "domains/d/p", "0", {"product.yaml": document}, {})
    assert json.dumps(write_product(read_product(bundle, []))) == json.dumps(document)


def test_a_product_knows_what_it_is() -> None:
    custom = [
        {"property": "dialect", "value": "postgres", "vendor": "meshwright"},
        {"property": "sunset", "value": "2027-01-01", "vendor": "meshwright"},
        {"property": "successor", "value": "d/q", "vendor": "meshwright"},
        {"property": "ignored", "value": 1},
    ]
    found = product(name="P", description={"purpose": "why"}, status="Deprecated", customProperties=custom)
    assert (found.id, found.name, found.description, found.file) == (
        "p",
        "P",
        "why",
        "domains/d/p/product.yaml",
    )
    assert (found.status, found.sunset, found.successor) == ("deprecated", "2027-01-01", "d/q")
    assert (found.dialect, "ignored" in found.custom) == ("postgres", False)


def test_a_product_without_a_status_is_active_and_its_models_speak_duckdb() -> None:
    assert (product().status, product().dialect) == ("active", "duckdb")


def test_an_output_port_is_bound_to_its_contract_by_id() -> None:
    one = contract("c", "1.2.0")
    (port,) = product(one, outputPorts=[{"name": "a", "version": "1.0.0", "contractId": "c"}]).outputs
    assert (port.contract, port.version, port.major, port.path) == (one, "1.0.0", 1, "outputPorts[0]")


def test_of_several_contracts_with_one_id_the_version_decides() -> None:
    one, two = contract("c", "1.0.0"), contract("c", "2.0.0")
    ports = [{"name": "a", "version": version, "contractId": "c"} for version in ("1.0.0", "v2.0.0", "3.0.0")]
    assert [port.contract for port in product(one, two, outputPorts=ports).outputs] == [one, two, None]


def test_an_output_port_without_a_version_has_that_of_its_contract() -> None:
    ports = [{"name": "a", "contractId": "c"}, {"name": "b"}]
    found = product(contract("c", "3.1.0"), outputPorts=ports).outputs
    assert [(port.version, port.major) for port in found] == [("3.1.0", 3), ("1.0.0", 1)]


def test_an_input_port_has_a_source_where_an_own_contract_with_servers_fits() -> None:
    source, newer = contract("s", "1.2.0", servers=SERVERS), contract("s", "2.0.0", servers=SERVERS)
    serving = contract("c")
    ports = [
        {"name": "a", "contractId": "s", "version": "1.0.0"},
        {"name": "b", "contractId": "s", "version": "1.3.0"},
        {"name": "c", "contractId": "s"},
        {"name": "d", "contractId": "c"},
        {"name": "e"},
    ]
    found = product(source, newer, serving, inputPorts=ports).inputs
    assert [port.source for port in found] == [source, None, newer, None, None]


def test_models_are_found_by_their_place_and_name() -> None:
    texts = dict.fromkeys(
        [
            "models/deals.sql",
            "models/deals@2.sql",
            "models/staging/clean.py",
            "models/notes.md",
            "tests/x.sql",
        ],
        "SELECT 1",
    )
    found = product(texts=texts).models
    assert [(m.name, m.major, m.language, m.file) for m in found] == [
        ("deals", None, "sql", "domains/d/p/models/deals.sql"),
        ("deals", 2, "sql", "domains/d/p/models/deals@2.sql"),
        ("clean", None, "python", "domains/d/p/models/staging/clean.py"),
    ]
