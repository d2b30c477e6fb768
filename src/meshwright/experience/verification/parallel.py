"""Objects that are measured at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from meshwright.provisioning.ports import Counts, Located, Session

_T = TypeVar("_T")

WORKERS = 2
"""Objects at a time: the engine is parallel itself, and fills the time when one of them is not."""

LARGE = 8 << 20
"""Bytes of an object from which on it is worth a session of its own."""


@dataclass(frozen=True, slots=True)
class SharedCounts:
    """Counts that several threads ask for, one at a time."""

    counts: Counts
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def recall(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """See `provisioning.ports.Counts`."""
        with self._guard:
            return self.counts.recall(keys)

    def keep(self, counts: Mapping[tuple[str, str], int]) -> None:
        """See `provisioning.ports.Counts`."""
        with self._guard:
            self.counts.keep(counts)


def worth_it(places: Iterable[Located]) -> bool:
    """Whether at least two objects are large; what is not on this machine counts as such."""
    return sum(_size(place) >= LARGE for place in places) > 1


def in_parallel(session: Session, names: Sequence[str], work: Callable[[Session, str], _T]) -> list[_T]:
    """What `work` makes of each name, in their order; each thread has a session of its own.

    Raises:
        Exception: what the first of the names in order raised.
    """
    with ExitStack() as stack, ThreadPoolExecutor(WORKERS) as pool:
        free = [session, *(stack.enter_context(session.apart()) for _ in range(WORKERS - 1))]

        def one(name: str) -> _T:
            own = free.pop()  # there are as many as threads
            try:
                return work(own, name)
            finally:
                free.append(own)

        return list(pool.map(one, names))


def _size(place: Located) -> int:
    if place.store is not None:
        return LARGE
    try:
        return sum(Path(file).stat().st_size for file in place.files)
    except OSError:  # whoever reads it will tell
        return 0
