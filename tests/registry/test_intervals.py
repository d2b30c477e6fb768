"""Files kept as intervals, against a model that keeps full sets."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from meshwright.adapters.registry import SqlRegistry, open_registry
from meshwright.model.publication import Candidate, ObjectKey, Publication
from meshwright.provisioning.registry import Event, Lock

from .world import World, file


@dataclass
class Sets:
    """What the registry promises, kept the naive way: the full set of files of each publication."""

    seen: dict[str, dict[ObjectKey, frozenset[str]]] = field(default_factory=dict)
    added: dict[str, dict[ObjectKey, frozenset[str]]] = field(default_factory=dict)
    base: dict[str, str | None] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)  # every publication ever
    current: str | None = None
    ever: set[str] = field(default_factory=set)

    def retained(self) -> list[str]:
        return [id for id in self.order if id in self.seen]

    def doomed(self) -> set[str]:
        held = {path for objects in self.seen.values() for paths in objects.values() for path in paths}
        return self.ever - held

    def changes(self, key: ObjectKey, after: str, until: str) -> list[frozenset[str]] | None:
        first, last = self.order.index(after), self.order.index(until)
        between = self.order[first : last + 1]
        if first > last or any(key not in self.seen.get(id, {}) for id in between):
            return None
        if any(self.base[id] != before for before, id in pairwise(between)):
            return None
        return [self.added[id][key] for id in between[1:]]


STEP = st.one_of(
    st.tuples(st.just("publish"), st.integers(0, 2**12), st.booleans()),
    st.tuples(st.just("publish"), st.integers(0, 2**12), st.booleans()),
    st.tuples(st.just("publish"), st.integers(0, 2**12), st.booleans()),
    st.tuples(st.just("rollback"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("expire"), st.integers(0, 4), st.booleans()),
)


class Player:
    """Plays one sequence of steps on the registry and on the model."""

    def __init__(self, registry: SqlRegistry, environment: str) -> None:
        self.world = World(registry, environment=environment)
        self.registry = registry
        self.lock: Lock = self.world.lock(seconds=3600)
        self.model = Sets()
        self.keys = (self.world.key("a"), self.world.key("b"), self.world.key("a", port=None))
        self.names = 0

    def publish(self, seed: int, trust: bool) -> None:
        """Each object keeps, drops, adds and compacts files as the bits of `seed` say."""
        id, base = self.world.next_id(), self.model.current
        candidates = []
        seen: dict[ObjectKey, frozenset[str]] = {}
        added: dict[ObjectKey, frozenset[str]] = {}
        for place, key in enumerate(self.keys):
            bits = seed >> (4 * place)
            if bits & 15 == 15:
                continue  # not part of the product any more
            before = sorted(self.model.seen[base].get(key, ())) if base else []
            kept = before[1:] if bits & 1 else before
            new = [self.fresh()] if bits & 2 else []
            again = [self.fresh()] if bits & 4 else []
            names = [*(Path(path).stem for path in kept), *new, *again]
            candidate = self.world.candidate(
                key, id, [file(name) for name in names], "rewrite", [file(name) for name in again]
            )
            candidates.append(candidate)
            seen[key] = frozenset(file(name).path for name in names)
            added[key] = frozenset(file(name).path for name in new)
        if not trust:
            candidates = [Candidate(c.handle, "full", None, compacted=c.compacted) for c in candidates]
        published = self.registry.publish(
            self.lock, self.world.publication(id), base, candidates, [Event("x", "y")]
        )
        assert published.number == len(self.model.order) + 1
        self.model.order.append(id)
        self.model.seen[id], self.model.added[id], self.model.base[id] = seen, added, base
        self.model.current = id
        self.model.ever |= {path for paths in seen.values() for path in paths}

    def rollback(self, choice: int, _: bool) -> None:
        if retained := self.model.retained():
            to = retained[choice % len(retained)]
            self.registry.move(self.lock, to, True, [])
            self.model.current = to

    def expire(self, keep: int, _: bool) -> None:
        self.registry.expire(self.lock, keep)
        gone = self.world.doomed()
        newest = self.model.retained()[-max(keep, 1) :]
        for id in self.model.retained():
            if id not in newest and id != self.model.current:
                del self.model.seen[id]
        doomed = {path for path in gone if path.endswith(".parquet")}
        assert doomed == self.model.doomed() & (doomed | self.model.doomed())
        assert doomed == self.model.doomed()

    def fresh(self) -> str:
        self.names += 1
        return f"{self.world.environment}-{self.names}"

    def compare(self) -> None:
        model = self.model
        found: tuple[Publication, ...] = self.registry.publications(
            self.world.environment, self.world.product
        )
        assert [p.id for p in found] == model.retained()[::-1]
        for id in model.retained():
            handles = self.registry.handles(id)
            held = [[f.path for f in handle.files] for handle in handles.values()]
            assert all(len(paths) == len(set(paths)) for paths in held)
            assert {key: frozenset(f.path for f in h.files) for key, h in handles.items()} == model.seen[id]
        for key in self.keys:
            for after in model.order:
                for until in model.order:
                    told = self.registry.changes(self.world.environment, key, after, until)
                    paths = None if told is None else [frozenset(f.path for f in c.added) for c in told]
                    assert paths == model.changes(key, after, until)


@pytest.fixture(scope="module")
def store() -> Iterator[tuple[SqlRegistry, Iterator[int]]]:
    """One registry for all examples; each takes an environment of its own."""
    with tempfile.TemporaryDirectory() as folder, open_registry(f"sqlite:///{folder}/r.db") as registry:
        yield registry, count()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEP, max_size=9))
def test_every_retained_publication_sees_exactly_its_files(
    store: tuple[SqlRegistry, Iterator[int]], steps: list[tuple[str, int, bool]]
) -> None:
    registry, environments = store
    player = Player(registry, f"e{next(environments)}")
    for name, value, flag in steps:
        getattr(player, name)(value, flag)
    player.compare()


def test_the_same_on_every_database(registry: SqlRegistry) -> None:
    player = Player(registry, "dev")
    for seed in (0x222, 0x367, 0x123, 0xF52):
        player.publish(seed, True)
    player.rollback(1, True)
    player.publish(0x7F6, False)
    player.expire(3, True)
    player.rollback(0, True)
    player.publish(0x222, True)
    player.compare()


def test_a_thousand_appends_leave_the_rows_of_the_next_where_they_were(registry: SqlRegistry) -> None:
    world = World(registry)
    written: list[int] = []

    def note(_c: object, cursor: object, _s: str, rows: object, _x: object, many: bool) -> None:
        written.append(len(rows) if many and isinstance(rows, list) else 1)

    event.listen(registry._database.engine, "before_cursor_execute", note)

    def cost() -> list[int]:
        current = world.current()
        id = world.next_id()
        handle = world.handles()[world.key()]
        candidate = world.candidate(world.key(), id, [*handle.files, file(id)], "append")
        lock = world.lock()
        written.clear()
        registry.publish(lock, world.publication(id), current.id if current else None, [candidate], [])
        found = list(written)
        registry.release(lock)
        return found

    world.publish_files([file(f"f{n}") for n in range(10)])
    few = cost()
    world.publish_files([file(f"f{n}") for n in range(1000)])
    many = cost()
    assert many == few
    assert len(few) < 25
