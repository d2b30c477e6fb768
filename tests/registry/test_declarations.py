"""What was applied, and the state that plans are made against."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from meshwright.adapters.registry import SqlRegistry
from meshwright.errors import Conflict, Fenced
from meshwright.model.address import ProductKey
from meshwright.provisioning.registry import AppliedDomain, Event, Registry

from .world import DEALS, World, bundle, file

OFFICES = ProductKey("assets", "offices")


def test_every_method_of_the_protocol_is_implemented() -> None:
    promised = {name for name, value in vars(Registry).items() if callable(value) and name[0] != "_"}
    assert promised <= set(vars(SqlRegistry))


def test_bundles_and_domains_are_read_back_as_they_were_applied(registry: SqlRegistry) -> None:
    domain = AppliedDomain("brokerage", "x1", {"domain": "brokerage", "tags": None, "a": [1]}, "acme/sales")
    given = [(bundle(DEALS), "active"), (bundle(OFFICES), "draft")]
    registry.apply("dev", None, given, [], [domain], [])
    assert registry.bundles("dev") == {DEALS: bundle(DEALS), OFFICES: bundle(OFFICES)}
    assert registry.bundles("dev", [OFFICES, ProductKey("no", "such")]) == {OFFICES: bundle(OFFICES)}
    assert registry.bundles("dev", []) == {}
    assert list(registry.bundles("dev")[DEALS].documents["product.yaml"]) == ["name", "tags", "z", "a"]
    assert registry.domains("dev") == {"brokerage": domain}
    state = registry.state("dev")
    assert {key: (p.status, p.digest) for key, p in state.products.items()} == {
        DEALS: ("active", "d1"),
        OFFICES: ("draft", "d1"),
    }
    assert (state.domains, state.owners) == ({"brokerage": "x1"}, {"brokerage": "acme/sales"})
    assert registry.state("prod").products == {}


def test_the_state_shows_the_current_publication_and_the_pin(world: World) -> None:
    world.registry.apply("dev", None, [(bundle(), "active")], [], [], [])
    assert world.registry.state("dev").products[DEALS].current is None
    first = world.publish_files([file("a")])
    second = world.append(file("b"))
    state = world.registry.state("dev").products[DEALS]
    assert (state.current, state.pinned) == (second, False)
    world.move(first)
    state = world.registry.state("dev").products[DEALS]
    assert (state.current, state.pinned) == (first, True)
    world.registry.unpin(world.lock(), [])
    assert world.registry.state("dev").products[DEALS].pinned is False


def test_the_token_changes_with_what_a_plan_depends_on_and_with_nothing_else(world: World) -> None:
    registry = world.registry
    seen = [registry.state("dev").token]

    def changed() -> bool:
        seen.append(registry.state("dev").token)
        return seen[-1] not in seen[:-1]

    registry.record("dev", [Event("plan.made", "dev")])
    assert not changed()
    registry.apply("dev", seen[0], [(bundle(), "active")], [], [], [])
    assert changed()
    first = world.publish_files([file("a")])
    assert changed()
    world.move(first)
    assert changed()
    lock = world.lock()
    registry.unpin(lock, [])
    assert changed()
    registry.expire(lock, 1)
    registry.release(lock)
    registry.apply("prod", None, [(bundle(), "active")], [], [], [])
    assert not changed()


def test_a_plan_against_an_older_state_is_a_conflict_and_stores_nothing(registry: SqlRegistry) -> None:
    token = registry.state("dev").token
    registry.apply("dev", token, [(bundle(), "active")], [], [], [])
    with pytest.raises(Conflict, match="has changed since"):
        registry.apply("dev", token, [(bundle(digest="d2"), "active")], [], [], [Event("x", "dev")])
    assert registry.state("dev").products[DEALS].digest == "d1"
    assert registry.facts("dev") == ()


def test_a_removed_product_loses_everything_but_its_facts_and_its_numbers(world: World) -> None:
    registry = world.registry
    registry.apply("dev", None, [(bundle(), "active")], [], [], [])
    first = world.publish_files([file("a")])
    world.append(file("b"))
    running = world.lock()
    registry.apply("dev", None, [], [DEALS], [], [Event("product.removed", str(DEALS))])
    assert registry.state("dev").products == {}
    assert registry.bundles("dev") == {}
    assert registry.publications("dev", DEALS) == ()
    retained, doomed = registry.metadata_locations(DEALS)
    assert (retained, len(doomed)) == ((), 2)
    assert set(world.doomed()) == {file("a").path, file("b").path, *doomed}
    assert registry.as_of("dev", "2100-01-01") == {}
    with pytest.raises(Fenced):
        registry.renew(running, 10)
    assert len(registry.facts("dev", str(DEALS))) == 3
    again = world.publish_files([file("c")])
    assert again.number == 3
    assert again.id != first.id
    assert world.lock().fence > running.fence


def test_state_takes_as_many_reads_for_a_thousand_products_as_for_one(registry: SqlRegistry) -> None:
    statements: list[str] = []
    event.listen(
        registry._database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: statements.append(statement),
    )

    def reads(count: int) -> int:
        keys = [ProductKey("brokerage", f"p{n}") for n in range(count)]
        registry.apply("dev", None, [(bundle(key), "active") for key in keys], [], [], [])
        statements.clear()
        assert len(registry.state("dev").products) == count
        return sum(statement.lstrip().startswith("SELECT") for statement in statements)

    assert reads(1) == reads(1000) == 4


def test_the_lineage_of_products_is_stored_with_them_and_goes_with_them(registry: SqlRegistry) -> None:
    registry.apply("dev", None, [(bundle(DEALS), "active")], [], [], [], {DEALS: "[[],[]]"})
    registry.apply("dev", None, [(bundle(OFFICES), "active")], [], [], [])
    assert registry.lineages("dev") == {DEALS: "[[],[]]"}
    assert registry.lineages("dev", [OFFICES]) == {}
    registry.apply("dev", None, [(bundle(DEALS, digest="d2"), "active")], [], [], [], {DEALS: "[[],[1]]"})
    assert registry.lineages("dev", [DEALS]) == {DEALS: "[[],[1]]"}
    registry.apply("dev", None, [], [DEALS], [], [])
    assert registry.lineages("dev") == {}
