"""Several processes work on one mesh at the same moment."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from children import NOTHING, end, start
from mesh_folder import MeshFolder, column, contract, csv_server

DOMAINS = ("assets", "brokerage", "finance")
NewMesh = Callable[..., MeshFolder]


def products(mesh: MeshFolder, domain: str) -> None:
    """Two products in a domain: one reads a file daily, one reads the other."""
    mesh.csv(f"data/{domain}.csv", "id,amount", "1,10", "2,20")
    columns = [column("id", required=True, unique=True), column("amount")]
    daily = [{"property": "frequency", "value": 1, "unit": "d"}]
    source = contract(
        f"{domain}-file", {"rows": columns}, servers=csv_server(f"data/{domain}.csv"), slaProperties=daily
    )
    mesh.product(
        f"{domain}/facts",
        [source, contract(f"{domain}-facts", {f"{domain}_facts": columns})],
        {f"{domain}_facts.sql": "select id, amount from files.rows\n"},
        inputs=[("files", f"{domain}-file")],
        outputs=[("facts", "1.0.0", f"{domain}-facts")],
    )
    mesh.product(
        f"{domain}/sums",
        [contract(f"{domain}-sums", {f"{domain}_sums": [column("amount")]})],
        {f"{domain}_sums.sql": f"select cast(sum(amount) as bigint) as amount from facts.{domain}_facts\n"},
        inputs=[("facts", f"{domain}-facts")],
        outputs=[("sums", "1.0.0", f"{domain}-sums")],
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def new_mesh(request: pytest.FixtureRequest, tmp_path: Path) -> NewMesh:
    """Makes trees of one mesh: one registry, one warehouse."""
    registry = f"sqlite:///{tmp_path}/registry.db"
    if request.param == "postgresql":
        registry = request.getfixturevalue("postgres_database").url

    def make(name: str, **settings: str) -> MeshFolder:
        shared = {"registry": registry, "warehouse": str(tmp_path / "warehouse")}
        return MeshFolder(tmp_path / name, "acme", environments={"dev": shared}, **settings)

    return make


def racing(*commands: tuple[MeshFolder, tuple[str, ...]]) -> list[tuple[int, str]]:
    """Run commands in processes of their own at the same time: their exit codes and what they printed."""
    running = [start(mesh.root, NOTHING, *words) for mesh, words in commands]
    return [end(process) for process in running]


def at_once(*commands: tuple[MeshFolder, tuple[str, ...]]) -> list[str]:
    """Run commands in processes of their own at the same time; all must succeed."""
    ended = racing(*commands)
    assert [code for code, _ in ended] == [0] * len(ended), "\n".join(text for _, text in ended)
    return [text for _, text in ended]


def published(mesh: MeshFolder) -> dict[str, int]:
    """The highest publication number of each product."""
    rows = mesh.run("status", "--format", "json").data["products"]
    return {row["product"]: row["number"] for row in rows}


def rows_of(mesh: MeshFolder) -> list[Any]:
    parts = (f"select amount from {domain}.sums.{domain}_sums" for domain in DOMAINS)
    return [row["amount"] for row in mesh.rows(" union all ".join(parts))]


def test_trees_of_one_mesh_are_applied_at_the_same_time(new_mesh: NewMesh) -> None:
    trees = [new_mesh(domain) for domain in DOMAINS]
    for tree, domain in zip(trees, DOMAINS, strict=True):
        products(tree, domain)
    at_once(*((tree, ("apply", "--yes")) for tree in trees))
    assert published(trees[0]) == {f"{d}/{name}": 1 for d in DOMAINS for name in ("facts", "sums")}
    assert rows_of(trees[0]) == [30, 30, 30]
    assert trees[0].run("facts", "--verify").code == 0


def test_products_of_one_tree_run_at_the_same_time_and_due_ones_are_built_once(new_mesh: NewMesh) -> None:
    mesh = new_mesh("tree")
    for domain in DOMAINS:
        products(mesh, domain)
    mesh.run("apply", "--yes")
    at_once(*((mesh, ("run", "--downstream", f"{domain}/facts")) for domain in DOMAINS))
    everything = [f"{d}/{name}" for d in DOMAINS for name in ("facts", "sums")]
    assert published(mesh) == dict.fromkeys(everything, 2)
    make_due(mesh)
    at_once(*[(mesh, ("run", "--due", "--format", "json"))] * 3)
    assert published(mesh) == dict.fromkeys(everything, 3)
    facts = mesh.run("facts", "--limit", "1000", "--format", "json").data
    runs = Counter(f["subject"] for f in facts if f["kind"] == "run.finished")
    assert runs == dict.fromkeys(everything, 3)
    assert rows_of(mesh) == [30, 30, 30]
    assert mesh.run("facts", "--verify").code == 0


def one_row(mesh: MeshFolder, key: str, value: int, reads: str | None = None) -> None:
    """A product with one row: a value of its own, or what another one has."""
    name = key.split("/")[1]
    mesh.product(
        key,
        [contract(name, {name: [column("one")]})],
        {f"{name}.sql": f"select one from {reads}.{reads}\n" if reads else f"select {value} as one\n"},
        inputs=[(reads, reads)] if reads else [],
        outputs=[(name, "1.0.0", name)],
    )


def test_of_two_repositories_that_claim_a_domain_at_once_one_owns_it(new_mesh: NewMesh) -> None:
    trees = [new_mesh(name, repository=name) for name in ("first", "second")]
    for value, tree in enumerate(trees):
        one_row(tree, "sales/orders", value)
    ended = racing(*((tree, ("apply", "--yes")) for tree in trees))
    assert sorted(code for code, _ in ended) == [0, 1], "\n".join(text for _, text in ended)
    winner = [code for code, _ in ended].index(0)
    assert "MW506" in ended[1 - winner][1] and trees[winner].root.name in ended[1 - winner][1]
    assert trees[1 - winner].rows("select one from sales.orders.orders") == [{"one": winner}]
    assert published(trees[winner]) == {"sales/orders": 1}
    assert "Nothing to do" in trees[winner].run("apply", "--yes").out


def test_clones_that_apply_the_same_at_once_build_it_once(new_mesh: NewMesh) -> None:
    clones = [new_mesh(name) for name in ("laptop", "ci")]
    for clone in clones:
        one_row(clone, "sales/orders", 1)
        one_row(clone, "sales/returns", 0, "orders")
    ended = racing(*((clone, ("apply", "--yes")) for clone in clones))
    assert 0 in [code for code, _ in ended], "\n".join(text for _, text in ended)
    assert all(code == 0 or "another" in text for code, text in ended), "\n".join(t for _, t in ended)
    for clone in clones:
        assert "Nothing to do" in clone.run("apply", "--yes").out
    assert published(clones[0]) == {"sales/orders": 1, "sales/returns": 1}
    assert clones[0].run("facts", "--verify").code == 0


def test_clones_that_apply_different_things_at_once_leave_one_of_them_whole(new_mesh: NewMesh) -> None:
    clones = [new_mesh(name) for name in ("laptop", "ci")]
    for value, clone in enumerate(clones):
        one_row(clone, "sales/orders", value)
    racing(*((clone, ("apply", "--yes")) for clone in clones))
    clones[0].run("run")
    same = ["Nothing to do" in clone.run("plan").out for clone in clones]
    assert sorted(same) == [False, True]
    assert clones[0].rows("select one from sales.orders.orders") == [{"one": same.index(True)}]
    assert clones[0].run("facts", "--verify").code == 0


def test_trees_that_would_read_each_other_in_a_circle_at_once_do_not(new_mesh: NewMesh) -> None:
    names = ("a", "b", "c")
    trees = [new_mesh(name, repository=name) for name in names]
    for tree, name in zip(trees, names, strict=True):
        one_row(tree, f"{name}/{name}_rows", 1)
        tree.run("apply", "--yes")
    for tree, name, other in zip(trees, names, "bca", strict=True):
        one_row(tree, f"{name}/{name}_rows", 1, f"{other}_rows")
    ended = racing(*((tree, ("apply", "--yes")) for tree in trees))
    refused = [text for code, text in ended if code == 2]
    assert len(refused) == 1 and "MW111" in refused[0], "\n".join(text for _, text in ended)
    for tree in trees:
        tree.run("run", "--due")


def test_a_tree_that_pauses_before_it_stores_does_not_close_a_circle_that_came_about(
    new_mesh: NewMesh,
) -> None:
    names = ("a", "b", "c")
    trees = [new_mesh(name, repository=name) for name in names]
    for tree, name in zip(trees, names, strict=True):
        one_row(tree, f"{name}/{name}_rows", 1)
        tree.run("apply", "--yes")
    for tree, name, other in zip(trees, names, "bca", strict=True):
        one_row(tree, f"{name}/{name}_rows", 1, f"{other}_rows")
    trees[0].run("plan", "--out", "plan.json")
    before = {"what": "stop", "call": "meshwright.experience.plan.apply:store_declarations"}
    paused = start(trees[0].root, before, "apply", "plan.json", "--yes")
    assert paused.stdout is not None
    while (line := paused.stdout.readline()) != "stopped\n":
        assert line, paused.stderr and paused.stderr.read()
    trees[2].run("apply", "--yes")
    trees[1].run("apply", "--yes")
    os.kill(paused.pid, signal.SIGCONT)
    code, text = end(paused)
    assert code == 1 and ("has moved" in text or "circle" in text), text
    trees[2].run("run")


def make_due(mesh: MeshFolder) -> None:
    """Let a day go by, as the registry sees it."""
    from sqlalchemy import create_engine, text

    url = json.loads((mesh.root / "mesh.yaml").read_text())["environments"]["dev"]["registry"]
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for id, detail in connection.execute(text("SELECT id, detail FROM mesh_publications")).all():
            changed = json.loads(detail)
            if changed["due_at"]:
                changed["due_at"] = "2020-01-01T00:00:00.000000Z"
                connection.execute(
                    text("UPDATE mesh_publications SET detail = :detail WHERE id = :id"),
                    {"detail": json.dumps(changed), "id": id},
                )
    engine.dispose()
