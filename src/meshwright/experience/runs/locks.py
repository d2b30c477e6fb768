"""Holding a product's lock for as long as a run lasts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from meshwright.errors import Fenced, Unavailable
from meshwright.experience.runs.context import RunContext
from meshwright.model.address import ProductKey
from meshwright.provisioning.registry import Lock


@dataclass
class Held:
    """A lock that is held; `released` when it was given back together with what it was for."""

    lock: Lock
    released: bool = False


@contextmanager
def locked(context: RunContext, product: ProductKey) -> Iterator[Lock]:
    """Take the lock, renew it while the body runs, give it back.

    Raises:
        LockHeld: another run of the product is under way.
    """
    lock = context.registry.acquire(context.environment.name, product, context.holder, context.lock_seconds)
    with holding(context, lock) as held:
        yield held.lock


@contextmanager
def holding(context: RunContext, lock: Lock) -> Iterator[Held]:
    """Renew a lock while the body runs, then give it back.

    The fencing number never changes while it is held; a lock that was lost shows when the run
    tries to publish.
    """
    held, done = Held(lock), threading.Event()

    def keep() -> None:
        while not done.wait(context.lock_seconds / 3):
            try:
                context.registry.renew(lock, context.lock_seconds)
            except Fenced:
                return  # publishing will say so
            except Unavailable:
                continue  # the lock may hold until the registry answers again

    keeper = threading.Thread(target=keep, name=f"lock {lock.product}", daemon=True)
    keeper.start()
    try:
        context.listener("locked", lock.product)
        yield held
    finally:
        done.set()
        keeper.join()
        if not held.released:
            with suppress(Unavailable):  # it expires by itself
                context.registry.release(lock)
        context.listener("released", lock.product)
