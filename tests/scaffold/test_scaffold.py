"""What `mesh init` and `mesh new product` write is sound, complete, and overwrites nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import meshwright
from meshwright.errors import InputError
from meshwright.experience.load import load_mesh
from meshwright.experience.models.analyse import analyse_products
from meshwright.experience.rules import validate
from meshwright.experience.scaffold import init_mesh, new_product
from meshwright.experience.scaffold.domains import with_domain
from meshwright.model.address import ProductKey

PRODUCT_FILES = [
    "contracts/{0}.yaml",
    "contracts/{0}_source.yaml",
    "models/{0}.sql",
    "product.yaml",
    "sample/{0}.csv",
    "tests/{0}.yaml",
]


def problems(root: Path) -> list[str]:
    mesh = load_mesh(root)
    analyses = analyse_products(mesh.products.values(), mesh)
    return [str(problem) for problem in validate(mesh, analyses)]


def test_a_new_mesh_is_sound_and_returns_what_it_wrote(tmp_path):
    written = init_mesh(tmp_path, "premium_offices")
    assert problems(tmp_path) == []
    mesh = load_mesh(tmp_path)
    assert mesh.name == "premium_offices"
    assert set(mesh.products) == {ProductKey("sales", "orders")}
    assert mesh.products[ProductKey("sales", "orders")].status == "active"
    assert set(written) == {path for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.relative_to(tmp_path).as_posix() for path in written} == {
        "mesh.yaml",
        "README.md",
        ".gitignore",
        ".github/workflows/mesh.yml",
        ".gitlab-ci.yml",
        "domains/sales/domain.yaml",
        *(f"domains/sales/orders/{name.format('orders')}" for name in PRODUCT_FILES),
    }


def test_nothing_in_a_new_mesh_is_left_to_be_filled_in(tmp_path):
    for path in init_mesh(tmp_path, "premium_offices"):
        text = path.read_text(encoding="utf-8")
        assert "@@" not in text, path
        assert text.endswith("\n")
    assert ".mesh/" in (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_workflows_install_meshwright_and_run_mesh_ci(tmp_path):
    init_mesh(tmp_path, "premium_offices")
    for name in (".github/workflows/mesh.yml", ".gitlab-ci.yml"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        yaml.safe_load(text)
        assert f'pip install "meshwright>={meshwright.__version__}"' in text
        assert re.search(r"\bmesh ci\b", text)


def test_the_readme_of_a_new_mesh_names_its_first_product(tmp_path):
    init_mesh(tmp_path, "premium_offices")
    assert "sales.orders.orders" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_a_mesh_starts_in_a_folder_that_does_not_exist_yet(tmp_path):
    init_mesh(tmp_path / "new" / "mesh", "m")
    assert problems(tmp_path / "new" / "mesh") == []


def test_a_mesh_inside_a_mesh_is_refused(tmp_path):
    init_mesh(tmp_path, "m")
    with pytest.raises(InputError, match="there is a mesh in"):
        init_mesh(tmp_path / "domains", "n")


def test_existing_files_are_named_and_nothing_is_written(tmp_path):
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"exist already: .*README\.md") as caught:
        init_mesh(tmp_path, "m")
    assert "nothing was written" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["premium-offices", "Main", "main", "", "1st"])
def test_a_mesh_has_a_name_that_can_be_in_an_address(tmp_path, name):
    with pytest.raises(InputError, match="cannot name a mesh"):
        init_mesh(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_new_product_is_sound_and_visible_to_its_domain_only(tmp_path):
    init_mesh(tmp_path, "m")
    written = new_product(tmp_path, "brokerage/deals")
    assert problems(tmp_path) == []
    assert load_mesh(tmp_path).products[ProductKey("brokerage", "deals")].status == "draft"
    folder = tmp_path / "domains" / "brokerage"
    assert set(written) == {path for path in folder.rglob("*") if path.is_file()}
    assert folder / "domain.yaml" in written


def test_a_second_product_keeps_the_domain_as_it_is(tmp_path):
    init_mesh(tmp_path, "m")
    domain = tmp_path / "domains" / "sales" / "domain.yaml"
    domain.write_text("domain: sales\ndescription: ours\n", encoding="utf-8")
    written = new_product(tmp_path, "sales/invoices")
    assert domain not in written
    assert "ours" in domain.read_text(encoding="utf-8")
    assert problems(tmp_path) == []


def test_a_product_that_exists_is_left_alone(tmp_path):
    init_mesh(tmp_path, "m")
    with pytest.raises(InputError, match="6 of the files to write exist already"):
        new_product(tmp_path, "sales/orders")


@pytest.mark.parametrize("name", ["deals", "brokerage/Deals", "brokerage/main", "../x/y", "sales/policies"])
def test_a_product_is_named_domain_and_name(tmp_path, name):
    init_mesh(tmp_path, "m")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError):
        new_product(tmp_path, name)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_product_needs_a_mesh(tmp_path):
    with pytest.raises(InputError, match="there is no mesh in"):
        new_product(tmp_path, "brokerage/deals")


def test_a_domain_that_is_a_link_out_of_the_mesh_is_refused(tmp_path):
    init_mesh(tmp_path / "mesh", "m")
    (tmp_path / "outside").mkdir()
    (tmp_path / "mesh" / "domains" / "brokerage").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="leads out of the mesh"):
        new_product(tmp_path / "mesh", "brokerage/deals")
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_new_domain_joins_those_that_mesh_yaml_lists(tmp_path):
    init_mesh(tmp_path, "m")
    path = tmp_path / "mesh.yaml"
    text = path.read_text(encoding="utf-8") + "domains: # ours\n  - sales # the first\n"
    path.write_text(text, encoding="utf-8")
    assert path in new_product(tmp_path, "brokerage/deals")
    assert path.read_text(encoding="utf-8") == text + "  - brokerage\n"
    assert load_mesh(tmp_path).owned == {"sales", "brokerage"}
    assert path not in new_product(tmp_path, "brokerage/viewings")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mesh: m\n", "mesh: m\n"),
        ("domains: [a]\n", "domains: [a, new]\n"),
        ("domains: []\n", "domains: [new]\n"),
        ("domains: [a, b,]\n", "domains: [a, b, new]\n"),
        ("domains: [new]\n", "domains: [new]\n"),
        ("domains: ['new', b]\n", "domains: ['new', b]\n"),
        ("domains: [newer]\n", "domains: [newer, new]\n"),
        ('"domains" : [a] # c\nmesh: m', '"domains" : [a, new] # c\nmesh: m'),
        ("domains: [\n  a, # new\n  b # ]\n]\n", "domains: [\n  a, # new\n  b, new # ]\n]\n"),
        ("domains:\n- a\nmesh: m\n", "domains:\n- a\n- new\nmesh: m\n"),
        (
            "domains:\n  - a\n\n  # more\n  - b\nmesh: m\n",
            "domains:\n  - a\n\n  # more\n  - b\n  - new\nmesh: m\n",
        ),
        ("domains:\n  - a", "domains:\n  - a\n  - new\n"),
        ("domains:\r\n  - a\r\nmesh: m\r\n", "domains:\r\n  - a\r\n  - new\r\nmesh: m\r\n"),
        ("domains:\n  - 'new'\n", "domains:\n  - 'new'\n"),
        ("environments:\n  domains: [a]\n", "environments:\n  domains: [a]\n"),
    ],
)
def test_the_list_of_domains_grows_and_the_rest_stays(before, after):
    assert with_domain(before, "new") == after
    whole, grown = yaml.safe_load(before), yaml.safe_load(after)
    if "domains" in whole:
        assert grown["domains"] == [*(d for d in whole["domains"] if d != "new"), "new"] or before == after
        assert {**grown, "domains": 0} == {**whole, "domains": 0}


@pytest.mark.parametrize(
    "text",
    ["domains: &x [a]\n", "domains: *x\n", "domains:\n  - &a b\n  c: d\n", "domains: [a\n", "domains:\n"],
)
def test_a_list_that_cannot_be_edited_is_left_to_its_owner(text):
    with pytest.raises(InputError, match="not a plain list of names"):
        with_domain(text, "new")


def test_the_models_of_a_scaffold_pass_their_tests_and_its_sample_can_be_read(tmp_path):
    from meshwright.experience.testing import run_tests, unit_tests
    from meshwright.model.product import Source
    from meshwright.wiring import WiredInfrastructure

    init_mesh(tmp_path, "m")
    new_product(tmp_path, "brokerage/deals")
    mesh = load_mesh(tmp_path)
    scratch = tmp_path / ".mesh" / "scratch"
    scratch.mkdir(parents=True)
    infrastructure = WiredInfrastructure(mesh.environments["dev"], tmp_path, scratch)
    for product in mesh.products.values():
        outcomes = run_tests(mesh, unit_tests(product), infrastructure, scratch / product.key.product)
        assert [outcome.error or outcome.passed for outcome in outcomes] == [True]
        contract = product.inputs[0].source
        folder = scratch / f"{product.key.product}_sample"
        folder.mkdir()
        read = infrastructure.readers["local"].extract(
            Source(contract, contract.servers[0]), contract.objects[0], folder
        )
        assert read.rows == 5
