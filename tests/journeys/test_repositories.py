"""Several repositories on one registry: each domain is owned by one of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import Answer, MeshFolder, column, contract

NewTree = Callable[..., MeshFolder]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_tree(request: pytest.FixtureRequest, tmp_path: Path) -> NewTree:
    """Makes trees of one mesh; each is a repository of its own unless it says otherwise."""
    url = f"sqlite:///{tmp_path}/shared.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_database").url
    shared = {"registry": url, "warehouse": str(tmp_path / "warehouse")}

    def make(name: str, *products: str, **settings: Any) -> MeshFolder:
        named = {"repository": f"acme/{name}", **settings}
        mesh = MeshFolder(tmp_path / name, "acme", environments={"dev": shared}, **named)
        for key in products:
            product(mesh, key)
        return mesh

    return make


def product(mesh: MeshFolder, key: str, value: int = 1) -> None:
    """A product that serves one row."""
    name = key.split("/")[1]
    mesh.product(
        key,
        [contract(name, {name: [column("one")]})],
        {f"{name}.sql": f"select {value} as one\n"},
        outputs=[(name, "1.0.0", name)],
    )


def refusals(answer: Answer) -> list[tuple[str, str]]:
    return [(refusal["code"], refusal["subject"]) for refusal in answer.data["refusals"]]


def numbers(mesh: MeshFolder) -> dict[str, int]:
    return {row["product"]: row["number"] for row in mesh.run("status", "--format", "json").data["products"]}


def test_a_domain_that_another_repository_owns_is_refused_and_its_products_stay(new_tree: NewTree) -> None:
    one, two = new_tree("one", "sales/orders"), new_tree("two", "sales/returns", "finance/rents")
    one.run("apply", "--yes")
    answer = two.run("plan", "--allow-destroy", "--format", "json", code=1)
    assert refusals(answer) == [("MW506", "sales")]
    assert "acme/one" in answer.data["refusals"][0]["message"]
    assert "--take-over sales" in answer.data["refusals"][0]["way_out"]
    assert not any("sales" in str(change) for change in answer.data["changes"])
    assert "MW506" in two.run("apply", "--yes", "--allow-destroy", code=1).text
    assert "MW506" in two.run("ci", code=1).out
    assert numbers(two) == {"sales/orders": 1}
    assert "Nothing to do" in one.run("apply", "--yes").out


def test_the_same_product_in_two_repositories_is_refused_also_when_nothing_differs(new_tree: NewTree) -> None:
    one, two = new_tree("one", "sales/orders"), new_tree("two", "sales/orders")
    one.run("apply", "--yes")
    assert refusals(two.run("plan", "--format", "json", code=1)) == [("MW506", "sales")]
    answer = two.run("run", "sales/orders", code=1)
    assert "repository acme/one owns" in answer.text and "--take-over sales" in answer.text
    assert two.run("run", "--format", "json").data["outcomes"] == []
    two.run("rollback", "sales/orders", "--to", "1", code=1)
    assert numbers(one) == {"sales/orders": 1}


def test_clones_of_one_repository_are_the_same_tree(new_tree: NewTree) -> None:
    new_tree("one", "sales/orders").run("apply", "--yes")
    clone = new_tree("clone", "sales/orders", repository="acme/one")
    assert "Nothing to do" in clone.run("apply", "--yes").out
    product(clone, "sales/orders", 2)
    clone.run("apply", "--yes")
    assert clone.rows("select one from sales.orders.orders") == [{"one": 2}]


def test_a_repository_without_a_name_has_that_of_the_mesh(new_tree: NewTree) -> None:
    plain = new_tree("plain", "sales/orders")
    settings = json.loads((plain.root / "mesh.yaml").read_text())
    settings.pop("repository")
    (plain.root / "mesh.yaml").write_text(json.dumps(settings))
    plain.run("apply", "--yes")
    assert "Nothing to do" in plain.run("apply", "--yes").out
    answer = new_tree("two", "sales/orders").run("plan", "--format", "json", code=1)
    assert "owned by repository acme," in answer.data["refusals"][0]["message"]


def test_a_domain_changes_hands_and_that_is_a_fact(new_tree: NewTree) -> None:
    one, two = new_tree("one", "sales/orders"), new_tree("two", "sales/orders")
    one.run("apply", "--yes")
    plan = two.run("plan", "--take-over", "sales", "--format", "json").data
    assert plan["changes"] == [
        {"change": "take-over", "domain": "sales", "old": "acme/one", "new": "acme/two"}
    ]
    answer = two.run("apply", "--yes", "--take-over", "sales")
    assert "domain sales: taken over from repository acme/one by acme/two" in answer.out
    [fact] = [f for f in two.run("facts", "--format", "json").data if f["kind"] == "domain.taken_over"]
    assert (fact["subject"], fact["payload"]) == ("sales", {"from": "acme/one", "to": "acme/two"})
    assert "Nothing to do" in two.run("apply", "--yes").out
    assert refusals(one.run("plan", "--format", "json", code=1)) == [("MW506", "sales")]
    assert numbers(two) == {"sales/orders": 1}


def test_taking_over_a_domain_removes_products_only_when_that_is_allowed_too(new_tree: NewTree) -> None:
    one, two = new_tree("one", "sales/orders"), new_tree("two", "sales/returns")
    one.run("apply", "--yes")
    answer = two.run("plan", "--take-over", "sales", "--format", "json", code=1)
    assert refusals(answer) == [("MW503", "sales/orders")]
    two.run("apply", "--yes", "--take-over", "sales", "--allow-destroy")
    assert numbers(two) == {"sales/returns": 1}


def test_a_domain_that_the_tree_does_not_have_cannot_be_taken_over(new_tree: NewTree) -> None:
    new_tree("one", "sales/orders").run("apply", "--yes")
    answer = new_tree("two", "finance/rents").run("apply", "--yes", "--take-over", "sales", code=2)
    assert "no domain `sales`" in answer.text and "finance" in answer.text


def test_a_domain_that_is_named_and_has_no_folder_yet_is_owned(new_tree: NewTree) -> None:
    one = new_tree("one", domains=["sales"])
    one.run("apply", "--yes")
    two = new_tree("two", "sales/orders")
    assert refusals(two.run("plan", "--format", "json", code=1)) == [("MW506", "sales")]
    empty = new_tree("three", domains=["sales"])
    assert refusals(empty.run("plan", "--format", "json", code=1)) == [("MW506", "sales")]
    empty.run("apply", "--yes", "--take-over", "sales")
    assert "Nothing to do" in empty.run("apply", "--yes").out


def test_a_kept_plan_takes_a_domain_over_as_it_was_reviewed(new_tree: NewTree) -> None:
    one, two = new_tree("one", "sales/orders"), new_tree("two", "sales/orders")
    one.run("apply", "--yes")
    product(two, "sales/orders", 2)
    two.run("plan", "--out", "plan.json", "--take-over", "sales")
    assert "as it was reviewed" in two.run("apply", "plan.json", "--take-over", "sales", code=2).text
    two.run("apply", "plan.json", "--yes")
    assert "already applied" in two.run("apply", "plan.json", "--yes").out
    assert two.rows("select one from sales.orders.orders") == [{"one": 2}]


def test_a_kept_plan_of_the_former_owner_is_refused(new_tree: NewTree) -> None:
    one, two = new_tree("one", "sales/orders"), new_tree("two", "sales/orders")
    one.run("apply", "--yes")
    product(one, "sales/orders", 2)
    one.run("plan", "--out", "plan.json")
    two.run("apply", "--yes", "--take-over", "sales")
    assert "has moved" in one.run("apply", "plan.json", "--yes", code=1).text
    shutil.copy(one.root / "plan.json", two.root / "plan.json")
    answer = two.run("apply", "plan.json", "--yes", code=2)
    assert "for repository `acme/one`, this is `acme/two`" in answer.text
    assert two.rows("select one from sales.orders.orders") == [{"one": 1}]


def test_a_port_that_another_trees_consumer_could_also_mean_is_refused(new_tree: NewTree) -> None:
    one, two = new_tree("one", "sales/orders"), new_tree("two")
    one.run("apply", "--yes")
    two.product(
        "finance/rents",
        [contract("rents", {"rents": [column("one")]})],
        {"rents.sql": "select one from orders.orders\n"},
        inputs=[("orders", "orders")],
        outputs=[("rents", "1.0.0", "rents")],
    )
    two.run("apply", "--yes")
    third = new_tree("three", "leasing/orders")
    answer = third.run("plan", "--format", "json", code=1)
    assert refusals(answer) == [("MW104", "leasing/orders port orders@1")]
    assert "finance/rents through orders" in answer.data["refusals"][0]["message"]


def test_a_domain_whose_folder_is_gone_is_planned_for_removal(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path, "acme", repository="pilot")
    for key in ("sales/orders", "crm/people"):
        name = key.split("/")[1]
        mesh.product(
            key,
            [contract(name, {name: [column("id")]})],
            {f"{name}.sql": "select 1 as id\n"},
            outputs=[(name, "1.0.0", name)],
        )
    mesh.run("apply", "--yes")
    shutil.rmtree(tmp_path / "domains" / "crm")
    refused = mesh.run("plan", code=1).out
    assert "crm/people" in refused
    assert "MW503" in refused
    mesh.run("apply", "--yes", "--allow-destroy")
    left = mesh.run("status", "--format", "json").data["products"]
    assert [row["product"] for row in left] == ["sales/orders"]
    assert "Nothing to do" in mesh.run("apply", "--yes").out
