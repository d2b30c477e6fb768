"""From a tree of files to a mesh, and the trees that are refused."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.errors import DocumentError, InputError, MeshwrightError
from meshwright.experience.cache import Cache
from meshwright.experience.load import (
    assemble,
    bundle_from_json,
    bundle_to_json,
    load_document,
    load_mesh,
    load_tree,
    parse_bundle,
    parse_bundles,
    parse_tree,
    read_tree,
)
from meshwright.model.address import ProductKey
from meshwright.model.product import Bundle, Domain
from meshwright.standards.yaml import MAX_BYTES

DEALS = ProductKey("brokerage", "deals")

FILES = {
    "mesh.yaml": "mesh: offices\n",
    "domains/brokerage/domain.yaml": "domain: brokerage\ndescription: Brokers\n",
    "domains/brokerage/deals/product.yaml": """\
apiVersion: v1.1.0
kind: DataProduct
id: deals
outputPorts: [{name: deals, version: 1.0.0, contractId: deals}]
inputPorts: [{name: crm, version: 1.0.0, contractId: crm}]
""",
    "domains/brokerage/deals/contracts/deals.yaml": """\
apiVersion: v3.2.0
kind: DataContract
id: deals
version: 1.0.0
schema: [{name: deals, properties: [{name: id, logicalType: integer}]}]
""",
    "domains/brokerage/deals/contracts/crm.yml": """\
