"""An environment read in bulk, in SQLite and PostgreSQL: one state, and only what is asked for."""

from __future__ import annotations

from collections.abc import Callable

from meshwright.adapters.registry import SqlRegistry
from meshwright.model.address import ProductKey
from meshwright.provisioning.registry import AppliedDomain, Event

from .world import DEALS, FakeClock, World, bundle, file

LEASES = ProductKey("brokerage", "leases")


def apply(registry: SqlRegistry, *keys: ProductKey, environment: str = "dev", digest: str = "d1") -> None:
    domains = [AppliedDomain("brokerage", "x", {"domain": "brokerage"}, "one")]
    events = [Event("product.applied", str(key), {"é": [1, None]}) for key in keys]
    made = [(bundle(key, digest), "active") for key in keys]
    registry.apply(environment, None, made, [], domains, events)


def test_products_come_with_their_documents_and_without_texts(registry: SqlRegistry) -> None:
    apply(registry, DEALS, LEASES)
    apply(registry, DEALS, environment="prod", digest="other")
    with registry.reading("dev") as reading:
        versions = reading.versions()
        everything = [product for part in reading.products() for product in part]
        (one,) = (product for part in reading.products([LEASES]) for product in part)
        assert set(reading.domains()) == {"brokerage"}
    assert [product.key for product in everything] == [DEALS, LEASES]
    assert everything[1] == one
    assert set(versions) == {DEALS, LEASES}
    assert one.documents == bundle(LEASES).documents
    assert (one.folder, one.digest, one.status) == ("domains/brokerage/leases", "d1", "active")


def test_facts_after_a_sequence_come_oldest_first(registry: SqlRegistry) -> None:
    apply(registry, DEALS, LEASES)
    registry.record("dev", [Event("run.started", "brokerage/deals", {"run": "r"})])
    with registry.reading("dev") as reading:
        assert [fact.sequence for part in reading.facts(0) for fact in part] == [1, 2, 3]
        assert [fact.kind for part in reading.facts(2) for fact in part] == ["run.started"]
        assert not [fact for part in reading.facts(3) for fact in part]


def test_publications_tell_which_one_is_seen_and_what_they_hold(registry: SqlRegistry, world: World) -> None:
    apply(registry, DEALS)
    first, second = world.publish_files([file("a", 3)]), world.publish_files([file("b", 5)])
    world.move(first, pinned=True)
    with registry.reading("dev") as reading:
        found = {each.id: each for each in reading.publications()}
    assert set(found) == {first.id, second.id}
    assert (found[first.id].current, found[first.id].pinned) == (True, True)
    assert (found[second.id].current, found[second.id].pinned) == (False, None)
    assert [(found[each.id].rows, found[each.id].bytes) for each in (first, second)] == [(3, 300), (5, 500)]


def test_a_reading_does_not_see_what_is_applied_meanwhile(opened: Callable[..., SqlRegistry]) -> None:
    one, other = opened(), opened()
    apply(one, DEALS)
    with one.reading("dev") as reading:
        assert set(reading.versions()) == {DEALS}
        apply(other, LEASES)
        assert [product.key for part in reading.products() for product in part] == [DEALS]
    with one.reading("dev") as reading:
        assert set(reading.versions()) == {DEALS, LEASES}


def test_a_product_that_is_applied_again_has_another_version(registry: SqlRegistry, clock: FakeClock) -> None:
    seen = []
    for digest in ("d1", "d1", "d2"):
        apply(registry, DEALS, digest=digest)
        clock.forward(1)
        with registry.reading("dev") as reading:
            seen.append((reading.token(), reading.versions()[DEALS]))
    assert len(set(seen)) == 3
