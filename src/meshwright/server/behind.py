"""What is made of each state of the mesh in a thread of its own, a little behind it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from meshwright.errors import MeshwrightError
from meshwright.server.live import Snapshot

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Behind(Generic[T]):
    """The newest of what `make` gives for a snapshot; snapshots that come meanwhile are skipped."""

    def __init__(self, name: str, make: Callable[[Snapshot], T]) -> None:
        self._make = make
        self._worker = ThreadPoolExecutor(1, name)
        self._lock = threading.Lock()
        self._wanted: Snapshot | None = None
        self._making: Future[None] | None = None
        self.value: T | None = None
        self.current = False

    def follow(self, snapshot: Snapshot) -> None:
        """Have it made anew; does not wait for it."""
        with self._lock:
            self._wanted, self.current = snapshot, False
            if self._making is None:
                self._making = self._worker.submit(self._run)

    def settled(self, seconds: float | None = None) -> T | None:
        """What there is when the newest snapshot was made something of, or after so many seconds."""
        while (making := self._making) is not None:
            try:
                making.result(seconds)
            except TimeoutError:
                break
        return self.value

    def close(self) -> None:
        """Make no more."""
        self._worker.shutdown(cancel_futures=True)

    def _run(self) -> None:
        while True:
            with self._lock:
                wanted, self._wanted = self._wanted, None
                if wanted is None:
                    self._making = None
                    return
            try:
                self.value = self._make(wanted)
                made = True
            except MeshwrightError as error:
                _log.warning("%s: %s", self._worker._thread_name_prefix, error)
                made = False
            with self._lock:
                self.current = made and self._wanted is None
