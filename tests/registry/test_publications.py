"""The commit point, and what readers resolve."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from meshwright.adapters.registry import SqlRegistry
from meshwright.errors import Conflict, Fenced, InputError
from meshwright.model.publication import Candidate, Column, DataFile, Handle, PartitionField
from meshwright.model.types import ColumnType
from meshwright.provisioning.registry import Event, Intent

from .world import COLUMNS, DEALS, FakeClock, World, file


def test_a_publication_is_read_back_as_it_was_given(world: World) -> None:
    given = world.publication("p1")
    published = world.publish("p1", [world.candidate(world.key(), "p1", [file("a")])])
    assert published.number == 1
    (found,) = world.registry.publications("dev", DEALS)
    assert found == published
    given_by_the_registry = ("number", "created_at")
    names = [name for name in given.__slots__ if name not in given_by_the_registry]
    assert [getattr(found, name) for name in names] == [getattr(given, name) for name in names]


def test_what_is_published_is_what_readers_saw_at_that_moment(world: World) -> None:
    published = world.publish("p1", [world.candidate(world.key(), "p1", [file("a")])])
    assert world.registry.as_of("dev", published.created_at) == {DEALS: published}


def test_handles_are_read_back_with_nested_types_and_partition_values(world: World) -> None:
    kind = ColumnType("list", item=ColumnType("struct", fields=(("at", ColumnType("timestamptz")),)))
    item = Column(3, "element", kind.item or kind, children=(Column(4, "at", ColumnType("timestamptz")),))
    columns = (
        Column(1, "amount", ColumnType("decimal", 38, 9), "wie viel: é"),
        Column(2, "visits", kind, children=(item,)),
        Column(5, "by", ColumnType("map", key=ColumnType("string"), item=ColumnType("int32"))),
    )
    partition = {
        "day": date(2024, 2, 29),
        "at": datetime(2024, 2, 29, 12, tzinfo=UTC),
        "amount": Decimal("1.50"),
        "raw": b"\x00\xff",
        "bucket": 3,
        "none": None,
    }
    held = (DataFile("/w/b.parquet", 1 << 40, 3, partition), DataFile("/w/a.parquet", 1, 0))
    handle = Handle(world.key(), columns, held, (PartitionField("day", "month"),), "/w/m.json")
    world.publish("p1", [Candidate(handle, "full", None)])
    assert world.handles("p1") == {world.key(): handle}


def test_publishing_the_same_publication_again_changes_nothing(world: World) -> None:
    first = world.publish_files([file("a")])
    lock = world.lock()
    candidates = [world.candidate(world.key(), "other", [file("b")])]
    again = world.registry.publish(lock, world.publication(first.id), "nonsense", candidates, [])
    assert again == first
    assert world.paths() == {file("a").path}
    assert len(world.registry.publications("dev", DEALS)) == 1


def test_a_publication_on_another_base_is_a_conflict_that_names_both(world: World) -> None:
    first = world.publish_files([file("a")])
    second = world.publish_files([file("b")])
    with pytest.raises(Conflict) as caught:
        world.publish("late", [world.candidate(world.key(), "late", [file("c")])], base=first.id)
    assert first.id in str(caught.value)
    assert second.id in str(caught.value)
    assert world.current() == second


def test_a_base_that_does_not_hold_its_files_is_a_conflict(world: World) -> None:
    world.publish_files([file("a")])
    good = world.candidate(world.key(), "p2", [file("b")])
    assert good.base is not None
    wrong = Handle(good.base.key, COLUMNS, (file("a"), file("x")), (), good.base.metadata)
    with pytest.raises(Conflict):
        world.publish("p2", [Candidate(good.handle, "full", wrong)])
    assert world.paths() == {file("a").path}


def test_a_candidate_that_was_built_on_another_state_is_a_conflict(world: World) -> None:
    world.publish_files([file("a")])
    stale = world.candidate(world.key(), "late", [file("a"), file("c")], "append")
    baseless = Candidate(stale.handle, "append", None, (file("c"),))
    world.append(file("b"))
    for candidate in (stale, baseless):
        with pytest.raises(Conflict, match="another state"):
            world.publish("late", [candidate])
    assert world.paths() == {file("a").path, file("b").path}


def test_an_object_of_the_contract_that_is_gone_is_gone_from_the_publication(world: World) -> None:
    deals, stages = world.key("deals"), world.key("stages")
    both = [world.candidate(key, "p1", [file(key.name)]) for key in (deals, stages)]
    first = world.publish("p1", both)
    second = world.publish_files([file("deals"), file("more")])
    assert set(world.handles(first.id)) == {deals, stages}
    assert set(world.handles(second.id)) == {deals}
    third = [world.candidate(key, "p3", [file(key.name)]) for key in (stages, deals)]
    world.publish("p3", third)
    assert list(world.handles("p3")) == [stages, deals]
    assert world.paths("p3", stages) == {file("stages").path}


def test_a_landing_object_may_have_the_name_of_a_served_one(world: World) -> None:
    landing, serving = world.key(port=None), world.key()
    world.publish(
        "p1", [world.candidate(key, f"p1{key.port}", [file(f"{key.port}")]) for key in (landing, serving)]
    )
    assert world.paths(key=landing) == {file("None").path}
    assert world.paths(key=serving) == {file("out").path}


def test_a_candidate_that_is_not_sealed_cannot_be_published(world: World) -> None:
    handle = Handle(world.key(), (), (file("a"),))
    with pytest.raises(InputError, match="not sealed"):
        world.publish("p1", [Candidate(handle, "full", None)])
    assert world.current() is None


def test_publishing_ends_the_intent_of_its_run_and_unpins(world: World) -> None:
    first = world.publish_files([file("a")])
    world.append(file("b"))
    world.move(first)
    id = world.next_id()
    run = world.publication(id).run
    intent = Intent(run, "dev", DEALS, 0, "2026", ("/w/",))
    lock = world.registry.begin(intent, first.id, "run", 60, [])
    world.registry.release(lock)
    world.publish(id, [world.candidate(world.key(), id, [file("c")])])
    assert world.registry.intents("dev", dead_only=False) == ()
    world.registry.apply("dev", None, [], [], [], [])
    assert world.registry.current("dev", [DEALS])[DEALS].id == id


def test_a_paused_holder_that_wakes_up_cannot_publish(world: World, clock: FakeClock) -> None:
    sleeper = world.lock(seconds=30, holder="sleeper")
    clock.forward(31)
    world.lock(holder="other")
    with pytest.raises(Fenced):
        world.publish("p1", [world.candidate(world.key(), "p1", [file("a")])], lock=sleeper)
    assert world.current() is None


def test_an_expired_lock_is_lost_even_when_nobody_took_it(world: World, clock: FakeClock) -> None:
    sleeper = world.lock(seconds=30)
    clock.forward(31)
    for attempt in (
        lambda: world.publish("p1", [], lock=sleeper),
        lambda: world.registry.renew(sleeper, 30),
        lambda: world.registry.unpin(sleeper, []),
        lambda: world.registry.expire(sleeper, 1),
        lambda: world.registry.move(sleeper, "p1", True, []),
    ):
        with pytest.raises(Fenced):
            attempt()


def test_a_rollback_moves_every_object_and_says_what_is_there_when_asked_for_nonsense(world: World) -> None:
    deals, stages = world.key("deals"), world.key("stages")
    for id in ("p1", "p2"):
        world.publish(id, [world.candidate(key, id, [file(f"{key.name}{id}")]) for key in (deals, stages)])
    moved = world.move(world.registry.publications("dev", DEALS)[1])
    assert moved.id == "p1"
    assert world.paths(key=deals) == {file("dealsp1").path}
    assert world.paths(key=stages) == {file("stagesp1").path}
    with pytest.raises(InputError, match="p2, p1"):
        world.registry.move(world.lock(), "p9", True, [])


def test_a_publication_after_a_rollback_holds_what_it_was_built_on(world: World) -> None:
    first = world.publish_files([file("a")])
    second = world.append(file("b"))
    world.move(first)
    third = world.append(file("c"))
    assert third.number == 3
    assert world.paths(first.id) == {file("a").path}
    assert world.paths(second.id) == {file("a").path, file("b").path}
    assert world.paths(third.id) == {file("a").path, file("c").path}


def test_as_of_tells_what_readers_saw_rollbacks_included(world: World, clock: FakeClock) -> None:
    seen = []
    first = world.publish_files([file("a")])
    seen.append((clock.now, first))
    clock.forward(10)
    second = world.append(file("b"))
    seen.append((clock.now, second))
    clock.forward(10)
    world.move(first)
    seen.append((clock.now, first))
    assert world.registry.as_of("dev", "2020-01-01") == {}
    for moment, publication in seen:
        for later in (0, 9):
            at = datetime.fromtimestamp(moment + later, UTC).isoformat()
            assert world.registry.as_of("dev", at) == {DEALS: publication}
    with pytest.raises(InputError, match="not a moment"):
        world.registry.as_of("dev", "yesterday")


def test_as_of_never_shows_another_publication_in_place_of_a_forgotten_one(
    world: World, clock: FakeClock
) -> None:
    first = world.publish_files([file("a")])
    clock.forward(10)
    second = world.append(file("b"))
    between = datetime.fromtimestamp(clock.now, UTC).isoformat()
    clock.forward(10)
    world.move(first)
    world.append(file("c"))
    world.move(first)
    world.expire(1)
    assert second.id not in [p.id for p in world.registry.publications("dev", DEALS)]
    assert world.registry.as_of("dev", between) == {}


def test_changes_over_appends_leave_out_the_files_of_a_compaction(world: World) -> None:
    first = world.publish_files([file("a")])
    second = world.append(file("b"))
    third = world.publish_files([file("ab", 20)], "rewrite", compacted=[file("ab", 20)])
    fourth = world.append(file("c"))
    changes = world.registry.changes("dev", world.key(), first.id, fourth.id)
    assert changes is not None
    assert [(c.publication, c.number, c.operation) for c in changes] == [
        (second.id, 2, "append"),
        (third.id, 3, "rewrite"),
        (fourth.id, 4, "append"),
    ]
    assert [c.added for c in changes] == [(file("b"),), (), (file("c"),)]
    assert world.registry.changes("dev", world.key(), fourth.id, fourth.id) == ()


def test_changes_cannot_be_told_over_a_rollback_or_a_forgotten_publication(world: World) -> None:
    first = world.publish_files([file("a")])
    second = world.append(file("b"))
    world.move(first)
    third = world.append(file("c"))
    changes = world.registry.changes
    assert changes("dev", world.key(), second.id, first.id) is None
    assert changes("dev", world.key(), first.id, third.id) is None
    assert changes("dev", world.key(), second.id, third.id) is None
    assert changes("dev", world.key("other"), first.id, second.id) is None
    assert changes("prod", world.key(), first.id, second.id) is None
    fourth = world.append(file("d"))
    assert changes("dev", world.key(), third.id, fourth.id) is not None
    world.expire(1)
    assert changes("dev", world.key(), third.id, fourth.id) is None


def test_two_environments_do_not_see_each_other(registry: SqlRegistry) -> None:
    dev, prod = World(registry), World(registry, environment="prod")
    dev.publish_files([file("a")])
    prod.publish_files([file("b")])
    assert dev.paths() == {file("a").path}
    assert prod.paths() == {file("b").path}
    registry.record("prod", [Event("x", "prod")])
    assert {fact.environment for fact in registry.facts("dev")} == {"dev"}


def test_a_forgotten_publication_cannot_be_read(world: World) -> None:
    first = world.publish_files([file("a")])
    world.publish_files([file("b")])
    world.expire(1)
    with pytest.raises(InputError, match="not retained"):
        world.registry.handles(first.id)


def test_a_run_cannot_begin_on_what_is_not_current_any_more(world: World) -> None:
    first = world.publish_files([file("a")])
    world.publish_files([file("b")])
    intent = Intent("r", "dev", DEALS, 0, "2026", ("/w/",))
    with pytest.raises(Conflict, match="published by somebody else"):
        world.registry.begin(intent, first.id, "run", 60, [])
    assert world.registry.held("dev") == () == world.registry.intents("dev", dead_only=False)


def test_publishing_can_give_the_lock_back_at_the_same_moment(world: World) -> None:
    lock, id = world.lock(), world.next_id()
    world.registry.publish(lock, world.publication(id), None, [], [], release=True)
    assert world.registry.held("dev") == ()
    with pytest.raises(Fenced):
        world.registry.renew(lock, 60)
