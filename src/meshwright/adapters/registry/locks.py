"""Locks and intents: one row per product, kept for ever, so that fences only grow.

A lock that has expired is lost, even when nobody took it: a cleaner may already be deleting what
its holder wrote. Whatever writes under a lock first holds its row until the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Double, Executable, Row, and_, bindparam, or_, select, update

from meshwright.adapters.registry.codec import dump, load
from meshwright.adapters.registry.database import Transaction, iso, named, this_product
from meshwright.adapters.registry.tables import intents, locks
from meshwright.errors import Fenced, LockHeld
from meshwright.model.address import ProductKey
from meshwright.provisioning.registry import Intent, Lock


def acquire(tx: Transaction, environment: str, product: ProductKey, holder: str, seconds: float) -> Lock:
    """Take the lock, or raise LockHeld."""
    taken = {**named(environment, product), "by": holder, "seconds": seconds}
    row = tx.run(_take, taken).one_or_none()
    if row is not None:
        return Lock(environment, product, holder, row.fence, row.expires_at)
    held = tx.run(select(locks).where(_of(environment, product))).one()
    raise LockHeld(
        f"another run of {product} is under way",
        where=f"{product} in {environment}",
        why=f"{held.holder} holds its lock until {iso(held.expires_at)}",
        way_out="wait for that run to end, then run this again",
    )


def renew(tx: Transaction, lock: Lock, seconds: float) -> Lock:
    """Hold on to the lock, or raise Fenced."""
    expires_at = tx.run(_extend, {**_mine(lock), "seconds": seconds}).scalar_one_or_none()
    if expires_at is None:
        raise fenced(lock)
    return Lock(lock.environment, lock.product, lock.holder, lock.fence, expires_at)


def release(tx: Transaction, lock: Lock) -> None:
    """Give the lock back, if it is still held."""
    tx.run(_give_back, _mine(lock))


def held(tx: Transaction, environment: str) -> tuple[Lock, ...]:
    """Every lock that somebody holds and that has not expired."""
    query = select(locks).where(locks.c.environment == environment)
    rows = tx.run(query.where(locks.c.holder.is_not(None), locks.c.expires_at > tx.now()))
    return tuple(
        Lock(row.environment, ProductKey(row.domain, row.product), row.holder, row.fence, row.expires_at)
        for row in rows
    )


def hold(tx: Transaction, lock: Lock) -> int:
    """Keep the lock from being taken until this transaction ends; the product's last number.

    Raises:
        Fenced: the lock was lost.
    """
    last: int | None = tx.run(_last_number, _mine(lock)).scalar_one_or_none()
    if last is None:
        raise fenced(lock)
    return last


def give_number(tx: Transaction, lock: Lock, number: int) -> None:
    """Remember the highest number ever given."""
    tx.run(_set_number, {**named(lock.environment, lock.product), "number": number})


def revoke(tx: Transaction, environment: str, products: Sequence[ProductKey]) -> None:
    """Take the locks of products away from whoever holds them, in one order for all."""
    for product in sorted(products):
        key = {"environment": environment, "domain": product.domain, "product": product.product}
        new = tx.insert(locks).values(**key, holder=None, fence=1, expires_at=0.0, last_number=0)
        tx.run(
            new.on_conflict_do_update(
                index_elements=list(key),
                set_={"holder": None, "fence": locks.c.fence + 1, "expires_at": 0.0},
            )
        )


def fenced(lock: Lock) -> Fenced:
    """The error of a holder that lost its lock."""
    return Fenced(
        f"this run of {lock.product} lost its lock",
        where=f"{lock.product} in {lock.environment}",
        why="it did not renew the lock in time, or the product was removed; nothing was published",
        way_out="run it again",
    )


# --- intents


def record_intent(tx: Transaction, intent: Intent) -> None:
    """Remember that a run is about to write; the same run may say so again."""
    row = {
        "environment": intent.environment,
        "run": intent.run,
        "domain": intent.product.domain,
        "product": intent.product.product,
        "fence": intent.fence,
        "started_at": intent.started_at,
        "prefixes": dump(list(intent.prefixes)),
        "inputs": dump(list(intent.inputs)),
    }
    tx.upsert(intents, [row])


def inputs_of_live_runs(tx: Transaction) -> frozenset[str]:
    """The publications that runs under way read, in every environment."""
    return frozenset(name for intent in live_intents(tx, None) for name in intent.inputs)


def forget_intent(tx: Transaction, environment: str, run: str) -> None:
    """Forget a run's intent."""
    tx.run(_forget_intent, {"of_environment": environment, "of_run": run})


