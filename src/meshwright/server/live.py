"""The mesh's tables, kept current while requests read them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from meshwright.errors import MeshwrightError, Unavailable
from meshwright.model.address import ProductKey
from meshwright.provisioning.tables import AppliedProduct, Readable
from meshwright.supervision.catalogue import Catalogue
from meshwright.supervision.metamodel.tables import MeshTables

T = TypeVar("T")

LOOK_SECONDS = 0.25
"""How old what a request sees may be before the registry is asked whether it has changed."""

WAIT_SECONDS = 0.1
"""How long a request waits for newer tables when it could be answered from older ones."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """One state of an environment. It never changes; what is derived from it is made once.

    `problem` says why the registry could not be read since, if so.
    """

    mesh: str
    environment: str
    tables: MeshTables = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    problem: MeshwrightError | None = None
    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def token(self) -> str:
        """Changes with every change of the environment."""
        return ".".join(self.tables.token or ("", ""))

    def once(self, name: Hashable, make: Callable[[MeshTables], T]) -> T:
        """What `make` makes of the tables, made for the first who asks and kept for the others."""
        if name not in self._made:
            with self._lock:
                if name not in self._made:
                    self._made[name] = make(self.tables)
        found: T = self._made[name]
        return found


Follower = Callable[[Snapshot], None]
"""Is told of each new snapshot before requests see it, in the thread that reads the registry."""


class LiveMesh:
    """The newest snapshot of an environment.

    The registry is asked at most every `look` seconds whether it has changed, and only when a request
    comes. One thread reads what has changed; requests wait for it at most `patience` seconds when there is an
    older snapshot to answer from.
    """

    def __init__(
        self,
        mesh: str,
        environment: str,
        registry: Readable,
        look: float = LOOK_SECONDS,
        patience: float = WAIT_SECONDS,
    ) -> None:
        self.mesh = mesh
        self.environment = environment
        self._registry = registry
        self._look = look
        self._patience = patience
        self._followers: list[Follower] = []
        self._snapshot: Snapshot | None = None
        self._looked = 0.0
        self._lock = threading.Lock()
        self._reader = ThreadPoolExecutor(1, "reads-registry")
        self._reading: Future[None] | None = None

    def follow(self, follower: Follower) -> None:
        """Tell `follower` of each snapshot from now on."""
        self._followers.append(follower)

    def current(self) -> Snapshot:
        """The state of the environment, at most `look` seconds old unless reading it takes longer.

        Raises:
            Unavailable: the registry does not answer, and never did.
        """
        with self._lock:
            reading = self._reading
            known = self._snapshot
            if reading is None and (known is None or time.monotonic() - self._looked >= self._look):
                reading = self._reading = self._reader.submit(self._refresh)
        if reading is not None:
            wait([reading], None if known is None else self._patience)
        if self._snapshot is None:
            raise self._failure(reading)
        return self._snapshot

    def applied(self, key: ProductKey) -> AppliedProduct | None:
        """The documents of a product as applied now.

        Raises:
            Unavailable: the registry does not answer.
        """
        with self._registry.reading(self.environment) as reading:
            return next((product for batch in reading.products([key]) for product in batch), None)

    def close(self) -> None:
        """Read no more."""
        self._reader.shutdown(cancel_futures=True)

    def _refresh(self) -> None:
        known = self._snapshot
        today = datetime.now(UTC).date()
        problem: MeshwrightError | None = None
        try:
            before = known.tables if known is not None else MeshTables.empty(self.mesh)
            with self._registry.reading(self.environment) as reading:
                tables = before.refreshed(reading)
            if (
                known is None
                or tables is not before
                or known.problem is not None
                or known.catalogue.on != today
            ):
                if known is not None and tables is before and known.catalogue.on == today:
                    catalogue = known.catalogue
                else:
                    catalogue = Catalogue(tables, known.catalogue if known is not None else None, today)
                    catalogue.warm()
                snapshot = Snapshot(self.mesh, self.environment, tables, catalogue)
                if known is None or catalogue is not known.catalogue:
                    for follower in self._followers:
                        follower(snapshot)
                self._snapshot = snapshot
        except MeshwrightError as error:
            problem = error
            if known is None:
                raise
            if known.problem is None:
                _log.warning("the registry could not be read: %s", error)
                self._snapshot = Snapshot(self.mesh, self.environment, known.tables, known.catalogue, problem)
        finally:
            with self._lock:
                self._looked = time.monotonic()
                self._reading = None

    @staticmethod
    def _failure(reading: Future[None] | None) -> Exception:
        error = reading.exception() if reading is not None else None
        return error if isinstance(error, Exception) else Unavailable("the registry was not read")
