"""Forgetting publications, and which files may go."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from meshwright.adapters.registry import SqlRegistry, locks, publications
from meshwright.errors import Conflict
from meshwright.model.address import ProductKey
from meshwright.provisioning.registry import Intent

from .world import DEALS, FakeClock, World, file

READER = ProductKey("brokerage", "reader")


def data(paths: tuple[str, ...]) -> set[str]:
    return {path for path in paths if path.endswith(".parquet")}


def sealed(paths: tuple[str, ...]) -> set[str]:
    return {path for path in paths if path.endswith(".metadata.json")}


def intent(
    product: ProductKey = READER, prefix: str = "/elsewhere", *inputs: str, environment: str = "dev"
) -> Intent:
    return Intent("r", environment, product, 1, "2026", (prefix,), inputs)


def test_expire_dooms_what_no_retained_publication_refers_to(world: World) -> None:
    first = world.publish_files([file("a"), file("b")])
    world.publish_files([file("b"), file("c")])
    third = world.publish_files([file("c")])
    gone = world.expire(2)
    assert data(gone) == {file("a").path}
    assert sealed(gone) == {f"/warehouse/{world.key()}/{first.id}.metadata.json"}
    assert data(world.expire(1)) == {file("a").path, file("b").path}
    assert [p.id for p in world.registry.publications("dev", DEALS)] == [third.id]
    world.registry.forget("dev", world.doomed())
    assert world.registry.doomed("dev") == {}
    assert world.expire(1) == ()


def test_the_current_publication_is_never_forgotten_nor_the_newest(world: World) -> None:
    first = world.publish_files([file("a")])
    for name in "bcd":
        last = world.publish_files([file(name)])
    world.move(first)
    assert data(world.expire(0)) == {file("b").path, file("c").path}
    assert [p.id for p in world.registry.publications("dev", DEALS)] == [last.id, first.id]
    assert world.paths() == {file("a").path}
    assert world.publish_files([file("e")]).number == 5


def test_a_kept_object_keeps_its_metadata(world: World) -> None:
    world.publish_files([file("a")])
    kept = world.publish_files([file("a")], "keep")
    assert world.expire(1) == ()
    assert world.paths(kept.id) == {file("a").path}
    assert world.registry.metadata_locations(DEALS) == ((world.handles()[world.key()].metadata,), ())


def test_files_that_another_environment_refers_to_are_not_doomed(registry: SqlRegistry) -> None:
    dev, prod = World(registry), World(registry, environment="prod")
    dev.publish_files([file("shared")])
    prod.publish_files([file("shared")])
    dev.publish_files([file("b")])
    assert data(dev.expire(1)) == set()
    prod.publish_files([file("c")])
    assert data(prod.expire(1)) == {file("shared").path}


def test_doomed_leaves_out_what_lies_below_a_live_run(world: World) -> None:
    world.publish_files([file("a")])
    world.publish_files([file("b")])
    gone = world.expire(1)
    lock = world.registry.begin(intent(READER, "/warehouse/a"), None, "reader", 60, [])
    assert set(world.doomed()) == set(gone) - {file("a").path}
    world.registry.release(lock)
    assert set(world.doomed()) == set(gone)


def test_numbers_survive_expiry(world: World) -> None:
    for name in "abc":
        world.publish_files([file(name)])
    world.expire(1)
    assert world.publish_files([file("d")]).number == 4


def test_doomed_files_are_kept_for_the_grace_from_the_moment_that_they_were_doomed(
    world: World, clock: FakeClock
) -> None:
    world.publish_files([file("a")])
    world.publish_files([file("b")])
    doomed_at = clock.now
    gone = world.expire(1)
    assert world.registry.waiting("dev", 3600) == (len(gone), "2027-01-15T09:00:00.000000Z")
    clock.forward(3599)
    world.expire(1)
    assert world.doomed(grace=3600) == ()
    assert world.registry.doomed("dev", 3600) == {}
    clock.forward(1)
    assert clock.now == doomed_at + 3600
    assert set(world.doomed(grace=3600)) == set(gone)
    assert world.registry.waiting("dev", 3600) == (0, None)


def test_files_of_a_removed_product_are_kept_for_the_grace(world: World, clock: FakeClock) -> None:
    world.publish_files([file("a")])
    world.registry.apply("dev", None, [], [DEALS], [], [])
    assert data(world.doomed()) == {file("a").path}
    assert world.doomed(grace=3600) == ()
    clock.forward(3600)
    assert data(world.doomed(grace=3600)) == {file("a").path}


def test_metadata_that_wait_are_told_beside_the_retained_ones(world: World) -> None:
    first = world.publish_files([file("a")])
    second = world.publish_files([file("b")])
    world.expire(1)
    places = tuple((f"/warehouse/{world.key()}/{p.id}.metadata.json",) for p in (second, first))
    assert world.registry.metadata_locations(DEALS) == places


def test_what_a_run_under_way_reads_is_retained_until_it_ends(world: World, clock: FakeClock) -> None:
    read = world.publish_files([file("a")])
    reading = intent(READER, "/elsewhere", read.id, environment="prod")
    lock = world.registry.begin(reading, None, "reader", 60, [])
    for name in "bc":
        world.publish_files([file(name)])
    assert data(world.expire(1)) == {file("b").path}
    assert world.paths(read.id) == {file("a").path}
    clock.forward(50)
    lock = world.registry.renew(lock, 60)
    clock.forward(50)
    assert data(world.expire(1)) == {file("b").path}, "it renews its lock, so it lives"
    clock.forward(61)
    assert data(world.expire(1)) == {file("a").path, file("b").path}


def test_a_run_cannot_begin_with_what_is_forgotten_already(world: World) -> None:
    read = world.publish_files([file("a")])
    world.publish_files([file("b")])
    world.expire(1)
    with pytest.raises(Conflict, match="not retained any more"):
        world.registry.begin(intent(READER, "/elsewhere", read.id), None, "reader", 60, [])
    assert world.registry.intents("dev", dead_only=False) == ()
    assert world.registry.held("dev") == ()


def test_whoever_begins_to_read_and_whoever_forgets_wait_for_each_other(
    world: World, opened: Callable[..., SqlRegistry]
) -> None:
    other, lock = opened(), world.lock()
    read = world.publish_files([file("a")], lock=lock)
    world.publish_files([file("b")], lock=lock)
    world.registry.acquire("dev", READER, "reader", 60)
    ended: list[int] = []
    forgetting = threading.Thread(target=lambda: ended.append(world.registry.expire(lock, 1)))
    with other._database.writing() as tx:
        locks.record_intent(tx, intent(READER, "/elsewhere", read.id))
        publications.hold_inputs(tx, intent(READER, "/elsewhere", read.id))
        forgetting.start()
        forgetting.join(0.2)
        assert not ended
    forgetting.join()
    assert ended == [0]
    assert world.paths(read.id) == {file("a").path}


def test_orphans_are_what_no_environment_refers_to_or_is_writing(registry: SqlRegistry) -> None:
    dev, prod = World(registry), World(registry, environment="prod")
    old = dev.publish_files([file("a")])
    new = dev.publish_files([file("b")])
    prod.publish_files([file("c")])
    dev.expire(1)
    metadata = [f"/warehouse/{dev.key()}/{p.id}.metadata.json" for p in (old, new)]
    known = [*(file(name).path for name in "abc"), *metadata]
    assert registry.orphans(DEALS, [*known, file("lost").path]) == (file("lost").path,)
    current = prod.current()
    assert current is not None
    lock = registry.begin(intent(DEALS, environment="prod"), current.id, "run", 60, [])
    assert registry.orphans(DEALS, [file("lost").path]) is None
    assert registry.orphans(READER, [file("lost").path]) == (file("lost").path,)
    registry.release(lock)
    assert registry.orphans(DEALS, [file("lost").path]) is None, "whoever removes its files comes first"
    registry.abandon("r", "prod", [])
    assert registry.orphans(DEALS, [file("lost").path]) == (file("lost").path,)


def test_the_newest_publications_say_which_metadata_stay(world: World) -> None:
    made = [world.publish_files([file(name)]) for name in "abc"]
    places = [f"/warehouse/{world.key()}/{p.id}.metadata.json" for p in made]
    assert world.registry.sealed("dev", DEALS, 2) == (3, frozenset(places[1:]))
    assert world.registry.sealed("dev", DEALS, 0) == (3, frozenset())
    assert world.registry.sealed("prod", DEALS, 2) == (0, frozenset())