def open_intents(tx: Transaction, environment: str | None) -> tuple[Intent, ...]:
    """Every open intent of an environment (of all when None), oldest first."""
    query = select(intents)
    if environment is not None:
        query = query.where(intents.c.environment == environment)
    return tuple(_intent(row) for row in tx.run(query.order_by(intents.c.started_at, intents.c.run)))


def live_intents(tx: Transaction, environment: str | None) -> tuple[Intent, ...]:
    """The open intents whose lock is held with their fence."""
    query = select(intents).join(locks, _same_lock())
    query = query.where(locks.c.holder.is_not(None), locks.c.expires_at > tx.now())
    if environment is not None:
        query = query.where(intents.c.environment == environment)
    return tuple(_intent(row) for row in tx.run(query.order_by(intents.c.started_at, intents.c.run)))


def has_expired_intents(tx: Transaction, environment: str) -> bool:
    """Whether a run that has not ended let its lock expire."""
    query = select(intents.c.run).join(locks, _same_lock())
    query = query.where(intents.c.environment == environment, *_expired(tx))
    return tx.run(query.limit(1)).first() is not None


def fence_expired(tx: Transaction, environment: str) -> None:
    """Fence the runs that let their lock expire, so that what is called dead stays dead."""
    query = select(intents.c.domain, intents.c.product).join(locks, _same_lock())
    query = query.where(intents.c.environment == environment, *_expired(tx))
    for row in tx.run(query.order_by(intents.c.domain, intents.c.product)).all():
        tx.run(
            update(locks)
            .where(_of(environment, ProductKey(row.domain, row.product)), *_expired(tx))
            .values(holder=None, fence=locks.c.fence + 1)
        )


def _of(environment: str, product: ProductKey) -> ColumnElement[bool]:
    return and_(
        locks.c.environment == environment,
        locks.c.domain == product.domain,
        locks.c.product == product.product,
    )


def _mine(lock: Lock) -> dict[str, Any]:
    """The parameters of statements on a lock's row."""
    return {**named(lock.environment, lock.product), "of_fence": lock.fence, "by": lock.holder}


def _by_me() -> ColumnElement[bool]:
    return and_(
        this_product(locks), locks.c.fence == bindparam("of_fence"), locks.c.holder == bindparam("by")
    )


def _take(tx: Transaction) -> Executable:
    until = tx.now() + bindparam("seconds", type_=Double)
    taken: Executable = (
        tx.insert(locks)
        .values(
            environment=bindparam("of_environment"),
            domain=bindparam("of_domain"),
            product=bindparam("of_product"),
            holder=bindparam("by"),
            fence=1,
            expires_at=until,
            last_number=0,
        )
        .on_conflict_do_update(
            index_elements=[locks.c.environment, locks.c.domain, locks.c.product],
            set_={"holder": bindparam("by"), "fence": locks.c.fence + 1, "expires_at": until},
            where=or_(locks.c.holder.is_(None), locks.c.expires_at <= tx.now()),
        )
        .returning(locks.c.fence, locks.c.expires_at)
    )
    return taken


def _extend(tx: Transaction) -> Executable:
    held = and_(_by_me(), locks.c.expires_at > tx.now())
    until = tx.now() + bindparam("seconds", type_=Double)
    return update(locks).where(held).values(expires_at=until).returning(locks.c.expires_at)


def _give_back(tx: Transaction) -> Executable:
    return update(locks).where(_by_me()).values(holder=None, expires_at=0.0)


def _last_number(tx: Transaction) -> Executable:
    held = and_(_by_me(), locks.c.expires_at > tx.now())
    return select(locks.c.last_number).where(held).with_for_update()


def _set_number(tx: Transaction) -> Executable:
    return update(locks).where(this_product(locks)).values(last_number=bindparam("number"))


def _forget_intent(tx: Transaction) -> Executable:
    mine = intents.c.environment == bindparam("of_environment"), intents.c.run == bindparam("of_run")
    return intents.delete().where(*mine)


def _same_lock() -> ColumnElement[bool]:
    return and_(
        locks.c.environment == intents.c.environment,
        locks.c.domain == intents.c.domain,
        locks.c.product == intents.c.product,
        locks.c.fence == intents.c.fence,
    )


def _expired(tx: Transaction) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return locks.c.holder.is_not(None), locks.c.expires_at <= tx.now()


def _intent(row: Row[Any]) -> Intent:
    return Intent(
        run=row.run,
        environment=row.environment,
        product=ProductKey(row.domain, row.product),
        fence=row.fence,
        started_at=row.started_at,
        prefixes=tuple(load(row.prefixes)),
        inputs=tuple(load(row.inputs)),
    )
