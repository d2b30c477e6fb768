"""What others tell is folded in one transaction, in SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable

from meshwright.adapters.registry import SqlRegistry
from meshwright.model.external import External, ExternalKey
from meshwright.provisioning.registry import Event

KEY = ExternalKey("dataset", "postgres://db", "t\x00 \u2603" + "x" * 3000)


def counted(known: External) -> External:
    return {KEY: {"n": known.get(KEY, {"n": 0})["n"] + 1}}


def test_what_is_told_is_kept_with_its_fact_and_by_environment(registry: SqlRegistry) -> None:
    assert registry.tell("dev", [KEY], counted, [Event("lineage.told", "dev", {"a": 1})])
    assert registry.external("dev") == {KEY: {"n": 1}}
    assert registry.external("prod") == {}
    assert [fact.kind for fact in registry.facts("dev")] == ["lineage.told"]


def test_what_is_known_already_is_not_recorded_again(registry: SqlRegistry) -> None:
    event = [Event("lineage.told", "dev")]
    assert registry.tell("dev", [KEY], lambda _: {KEY: {"x": 1}}, event)
    assert not registry.tell("dev", [KEY], lambda _: {KEY: {"x": 1}}, event)
    assert len(registry.facts("dev")) == 1


def test_only_what_is_newer_is_read_again(registry: SqlRegistry) -> None:
    other = ExternalKey("job", "a", "b")
    registry.tell("dev", [KEY], counted, [Event("lineage.told", "dev")])
    with registry.reading("dev") as reading:
        last, found = reading.external(0)
    assert (last, set(found)) == (1, {KEY})
    registry.record("dev", [Event("noise", "dev")])
    registry.tell("dev", [other], lambda _: {other: {}}, [Event("lineage.told", "dev")])
    with registry.reading("dev") as reading:
        assert reading.external(last) == (3, {other: {}})
        assert reading.external(3) == (3, {})


def test_of_several_who_tell_at_once_none_is_lost(opened: Callable[..., SqlRegistry]) -> None:
    def tell_often(registry: SqlRegistry) -> None:
        for _ in range(10):
            registry.tell("dev", [KEY], counted, [Event("lineage.told", "dev")])

    threads = [threading.Thread(target=tell_often, args=(opened(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    registry = opened()
    assert registry.external("dev") == {KEY: {"n": 30}}
    assert registry.verify_facts("dev") is None
