"""Locks with fences, and the intents of runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from meshwright.adapters.registry import SqlRegistry
from meshwright.errors import Fenced, LockHeld
from meshwright.model.address import ProductKey
from meshwright.provisioning.registry import Event, Intent

from .world import DEALS, FakeClock, World


def intent(fence: int = 0) -> Intent:
    return Intent("r1", "dev", DEALS, fence, "2026-01-31T18:00:00Z", ("/warehouse/x",))


def test_only_one_holder_at_a_time_and_the_other_learns_who_and_until_when(registry: SqlRegistry) -> None:
    registry.acquire("dev", DEALS, "alice@laptop", 60)
    with pytest.raises(LockHeld, match=r"alice@laptop holds its lock until 2027-01-15T08:01:00") as caught:
        registry.acquire("dev", DEALS, "bob", 60)
    assert "brokerage/deals" in str(caught.value)
    registry.acquire("prod", DEALS, "bob", 60)
    registry.acquire("dev", ProductKey("brokerage", "other"), "bob", 60)


def test_fences_only_grow(registry: SqlRegistry, clock: FakeClock) -> None:
    fences = []
    for _ in range(3):
        lock = registry.acquire("dev", DEALS, "a", 60)
        registry.release(lock)
        fences.append(lock.fence)
        fences.append(registry.acquire("dev", DEALS, "b", 60).fence)
        clock.forward(61)
    assert fences == sorted(set(fences))


def test_a_renewed_lock_lasts_from_now_on(registry: SqlRegistry, clock: FakeClock) -> None:
    lock = registry.acquire("dev", DEALS, "a", 60)
    clock.forward(50)
    renewed = registry.renew(lock, 60)
    assert renewed.expires_at == clock.now + 60
    clock.forward(50)
    with pytest.raises(LockHeld):
        registry.acquire("dev", DEALS, "b", 60)


def test_who_lost_a_lock_can_neither_renew_nor_release_it(registry: SqlRegistry, clock: FakeClock) -> None:
    lost = registry.acquire("dev", DEALS, "a", 60)
    clock.forward(61)
    registry.acquire("dev", DEALS, "b", 60)
    with pytest.raises(Fenced):
        registry.renew(lost, 60)
    registry.release(lost)
    with pytest.raises(LockHeld, match="b holds"):
        registry.acquire("dev", DEALS, "c", 60)


def test_an_intent_is_dead_when_its_lock_is_lost(registry: SqlRegistry, clock: FakeClock) -> None:
    lock = registry.begin(intent(), None, "a", 60, [Event("run.intended", str(DEALS))])
    assert registry.intents("dev", dead_only=False) == (intent(lock.fence),)
    assert registry.intents("dev") == ()
    clock.forward(61)
    assert registry.intents("dev") == (intent(lock.fence),)
    registry.abandon("r1", "dev", [Event("run.abandoned", str(DEALS))])
    assert registry.intents("dev", dead_only=False) == ()
    assert [fact.kind for fact in registry.facts("dev")] == ["run.abandoned", "run.intended"]


def test_a_released_lock_leaves_its_intent_dead(registry: SqlRegistry) -> None:
    lock = registry.begin(intent(), None, "a", 60, [])
    registry.release(lock)
    registry.acquire("dev", DEALS, "b", 60)
    assert registry.intents("dev") == (intent(lock.fence),)


def test_a_run_that_was_called_dead_cannot_publish_by_any_clock(
    opened: Callable[..., SqlRegistry], registry: SqlRegistry, clock: FakeClock
) -> None:
    lock = registry.begin(intent(), None, "a", 60, [])
    fast = opened(clock=lambda: clock() + 100)
    assert fast.intents("dev") == (intent(lock.fence),)
    world = World(registry)
    with pytest.raises(Fenced):
        world.publish("p1", [], lock=lock)


def test_without_a_clock_the_time_is_that_of_the_database(opened: Callable[..., SqlRegistry]) -> None:
    registry = opened()
    lock = registry.acquire("dev", DEALS, "a", 60)
    assert registry.renew(lock, 120).expires_at > lock.expires_at
    assert registry.acquire("prod", DEALS, "a", -1).fence == 1
    assert registry.acquire("prod", DEALS, "b", 60).fence == 2
