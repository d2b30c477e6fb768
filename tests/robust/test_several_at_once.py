"""Several processes work on one mesh at the same moment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from children import NOTHING, end, start
from mesh_folder import MeshFolder, column, contract, csv_server

DOMAINS = ("assets", "brokerage", "finance")
NewMesh = Callable[[str], MeshFolder]


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

    def make(name: str) -> MeshFolder:
        shared = {"registry": registry, "warehouse": str(tmp_path / "warehouse")}
        return MeshFolder(tmp_path / name, "acme", environments={"dev": shared})

    return make


def at_once(*commands: tuple[MeshFolder, tuple[str, ...]]) -> list[str]:
    """Run commands in processes of their own at the same time; all must succeed."""
    running = [start(mesh.root, NOTHING, *words) for mesh, words in commands]
    ended = [end(process) for process in running]
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