apiVersion: v3.2.0
kind: DataContract
id: crm
version: 1.0.0
servers: [{server: crm, type: local, path: data/*.csv, format: csv}]
""",
    "domains/brokerage/deals/models/deals.sql": "SELECT id FROM crm.deals\n",
    "domains/brokerage/deals/tests/deals.yaml": "- {test: it works, model: deals, expect: [{id: 1}]}\n",
    "domains/brokerage/deals/dashboards/deals.yaml": "dashboard: deals\ntitle: D\ntiles: [{text: x}]\n",
    "domains/brokerage/deals/data/drop.csv": "id\n1\n",
    "domains/brokerage/policies/p.yaml": "policy: x\n",
    "domains/assets/buildings/product.yaml": "apiVersion: v1.1.0\nkind: DataProduct\nid: buildings\n",
}

Plant = Callable[..., Path]


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    def planted(changes: dict[str, str | bytes | None] | None = None) -> Path:
        root = tmp_path / "mesh"
        for name, text in {**FILES, **(changes or {})}.items():
            if text is None:
                continue
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return root

    return planted


def refused(root: Path) -> list[tuple[str | None, str, int | None]]:
    with pytest.raises(DocumentError) as caught:
        load_tree(root)
    return [(problem.file, problem.code, problem.line) for problem in caught.value.problems]


def test_a_tree_becomes_a_mesh(plant: Plant) -> None:
    mesh = load_mesh(plant())
    assert (mesh.name, mesh.owned, set(mesh.domains)) == (
        "offices",
        {"assets", "brokerage"},
        {"assets", "brokerage"},
    )
    assert mesh.domains["brokerage"].description == "Brokers"
    assert mesh.domains["assets"].file is None
    product = mesh.products[DEALS]
    assert [contract.id for contract in product.contracts] == ["crm", "deals"]
    assert product.outputs[0].contract and product.inputs[0].source
    assert product.outputs[0].contract.file == "domains/brokerage/deals/contracts/deals.yaml"
    assert [model.name for model in product.models] == ["deals"]


def test_a_bundle_holds_declarations_and_code_but_no_data(plant: Plant) -> None:
    bundle = load_tree(plant()).bundles[DEALS]
    assert list(bundle.documents) == [
        *("contracts/crm.yml", "contracts/deals.yaml", "dashboards/deals.yaml", "product.yaml"),
        "tests/deals.yaml",
    ]
    assert bundle.texts == {"models/deals.sql": "SELECT id FROM crm.deals\n"}
    assert bundle.documents["tests/deals.yaml"] == {
        "tests": [{"test": "it works", "model": "deals", "expect": [{"id": 1}]}]
    }


def test_a_digest_changes_with_any_declaration_and_with_nothing_else(plant: Plant) -> None:
    root = plant()
    before = read_tree(root).bundles[DEALS].digest
    (root / "domains/brokerage/deals/data/drop.csv").write_text("id\n2\n")
    (root / "domains/brokerage/deals/models/.hidden.swp").write_text("x")
    (root / "domains/brokerage/domain.yaml").write_text("domain: brokerage\n")
    assert read_tree(root).bundles[DEALS].digest == before
    digests = {before}
    model = root / "domains/brokerage/deals/models/deals.sql"
    model.write_text("SELECT id FROM crm.deals")
    digests.add(read_tree(root).bundles[DEALS].digest)
    model.rename(model.with_name("other.sql"))
    digests.add(read_tree(root).bundles[DEALS].digest)
    assert len(digests) == 3


def test_digests_of_domains_change_with_their_documents(plant: Plant) -> None:
    root = plant()
    before = read_tree(root).domain_digests()
    (root / "domains/brokerage/domain.yaml").write_text("domain: brokerage\n")
    after = read_tree(root).domain_digests()
    assert before["brokerage"] != after["brokerage"]
    assert before["assets"] == after["assets"]


def test_a_tree_owns_the_domains_it_names_and_others_come_from_the_registry(plant: Plant) -> None:
    root = plant({"mesh.yaml": "mesh: offices\ndomains: [brokerage, nowhere]\n"})
    document = {"apiVersion": "v1.1.0", "kind": "DataProduct", "id": "rents"}
    foreign = Bundle("leasing", "rents", "domains/leasing/rents", "0", {"product.yaml": document}, {})
    mine = replace(foreign, domain="brokerage", product="old")
    mesh = load_mesh(root, foreign=[foreign, mine], foreign_domains=[Domain("leasing", None, {})])
    assert mesh.owned == {"brokerage", "nowhere"}
    assert set(mesh.domains) == {"brokerage", "nowhere", "leasing"}
    assert set(mesh.products) == {DEALS, ProductKey("leasing", "rents")}


def test_environments_have_defaults_and_places_below_the_mesh(plant: Plant) -> None:
    root = plant()
    found = load_tree(root).settings
    dev = found.environments["dev"]
    assert found.default_environment == "dev"
    assert dev.registry == f"sqlite:///{root}/.mesh/dev/registry.db"
    assert dev.warehouse == f"{root}/.mesh/dev/warehouse"
    assert dev.settings == {
        "retain": 20,
        "grace_seconds": 3600.0,
        "python_memory": 4 << 30,
        "file_size": 512 << 20,
    }
    text = """\
mesh: offices
environments:
  test:
    registry: "sqlite:///a/r.db"
    warehouse: ../w
    retain: 3
    grace_seconds: 0
    python_memory: 512MiB
    file_size: 1MiB
  prod:
    registry: postgresql://host/mesh
    warehouse: s3://bucket/x
    secrets: {crm: {user: env:U}, api: env:TOKEN}
"""
    (root / "mesh.yaml").write_text(text)
    found = load_tree(root).settings
    assert found.default_environment == "test"
    test, prod = found.environments.values()
    assert (test.registry, test.warehouse) == (f"sqlite:///{root}/a/r.db", f"{root.parent}/w")
    assert test.settings == {
        "retain": 3,
        "grace_seconds": 0.0,
        "python_memory": 512 << 20,
        "file_size": 1 << 20,
    }
    assert (prod.registry, prod.warehouse) == ("postgresql://host/mesh", "s3://bucket/x")
    assert prod.secrets == {"crm": {"user": "env:U"}, "api": "env:TOKEN"}


def test_absolute_places_stay_as_they_are(plant: Plant) -> None:
    text = "mesh: a\nenvironments: {dev: {registry: 'sqlite:////var/r.db', warehouse: /var/w}}\n"
    dev = load_tree(plant({"mesh.yaml": text})).settings.environments["dev"]
    assert (dev.registry, dev.warehouse) == ("sqlite:////var/r.db", "/var/w")


# --- what is refused


def test_the_problems_of_all_files_come_at_once(plant: Plant) -> None:
    root = plant(
        {
            "mesh.yaml": "mesh: offices\nenviroments: {}\n",
            "domains/brokerage/domain.yaml": "domain: brokerage\ntem: {}\n",
            "domains/brokerage/deals/contracts/deals.yaml": "apiVersion: v3.2.0\nkind: DataContract\nid: 3\n",
            "domains/brokerage/deals/tests/deals.yaml": "a: [\n",
            "domains/assets/buildings/models/2.sql": "SELECT 1",
            "domains/assets/buildings/models/x.py": b"\xff",
        }
    )
    assert sorted(refused(root)) == [
        ("domains/assets/buildings/models/2.sql", "MW006", None),
        ("domains/assets/buildings/models/x.py", "MW001", 1),
        ("domains/brokerage/deals/contracts/deals.yaml", "MW002", 1),
        ("domains/brokerage/deals/contracts/deals.yaml", "MW002", 3),
        ("domains/brokerage/deals/tests/deals.yaml", "MW001", 2),
        ("domains/brokerage/domain.yaml", "MW003", 2),
        ("mesh.yaml", "MW003", 2),
    ]


def test_a_folder_without_a_mesh_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mesh init"):
        load_tree(tmp_path)


def test_a_product_without_its_document_is_refused(plant: Plant) -> None:
    root = plant(
        {"domains/assets/rents/prodct.yaml": "x: 1\n", "domains/assets/yields/models/a.sql": "SELECT 1"}
    )
    (root / "domains/assets/pictures").mkdir()
    assert refused(root) == [
        ("domains/assets/rents/product.yaml", "MW006", None),
        ("domains/assets/yields/product.yaml", "MW006", None),
    ]


def test_two_files_for_one_model_are_refused(plant: Plant) -> None:
    models = "domains/brokerage/deals/models"
    assert refused(plant({f"{models}/deals.py": "x = 1"})) == [(f"{models}/deals.sql", "MW006", None)]


@pytest.mark.parametrize(
    "place",
    [
        "mesh.yaml",
        "domains/brokerage/domain.yaml",
        "domains/brokerage/deals/product.yaml",
        "domains/brokerage/deals/contracts/deals.yaml",
        "domains/brokerage/deals/models/deals.sql",
    ],
)
def test_a_link_to_a_file_outside_the_mesh_is_refused(plant: Plant, tmp_path: Path, place: str) -> None:
    root = plant({place: None})
    secret = tmp_path / "secret"
    secret.write_text("mesh: hunter2\nhunter2: 1")
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / place).unlink(missing_ok=True)
    (root / place).symlink_to(secret)
    assert (place, "MW005", None) in refused(root)
    with pytest.raises(DocumentError) as caught:
        load_tree(root)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "place", ["domains", "domains/finance", "domains/assets/rents", "domains/assets/buildings/models"]
)
def test_a_link_to_a_folder_outside_the_mesh_is_refused(plant: Plant, tmp_path: Path, place: str) -> None:
    root = plant()
    outside = tmp_path / "outside"
    outside.mkdir()
    if (root / place).exists():
        (root / place).rename(tmp_path / "moved")
    (root / place).symlink_to(outside)
    assert (place, "MW005", None) in refused(root)


def test_a_link_inside_the_mesh_is_followed(plant: Plant) -> None:
    root = plant()
    shared = root / "shared.sql"
    shared.write_text("SELECT 1")
    (root / "domains/brokerage/deals/models/deals.sql").unlink()
    (root / "domains/brokerage/deals/models/deals.sql").symlink_to(shared)
    assert load_tree(root).bundles[DEALS].texts == {"models/deals.sql": "SELECT 1"}


def test_a_broken_link_is_refused(plant: Plant) -> None:
    root = plant()
    (root / "domains/brokerage/deals/models/x.sql").symlink_to(root / "nothing")
    assert refused(root) == [("domains/brokerage/deals/models/x.sql", "MW006", None)]


def test_a_link_in_a_circle_ends(plant: Plant) -> None:
    root = plant()
    (root / "domains/brokerage/deals/models/again").symlink_to(root / "domains/brokerage/deals/models")
    assert ("MW004" in [code for _, code, _ in refused(root)]) is True


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO files")
def test_a_special_file_is_refused_without_waiting_for_it(plant: Plant) -> None:
    root = plant()
    os.mkfifo(root / "domains/brokerage/deals/models/x.sql")
    assert refused(root) == [("domains/brokerage/deals/models/x.sql", "MW004", None)]


def test_a_file_that_is_too_large_is_not_read(plant: Plant) -> None:
    root = plant()
    place = "domains/brokerage/deals/contracts/huge.yaml"
    with (root / place).open("wb") as file:
        file.truncate(100 << 30)
    assert refused(root) == [(place, "MW004", None)]


def test_a_product_with_too_many_files_is_refused(plant: Plant) -> None:
    root = plant()
    folder = root / "domains/assets/buildings/models"
    folder.mkdir()
    for number in range(1001):
        (folder / f"m{number}.sql").touch()
    assert refused(root) == [("domains/assets/buildings", "MW004", None)]


def test_a_file_whose_name_is_no_text_is_refused(plant: Plant) -> None:
    root = plant()
    try:
        (root / "domains/assets/buildings" / os.fsdecode(b"models\xff.md")).touch()
    except OSError:
        pytest.skip("this file system only has names that are text")
    assert ("domains/assets/buildings", "MW006", None) in refused(root)


def test_domains_cannot_name_a_folder_elsewhere(plant: Plant) -> None:
    assert refused(plant({"mesh.yaml": "mesh: a\ndomains: ['../..']\n"})) == [("mesh.yaml", "MW002", 2)]


# --- the cache and the registry


def test_the_cache_changes_nothing_but_the_time(plant: Plant, tmp_path: Path) -> None:
    root = plant()
    plain = load_tree(root)
    with Cache(tmp_path / "cache.db") as cache:
        cold, warm = load_tree(root, cache), load_tree(root, cache)
    assert plain == cold == warm
    assert assemble(plain.settings, plain.domains.values(), plain.bundles.values()) == load_mesh(root)


def test_a_wrong_document_is_wrong_with_a_cache_too(plant: Plant, tmp_path: Path) -> None:
    root = plant({"domains/assets/buildings/product.yaml": "apiVersion: v1.1.0\n"})
    with Cache(tmp_path / "cache.db") as cache:
        for _ in range(2):
            with pytest.raises(DocumentError, match="kind"):
                load_tree(root, cache)


def test_bundles_can_be_parsed_one_by_one(plant: Plant) -> None:
    raw = read_tree(plant())
    bundles = parse_tree(raw).bundles
    assert parse_bundle(raw.bundles[DEALS]) == bundles[DEALS]
    assert parse_bundles(raw.bundles.values()) == bundles


def test_a_bundle_comes_back_from_json_as_it_was(plant: Plant) -> None:
    bundle = load_tree(plant()).bundles[DEALS]
    found = bundle_from_json(bundle_to_json(bundle))
    assert found == bundle
    assert list(found.documents) == list(bundle.documents)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.dictionaries(st.text(), _VALUES)), st.dictionaries(st.text(), st.text()))
def test_any_bundle_comes_back_from_json(documents: dict[str, Any], texts: dict[str, str]) -> None:
    bundle = Bundle("a", "b", "domains/a/b", "0", documents, texts)
    assert bundle_from_json(bundle_to_json(bundle)) == bundle


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"domain":"a","product":"b","folder":"c","digest":"d","documents":{}}',
        '{"domain":"a","product":"b","folder":"c","digest":"d","documents":{},"texts":{},"more":1}',
        '{"domain":"a","product":"b","folder":"c","digest":"d","documents":{"x":[]},"texts":{}}',
        '{"domain":"a","product":"b","folder":"c","digest":"d","documents":{},"texts":{"x":1}}',
        '{"domain":1,"product":"b","folder":"c","digest":"d","documents":{},"texts":{}}',
    ],
)
def test_json_that_is_no_bundle_is_refused(text: str) -> None:
    with pytest.raises(MeshwrightError, match="cannot be read"):
        bundle_from_json(text)


# --- one document on its own


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("mesh.yaml", "mesh"),
        ("domains/brokerage/domain.yaml", "domain"),
        ("domains/brokerage/deals/product.yaml", "product"),
        ("domains/brokerage/deals/contracts/crm.yml", "contract"),
        ("domains/brokerage/deals/tests/deals.yaml", "test"),
    ],
)
def test_a_document_on_its_own_is_known_by_what_it_says(plant: Plant, place: str, kind: str) -> None:
    path = plant() / place
    found = load_document(path)
    assert (found.kind, found.file) == (kind, path.as_posix())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: DataContrat\n", "did you mean `DataContract`"),
        ("a: 1\n", "does not say what it is"),
        ("kind: 3\n", "unknown"),
        ("[]\n", "mapping"),
        ("", "mapping"),
        ("a: [", "MW001"),
        ("kind: DataContract\n", "`apiVersion` is missing"),
    ],
)
def test_a_document_that_is_nothing_we_know_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(DocumentError, match=words):
        load_document(tmp_path / "x.yaml")


def test_what_is_no_file_is_no_document(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.yaml"):
        with pytest.raises(InputError):
            load_document(path)


def test_a_document_on_its_own_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "x.yaml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(DocumentError, match="larger"):
        load_document(tmp_path / "x.yaml")
