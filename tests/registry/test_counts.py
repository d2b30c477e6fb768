"""Counts of verification live and die with the files that they were found in."""

from __future__ import annotations

from meshwright.provisioning.registry import Event

from .world import World, file


def test_counts_are_known_after_the_publication_and_gone_with_the_file(world: World) -> None:
    a, b = file("a"), file("b")
    keys = [(a.path, "nulls"), (b.path, "nulls"), (b.path, "keys")]
    lock, id = world.lock(), world.next_id()
    assert world.registry.recall_counts(keys) == {}
    candidate = world.candidate(world.key(), id, [a, b])
    found = dict.fromkeys(keys, 3)
    world.registry.publish(lock, world.publication(id), None, [candidate], [Event("sealed", "x")], found)
    world.registry.release(lock)
    assert world.registry.recall_counts([*keys, (a.path, "keys")]) == found
    world.publish_files([a])
    doomed = world.expire(1)
    assert b.path in doomed
    world.registry.forget("dev", doomed)
    assert world.registry.recall_counts(keys) == {keys[0]: 3}


def test_counts_that_are_found_again_replace_the_old_ones(world: World) -> None:
    a = file("a")
    for count in (3, 2**62):
        lock, id = world.lock(), world.next_id()
        candidate = world.candidate(world.key(), id, [a])
        base = world.current()
        world.registry.publish(
            lock, world.publication(id), base.id if base else None, [candidate], [], {(a.path, "x"): count}
        )
        world.registry.release(lock)
    assert world.registry.recall_counts([(a.path, "x")]) == {(a.path, "x"): 2**62}
