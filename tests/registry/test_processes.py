"""Several processes at once, and processes that are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import text

from meshwright.adapters.registry import SqlRegistry, open_registry
from meshwright.errors import LockHeld
from meshwright.model.address import ProductKey
from meshwright.provisioning.registry import Event

from .world import DEALS, World, file

SPAWN = multiprocessing.get_context("spawn")
OBJECTS = ("a", "b", "c", "d", "e")


def run_all(target: Callable[..., None], *arguments: tuple[object, ...]) -> None:
    """Run `target` once in a process of its own for each of `arguments`; all must succeed."""
    started = [SPAWN.Process(target=target, args=each) for each in arguments]
    for process in started:
        process.start()
    for process in started:
        process.join(120)
    assert [process.exitcode for process in started] == [0] * len(started)


def create(url: str, barrier: object) -> None:
    barrier.wait(60)  # type: ignore[attr-defined]
    with open_registry(url) as registry:
        registry.record("dev", [Event("created", "dev")])


def publish_much(url: str, name: str, times: int) -> None:
    with open_registry(url) as registry:
        world = World(registry, ProductKey("brokerage", name))
        for number in range(times):
            world.append(file(f"{name}-{number}"))
            registry.record("dev", [Event("noise", name, {"number": number})])


def compete(url: str, name: str, times: int) -> None:
    with open_registry(url) as registry:
        world = World(registry, tag=name)
        for number in range(times):
            try:
                lock = world.lock(holder=name)
            except LockHeld:
                registry.record("dev", [Event("lost", name)])
                continue
            world.append(file(f"{name}-{number}"), lock)
            registry.release(lock)


def publish_for_ever(url: str, tag: str, progress: Connection) -> None:
    registry = open_registry(url)
    world = World(registry, tag=tag)
    while True:
        id = world.next_id()
        keys = [world.key(name) for name in OBJECTS]
        world.publish(id, [world.candidate(key, id, [file(f"{id}-{key.name}")]) for key in keys])
        progress.send(id)


def test_processes_that_create_the_registry_at_the_same_moment_all_succeed(url: str) -> None:
    barrier = SPAWN.Barrier(3)
    run_all(create, *[(url, barrier)] * 3)
    with open_registry(url) as registry:
        assert [fact.kind for fact in registry.facts("dev")] == ["created"] * 3


def test_four_processes_publish_different_products_and_the_chain_verifies(
    url: str, opened: Callable[..., SqlRegistry]
) -> None:
    registry = opened()
    run_all(publish_much, *[(url, f"product_{n}", 15) for n in range(4)])
    assert registry.verify_facts("dev") is None
    assert len(registry.facts("dev")) == 4 * 15 * 2
    for n in range(4):
        product = ProductKey("brokerage", f"product_{n}")
        assert [p.number for p in registry.publications("dev", product)] == list(range(15, 0, -1))
        assert len(World(registry, product).paths()) == 15


def test_processes_that_compete_for_one_product_lose_no_publication(
    url: str, opened: Callable[..., SqlRegistry]
) -> None:
    registry = opened()
    run_all(compete, (url, "one", 20), (url, "two", 20))
    published = registry.publications("dev", DEALS)
    kinds = Counter(fact.kind for fact in registry.facts("dev"))
    assert len(published) == kinds["publication.sealed"] > 0
    assert kinds["publication.sealed"] + kinds["lost"] == 40
    assert len(World(registry).paths()) == len(published)
    assert registry.verify_facts("dev") is None


@pytest.mark.parametrize("after", range(5))
def test_a_process_killed_while_it_publishes_leaves_the_old_or_the_new_never_a_mix(
    url: str, opened: Callable[..., SqlRegistry], after: int
) -> None:
    registry = opened()
    receiver, sender = SPAWN.Pipe(duplex=False)
    victim = SPAWN.Process(target=publish_for_ever, args=(url, f"v{after}", sender))
    victim.start()
    reached = [receiver.recv() for _ in range(after + 1)]
    receiver.poll(after / 1000)  # somewhere inside the next publication
    assert victim.pid
    os.kill(victim.pid, signal.SIGKILL)
    victim.join()
    (current,) = registry.current("dev", [DEALS]).values()
    assert current.number >= len(reached)
    with registry._database.engine.connect() as connection:
        pointers = set(connection.execute(text("SELECT metadata_location FROM iceberg_tables")).scalars())
    assert pointers == {handle.metadata for handle in registry.handles(current.id).values()}
    assert pointers == {f"/warehouse/{World(registry).key(n)}/{current.id}.metadata.json" for n in OBJECTS}
    assert {f.path for h in registry.handles(current.id).values() for f in h.files} == {
        file(f"{current.id}-{name}").path for name in OBJECTS
    }
    assert len(registry.facts("dev", str(DEALS))) == current.number
    assert registry.verify_facts("dev") is None
