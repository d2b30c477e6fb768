"""What is served is what the registry holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mesh_folder import MeshFolder
from serving import client_of, site_at

from meshwright.errors import Unavailable
from meshwright.provisioning.tables import Reading
from meshwright.server.live import LiveMesh
from meshwright.supervision.search.question import Question
from meshwright.wiring import search_index


def rename(mesh: MeshFolder, name: str) -> None:
    """Give sales/orders another name for people, and apply it."""
    file = mesh.root / "domains" / "sales" / "orders" / "product.yaml"
    file.write_text(json.dumps({**json.loads(file.read_text()), "name": name}))
    mesh.run("apply", "--yes")


def test_what_is_applied_is_seen_by_the_next_request(orders: MeshFolder) -> None:
    live = site_at(orders.root).live
    first = live.current()
    assert live.current() is first
    rename(orders, "All orders")
    second = live.current()
    assert second.token != first.token
    assert "All orders" in second.tables.tables["products"]["name"].to_pylist()
    assert "All orders" not in first.tables.tables["products"]["name"].to_pylist()


def test_followers_are_told_once_of_each_state(orders: MeshFolder) -> None:
    live = site_at(orders.root).live
    told: list[str] = []
    live.follow(lambda snapshot: told.append(snapshot.token))
    for _ in range(3):
        live.current()
    rename(orders, "Other orders")
    for _ in range(3):
        live.current()
    assert len(told) == len(set(told)) == 2


def test_what_is_derived_from_a_state_is_made_once(orders: MeshFolder) -> None:
    snapshot = site_at(orders.root).live.current()
    made: list[int] = []
    for _ in range(3):
        assert snapshot.once("count", lambda mesh: made.append(1) or len(mesh.versions)) == 2
    assert made == [1]


class Registry:
    """A registry that can be cut off."""

    def __init__(self, root: Path) -> None:
        self.real = site_at(root).live._registry
        self.down = False

    @contextmanager
    def reading(self, environment: str) -> Iterator[Reading]:
        if self.down:
            raise Unavailable("the registry does not answer")
        with self.real.reading(environment) as reading:
            yield reading


def test_while_the_registry_is_away_the_last_state_is_shown_and_says_so(orders: MeshFolder) -> None:
    registry = Registry(orders.root)
    live = LiveMesh("acme", "dev", registry, look=0.0, patience=30.0)
    good = live.current()
    registry.down = True
    assert live.current().tables is good.tables
    assert live.current().problem is not None
    registry.down = False
    assert live.current().problem is None


def test_a_registry_that_never_answered_is_an_error(orders: MeshFolder) -> None:
    registry = Registry(orders.root)
    registry.down = True
    live = LiveMesh("acme", "dev", registry)
    with pytest.raises(Unavailable):
        live.current()
    registry.down = False
    assert live.current().tables.versions


def test_the_working_tree_is_not_looked_at(orders: MeshFolder) -> None:
    for file in (orders.root / "domains").rglob("*.yaml"):
        file.write_text("not: [yaml")
    assert client_of(orders.root).get("/").status_code == 200


def test_an_index_that_another_version_wrote_is_made_anew_before_it_answers(orders: MeshFolder) -> None:
    site = site_at(orders.root)
    site.live.current()
    site.search.settled()
    index = search_index(orders.root / ".mesh" / "dev" / "search")
    index.write(index.view(), (), (), lambda: b"another version")
    later = site_at(orders.root)
    later.live.current()
    assert [each.title for each in later.search.ask(Question("customer")).found]
