"""Every table is what its documentation and its contract say."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.metamodel.declared import Kept, bundles_of_tree
from tests.metamodel.test_changes import fact

from meshwright.experience.verification.verify import verify_contract
from meshwright.model.product import Source
from meshwright.model.types import column_type
from meshwright.standards.odcs import read_contract
from meshwright.standards.schema import check_document
from meshwright.supervision.metamodel.own import own_bundle, own_contract, own_product, own_tables
from meshwright.supervision.metamodel.relations import RELATIONS
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.wiring import verification

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tables() -> MeshTables:
    bundles = bundles_of_tree(ROOT / "examples/premium-offices")
    facts = [fact(1, "run.started", run="r"), fact(2, "run.finished", run="r", status="published", passed=1)]
    return MeshTables.empty("acme").refreshed(Kept(bundles, kept_facts=facts))


@pytest.mark.parametrize("name", RELATIONS)
def test_the_reference_names_every_column_with_its_type_and_no_other(name: str, tables: MeshTables) -> None:
    page = (ROOT / "docs/mesh-tables.md").read_text()
    section = page.split(f"\n## mesh.{name}\n")[1].split("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)` \| (\w+) \| (no|yes) \| (.+) \|$", section, re.MULTILINE)
    kinds = {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "texts": pa.list_(pa.string()),
    }
    schema = tables.tables[name].schema
    assert [(column, kinds[kind]) for column, kind, _, _ in documented] == [(f.name, f.type) for f in schema]
    for column, _, null, _ in documented:
        assert null == "yes" or not tables.tables[name][column].null_count, column


@pytest.mark.parametrize("relation", RELATIONS.values(), ids=RELATIONS)
def test_every_relation_says_what_it_is(relation) -> None:
    assert relation.description.endswith(".")
    assert all(column.description.endswith(".") for column in relation.columns)
    assert set(relation.key) <= set(relation.schema.names)
    assert len(set(relation.schema.names)) == len(relation.schema.names)
    assert relation.declared or relation.derive is not None


def test_the_contract_is_one_that_the_standard_accepts_and_so_is_the_product() -> None:
    for path, document in own_bundle("acme").documents.items():
        kind = "product" if path == "product.yaml" else "contract"
        assert not check_document(kind, document, path)


def test_the_platforms_product_serves_every_table() -> None:
    product = own_product("acme")
    (port,) = product.outputs
    assert port.contract is not None
    assert [obj.name for obj in port.contract.objects] == list(RELATIONS)
    assert {name.split(".")[-1] for name in own_tables()} == set(RELATIONS)


def test_the_tables_keep_their_contract(tables: MeshTables, tmp_path: Path) -> None:
    for name, table in tables.tables.items():
        (tmp_path / f"{name}.parquet").parent.mkdir(exist_ok=True)
        pq.write_table(table, tmp_path / f"{name}.parquet")
    server = {
        "server": "here",
        "type": "local",
        "path": str(tmp_path / "{object}.parquet"),
        "format": "parquet",
    }
    contract = read_contract({**own_contract(), "servers": [server]}, "contract.yaml")
    engine, readers = verification(tmp_path, tmp_path)
    (chosen,) = contract.servers
    report = verify_contract(
        Source(contract, chosen), contract.objects, readers["local"], engine, tmp_path, None, {}
    )
    wrong = [(each.spec.id, each.observed) for each in report.results if each.status != "pass"]
    assert not wrong


def test_types_of_the_contract_are_those_of_the_tables() -> None:
    kinds = {
        "string": pa.string(),
        "int64": pa.int64(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "timestamptz": pa.timestamp("us", tz="UTC"),
        "list": pa.list_(pa.string()),
    }
    contract = read_contract(own_contract(), "contract.yaml")
    for obj in contract.objects:
        schema = RELATIONS[obj.name].schema
        assert [(p.name, kinds[column_type(p).kind]) for p in obj.properties] == [
            (f.name, f.type) for f in schema
        ]
