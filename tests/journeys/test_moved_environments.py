"""What other trees do between a plan and its apply: what matters to the plan, and what does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import Answer, MeshFolder, column, contract, custom

import meshwright.experience.plan.apply as applying
from meshwright.adapters.registry import open_registry
from meshwright.experience.load import load_tree

NewTree = Callable[..., MeshFolder]


@pytest.fixture
def new_tree(tmp_path: Path) -> NewTree:
    """Makes trees of one mesh, each a repository of its own."""

    def make(name: str) -> MeshFolder:
        shared = {"registry": f"sqlite:///{tmp_path}/shared.db", "warehouse": str(tmp_path / "warehouse")}
        return MeshFolder(tmp_path / name, "acme", repository=name, environments={"dev": shared})

    return make


def product(
    mesh: MeshFolder, key: str, *reads: str, columns: str = "one", serves: str = "one two", **more: Any
) -> None:
    """A product that serves integers: its own, or `columns` of what it reads."""
    name = key.split("/")[1]
    used = columns.split()
    values = [f"sum({reads[0]}.{reads[0]}.{c})" for c in used] if reads else ["1"]
    total = " + ".join(values)
    sources = ", ".join(f"{read}.{read}" for read in reads)
    model = f"select {', '.join(f'cast({total} as bigint) as {c}' for c in serves.split())}"
    mesh.product(
        key,
        [contract(name, {name: [column(c) for c in serves.split()]})],
        {f"{name}.sql": model + (f" from {sources}\n" if reads else "\n")},
        inputs=[(read, read) for read in reads],
        outputs=[(name, "1.0.0", name)],
        **more,
    )


def change(mesh: MeshFolder, key: str) -> None:
    """Something about a product that changes its declarations and no row."""
    name = key.split("/")[1]
    model = mesh.root / "domains" / key / "models" / f"{name}.sql"
    model.write_text(f"{model.read_text()}-- again\n")


def keep(mesh: MeshFolder, *words: str) -> None:
    mesh.run("plan", "--out", "plan.json", *words)


def apply_kept(mesh: MeshFolder, code: int = 0) -> Answer:
    return mesh.run("apply", "plan.json", "--yes", code=code)


@pytest.fixture
def three(new_tree: NewTree) -> tuple[MeshFolder, MeshFolder, MeshFolder]:
    """`assets/houses` <- `brokerage/deals` <- `finance/rents`, in trees of their own, applied."""
    found = new_tree("assets"), new_tree("brokerage"), new_tree("finance")
    product(found[0], "assets/houses")
    product(found[1], "brokerage/deals", "houses")
    product(found[2], "finance/rents", "deals")
    for tree in found:
        tree.run("apply", "--yes")
    return found


Three = tuple[MeshFolder, MeshFolder, MeshFolder]


def test_what_other_trees_do_elsewhere_does_not_matter_to_a_kept_plan(
    three: Three, new_tree: NewTree
) -> None:
    _, deals, rents = three
    change(deals, "brokerage/deals")
    keep(deals)
    other = new_tree("leasing")
    product(other, "leasing/leases", "houses")
    other.run("apply", "--yes")
    other.run("run", "leasing/leases")
    other.run("run", "leasing/leases")
    other.run("rollback", "leasing/leases", "--to", "1")
    rents.run("run", "finance/rents")
    rents.run("rollback", "finance/rents", "--to", "1")
    change(rents, "finance/rents")
    rents.run("apply", "--yes")
    apply_kept(deals)
    assert "already applied" in apply_kept(deals).out
    assert deals.run("facts", "--verify").code == 0


def test_another_product_of_the_same_tree_does_not_matter_to_a_kept_plan(three: Three) -> None:
    _, deals, _ = three
    product(deals, "brokerage/offers")
    deals.run("apply", "--yes")
    change(deals, "brokerage/deals")
    keep(deals)
    change(deals, "brokerage/offers")
    deals.run("run", "brokerage/offers")
    apply_kept(deals)


def test_a_new_consumer_of_a_removed_column_refuses_a_kept_plan(three: Three, new_tree: NewTree) -> None:
    _, deals, _ = three
    product(deals, "brokerage/deals", "houses", serves="one")
    keep(deals, "--allow-breaking", "nobody uses it")
    other = new_tree("leasing")
    product(other, "leasing/leases", "deals", columns="one")
    other.run("apply", "--yes")
    text = (deals.root / "plan.json").read_text()
    product(other, "leasing/leases", "deals", columns="two")
    other.run("apply", "--yes")
    assert "has moved" in apply_kept(deals, code=1).text
    product(other, "leasing/leases", "deals", columns="one")
    other.run("apply", "--yes")
    (deals.root / "plan.json").write_text(text)
    apply_kept(deals)


def test_a_kept_plan_stays_good_while_what_it_reads_is_published_anew(three: Three) -> None:
    houses, deals, _ = three
    change(deals, "brokerage/deals")
    keep(deals)
    houses.run("run", "assets/houses")
    houses.run("run", "assets/houses")
    apply_kept(deals)
    newest = json.loads(houses.run("history", "assets/houses", "--format", "json").out)["publications"][0]
    built = json.loads(deals.run("history", "brokerage/deals", "--format", "json").out)["publications"][0]
    assert built["inputs"]["assets/houses"] == newest["publication"]


@pytest.mark.parametrize("whose", [0, 1], ids=["what is read", "what is changed"])
def test_a_rollback_refuses_a_kept_plan(three: Three, whose: int) -> None:
    deals, tree = three[1], three[whose]
    key = ("assets/houses", "brokerage/deals")[whose]
    tree.run("run", key)
    deals.run("run", "brokerage/deals")
    change(deals, "brokerage/deals")
    keep(deals)
    tree.run("rollback", key, "--to", "1")
    assert "has moved" in apply_kept(deals, code=1).text
    keep(deals)
    tree.run("unpin", key)
    assert "has moved" in apply_kept(deals, code=1).text


def test_other_declarations_of_what_is_read_refuse_a_kept_plan(three: Three) -> None:
    houses, deals, _ = three
    change(deals, "brokerage/deals")
    keep(deals)
    more = custom(sunset="2099-01-31")
    product(houses, "assets/houses", customProperties=more)
    document = houses.root / "domains/assets/houses/product.yaml"
    document.write_text(json.dumps({**json.loads(document.read_text()), "status": "deprecated"}))
    houses.run("apply", "--yes")
    assert "has moved" in apply_kept(deals, code=1).text


def test_other_settings_refuse_a_kept_plan(three: Three) -> None:
    _, deals, _ = three
    change(deals, "brokerage/deals")
    keep(deals)
    file = deals.root / "mesh.yaml"
    settings = json.loads(file.read_text())
    settings["environments"]["dev"]["warehouse"] = "elsewhere"
    file.write_text(json.dumps(settings))
    assert "has moved" in apply_kept(deals, code=1).text


# --- circles


def test_two_kept_plans_do_not_close_a_circle_through_a_third_tree(three: Three) -> None:
    houses, _, rents = three
    product(rents, "finance/rents")
    rents.run("apply", "--yes")
    product(houses, "assets/houses", "rents")
    keep(houses)
    product(rents, "finance/rents", "deals")
    keep(rents)
    apply_kept(rents)
    answer = apply_kept(houses, code=1)
    assert "has moved" in answer.text or "circle" in answer.text
    assert "MW111" in houses.run("plan", code=2).text


def test_a_kept_plan_that_would_close_a_distant_circle_names_it(three: Three, new_tree: NewTree) -> None:
    houses, _, rents = three
    product(rents, "finance/rents")
    rents.run("apply", "--yes")
    tree = new_tree("taxes")
    product(tree, "taxes/taxes", "rents")
    tree.run("apply", "--yes")
    product(houses, "assets/houses", "taxes")
    keep(houses)
    product(rents, "finance/rents", "deals")
    rents.run("apply", "--yes")
    answer = apply_kept(houses, code=1)
    names = "assets/houses -> taxes/taxes -> finance/rents -> brokerage/deals -> assets/houses"
    assert names in answer.text and "way out" in answer.text
    assert houses.rows("select one from assets.houses.houses") == [{"one": 1}]


def test_a_tree_that_overtakes_an_apply_does_not_close_a_circle_with_it(
    three: Three, new_tree: NewTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    houses, _, rents = three
    product(rents, "finance/rents")
    rents.run("apply", "--yes")
    tree = new_tree("taxes")
    product(tree, "taxes/taxes", "rents")
    tree.run("apply", "--yes")
    product(houses, "assets/houses", "taxes")
    product(rents, "finance/rents", "deals")
    store = applying.store_declarations

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(applying, "store_declarations", store)
        rents.run("apply", "--yes")
        store(*arguments)

    monkeypatch.setattr(applying, "store_declarations", overtaken)
    answer = houses.run("apply", "--yes", code=2)
    assert "MW111" in answer.text and "assets/houses -> taxes/taxes -> finance/rents" in answer.text
    assert "Nothing to do" in rents.run("apply", "--yes").out


def test_a_kept_plan_that_an_unrelated_apply_overtakes_goes_through(
    three: Three, new_tree: NewTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, deals, _ = three
    other = new_tree("leasing")
    product(other, "leasing/leases")
    change(deals, "brokerage/deals")
    keep(deals)
    store = applying.store_declarations

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(applying, "store_declarations", store)
        other.run("apply", "--yes")
        store(*arguments)

    monkeypatch.setattr(applying, "store_declarations", overtaken)
    apply_kept(deals)
    assert "Nothing to do" in deals.run("apply", "--yes").out


def test_a_circle_that_is_in_the_registry_is_named_and_nothing_hangs(three: Three, tmp_path: Path) -> None:
    houses, deals, _ = three
    product(deals, "brokerage/offers")
    deals.run("apply", "--yes")
    product(houses, "assets/houses", "deals")
    forced = load_tree(houses.root).bundles.values()
    with open_registry(f"sqlite:///{tmp_path}/shared.db") as registry:
        registry.apply("dev", None, [(bundle, "active") for bundle in forced], [], [], [])
    circle = "brokerage/deals -> assets/houses -> brokerage/deals"
    for words in (
        ("run",),
        ("run", "brokerage/deals"),
        ("run", "--due"),
        ("run", "--downstream", "brokerage/deals"),
    ):
        assert circle in deals.run(*words, code=1).text
    deals.run("run", "brokerage/offers")
    assert "MW111" in deals.run("plan", code=2).text
    assert len(deals.run("status", "--format", "json").data["products"]) == 4
    product(houses, "assets/houses")
    houses.run("apply", "--yes")
    deals.run("run", "brokerage/deals")


def test_a_circle_within_one_tree_in_the_registry_is_named_and_nothing_hangs(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path / "tree", "acme")
    product(mesh, "sales/orders")
    product(mesh, "sales/returns", "orders")
    mesh.run("apply", "--yes")
    product(mesh, "sales/orders", "returns")
    bundles = load_tree(mesh.root).bundles.values()
    with open_registry(f"sqlite:///{tmp_path}/tree/.mesh/dev/registry.db") as registry:
        registry.apply("dev", None, [(bundle, "active") for bundle in bundles], [], [], [])
    answer = mesh.run("run", code=1)
    assert "sales/orders -> sales/returns -> sales/orders" in answer.text and "way out" in answer.text
    product(mesh, "sales/orders")
    mesh.run("apply", "--yes")
    mesh.run("run")
