"""Facts: append-only, numbered without gaps, chained by SHA-256 per environment.

The row of the environment is the head of its chain. Whoever appends holds that row until the
commit, so it is taken as late in a transaction as possible: after every other row.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Row, bindparam, select, update

from meshwright.adapters.registry.codec import canonical, load
from meshwright.adapters.registry.database import Transaction, iso
from meshwright.adapters.registry.tables import environments, facts, products
from meshwright.model.address import ProductKey
from meshwright.model.publication import Fact
from meshwright.provisioning.registry import Event

FIRST = "0" * 64
"""What the first fact of an environment follows."""

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """The end of an environment's chain, held by this transaction."""

    environment: str
    identity: str
    version: int
    sequence: int
    hash: str

    @property
    def token(self) -> str:
        """What names this state of the environment."""
        return token(self.identity, self.version)


def token(identity: str, version: int) -> str:
    """The name of a state: no two registries share one, but for the empty state."""
    return f"{identity}.{version}" if version else "0"


def fact_hash(previous: str, content: Mapping[str, Any]) -> str:
    """SHA-256 over the hash before and the canonical JSON of a fact's other fields."""
    return hashlib.sha256((previous + canonical(content)).encode()).hexdigest()


def hold_head(tx: Transaction, environment: str) -> Head:
    """Lock the environment's row until the end of the transaction."""
    row = tx.run(_head, {"environment": environment}).one_or_none()
    if row is None:
        new = tx.insert(environments).on_conflict_do_nothing()
        values = {"name": environment, "identity": uuid.uuid4().hex[:12], "version": 0}
        tx.run(new, {**values, "fact_sequence": 0, "fact_hash": FIRST})
        row = tx.run(_head, {"environment": environment}).one()
    return Head(row.name, row.identity, row.version, row.fact_sequence, row.fact_hash)


def append(tx: Transaction, head: Head, events: Sequence[Event], *, changed: bool = False) -> None:
    """Append facts to the chain; `changed` gives the environment's state a new token."""
    at = iso(tx.seconds())
    rows = []
    sequence, previous = head.sequence, head.hash
    for event in events:
        sequence += 1
        payload = canonical(event.payload)
        content = _content(head.environment, sequence, event.kind, event.subject, at, load(payload))
        new = fact_hash(previous, content)
        rows.append({**content, "payload": payload, "previous": previous, "hash": new})
        previous = new
    if rows:
        tx.run(_insert, rows)
    if rows or changed:
        version = head.version + changed
        moved = {"of_name": head.environment, "sequence": sequence, "last": previous, "new": version}
        tx.run(_move_head, moved)


def append_unless(
    tx: Transaction,
    environment: str,
    events: Sequence[Event],
    seen: int,
    kinds: Sequence[str],
    clash: Callable[[Event, Fact], bool],
) -> Sequence[Event]:
    """Append the facts that clash with none of `kinds` after `seen`; the head is held meanwhile."""
    head = hold_head(tx, environment)
    query = select(facts).where(
        facts.c.environment == environment, facts.c.sequence > seen, facts.c.kind.in_(kinds)
    )
    newer = [to_fact(row) for row in tx.run(query)] if head.sequence > seen else []
    left = [event for event in events if not any(clash(event, fact) for fact in newer)]
    append(tx, head, left)
    return left


def _head(tx: Transaction) -> Executable:
    return select(environments).where(environments.c.name == bindparam("environment")).with_for_update()


def _move_head(tx: Transaction) -> Executable:
    statement = update(environments).where(environments.c.name == bindparam("of_name"))
    return statement.values(
        fact_sequence=bindparam("sequence"), fact_hash=bindparam("last"), version=bindparam("new")
    )


def _insert(tx: Transaction) -> Executable:
    return facts.insert()


def read(
    tx: Transaction, environment: str, subject: str | None, kinds: Sequence[str], limit: int | None
) -> tuple[Fact, ...]:
    """Facts, newest first."""
    query = select(facts).where(facts.c.environment == environment)
    if subject is not None:
        query = query.where(facts.c.subject == subject)
    if kinds:
        query = query.where(facts.c.kind.in_(kinds))
    rows = tx.run(query.order_by(facts.c.sequence.desc()).limit(limit))
    return tuple(to_fact(row) for row in rows)


def last_ends(tx: Transaction, environment: str) -> dict[ProductKey, Fact]:
    """The newest fact of each applied product that tells how a run of what is applied ended."""
    of_product = facts.alias()
    newest = (
        select(of_product.c.sequence)
        .where(
            of_product.c.environment == products.c.environment,
            of_product.c.subject == products.c.domain + "/" + products.c.product,
            of_product.c.kind.in_(("run.finished", "run.died")),
            of_product.c.at >= products.c.applied_at,
        )
        .order_by(of_product.c.sequence.desc())
        .limit(1)
        .correlate(products)
        .scalar_subquery()
    )
    joined = products.join(
        facts, (facts.c.environment == products.c.environment) & (facts.c.sequence == newest)
    )
    rows = tx.run(select(facts).select_from(joined).where(products.c.environment == environment))
    return {ProductKey.parse(row.subject): to_fact(row) for row in rows}


def first_broken(tx: Transaction, environment: str) -> Fact | None:
    """The first fact that does not follow from the one before it.

    A gap breaks the fact after it. Where facts are missing at the end, it is a fact of kind
    `missing` in their place.
    """
    sequence, previous = 0, FIRST
    for fact in _oldest_first(tx, environment):
        content = _content(environment, fact.sequence, fact.kind, fact.subject, fact.at, fact.payload)
        follows = fact.sequence == sequence + 1 and fact.previous == previous
        if not follows or fact.hash != fact_hash(previous, content):
            return fact
        sequence, previous = fact.sequence, fact.hash
    head = tx.run(select(environments).where(environments.c.name == environment)).one_or_none()
    expected = (head.fact_sequence, head.fact_hash) if head else (0, FIRST)
    if (sequence, previous) == expected:
        return None
    return Fact(sequence + 1, environment, "missing", environment, "", {}, previous, expected[1])


def _oldest_first(tx: Transaction, environment: str) -> Iterator[Fact]:
    last = -1
    while True:
        query = select(facts).where(facts.c.environment == environment, facts.c.sequence > last)
        rows = tx.run(query.order_by(facts.c.sequence).limit(_CHUNK)).all()
        if not rows:
            return
        yield from map(to_fact, rows)
        last = rows[-1].sequence


def _content(
    environment: str, sequence: int, kind: str, subject: str, at: str, payload: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "environment": environment,
        "sequence": sequence,
        "kind": kind,
        "subject": subject,
        "at": at,
        "payload": payload,
    }


def to_fact(row: Row[Any]) -> Fact:
    """A fact from its row."""
    return Fact(
        sequence=row.sequence,
        environment=row.environment,
        kind=row.kind,
        subject=row.subject,
        at=row.at,
        payload=load(row.payload),
        previous=row.previous,
        hash=row.hash,
    )
