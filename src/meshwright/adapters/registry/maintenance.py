"""Forgetting publications, and the files that are doomed by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, select

from meshwright.adapters.registry import catalogue, files, locks
from meshwright.adapters.registry.database import Transaction
from meshwright.adapters.registry.tables import (
    doomed,
    objects,
    publication_objects,
    publications,
    served,
    serving,
)
from meshwright.adapters.registry.tables import files as file_rows
from meshwright.model.address import ProductKey
from meshwright.provisioning.registry import Lock


def expire(tx: Transaction, lock: Lock, keep: int) -> tuple[str, ...]:
    """Forget publications beyond the newest; the product's doomed paths, earlier ones included."""
    locks.hold(tx, lock)
    environment, product = lock.environment, lock.product
    query = (
        select(publications.c.id, served.c.publication.label("current"))
        .outerjoin(served, served.c.publication == publications.c.id)
        .where(files.of_product(publications, environment, product))
        .order_by(publications.c.number.desc())
    )
    rows = tx.run(query).all()
    forgotten = [row.id for row in rows[max(keep, 1) :] if row.current is None]
    if forgotten:
        _forget_publications(tx, environment, product, forgotten)
        _doom(tx, environment, product, files.forget_unseen(tx, environment, product))
        _shorten_history(tx, environment, product)
    mine = files.of_product(doomed, environment, product)
    return tuple(tx.run(select(doomed.c.path).where(mine, *_unused()).order_by(doomed.c.path)).scalars())


def remove(tx: Transaction, environment: str, product: ProductKey) -> None:
    """Forget every publication, pointer and object of a product; all its files are doomed."""
    tx.run(served.delete().where(files.of_product(served, environment, product)))
    tx.run(serving.delete().where(files.of_product(serving, environment, product)))
    query = select(publications.c.id).where(files.of_product(publications, environment, product))
    _forget_publications(tx, environment, product, tx.run(query).scalars().all())
    _doom(tx, environment, product, files.forget_unseen(tx, environment, product, everything=True))
    tx.run(objects.delete().where(files.of_product(objects, environment, product)))
    catalogue.drop(tx, environment, product)


def doomed_paths(tx: Transaction, environment: str) -> tuple[str, ...]:
    """Doomed paths that nothing refers to and that lie below no folder of a live run."""
    query = select(doomed.c.path).where(doomed.c.environment == environment, *_unused())
    paths = tx.run(query.order_by(doomed.c.path)).scalars()
    busy = tuple(prefix for intent in locks.live_intents(tx, None) for prefix in intent.prefixes)
    return tuple(path for path in paths if not path.startswith(busy))


def forget(tx: Transaction, environment: str, paths: Sequence[str]) -> None:
    """Strike doomed paths off."""
    for part in files.chunks(sorted(paths)):
        tx.run(doomed.delete().where(doomed.c.environment == environment, doomed.c.path.in_(part)))


def _forget_publications(
    tx: Transaction, environment: str, product: ProductKey, forgotten: Sequence[str]
) -> None:
    """Delete publications that nobody is served; their table metadata is doomed."""
    sealed: set[str] = set()
    for part in files.chunks(forgotten):
        mine = publication_objects.c.publication.in_(part)
        query = select(publication_objects.c.metadata).where(
            mine, publication_objects.c.metadata.is_not(None)
        )
        sealed.update(tx.run(query).scalars())
        tx.run(publication_objects.delete().where(mine))
        tx.run(publications.delete().where(publications.c.id.in_(part)))
    dead = files.unreferenced(tx, publication_objects.c.metadata, sealed)
    _doom(tx, environment, product, dead)


def _doom(tx: Transaction, environment: str, product: ProductKey, paths: Iterable[str]) -> None:
    since = tx.seconds()
    row = {"environment": environment, "domain": product.domain, "product": product.product, "since": since}
    if rows := [{**row, "path": path} for path in paths]:
        tx.run(tx.insert(doomed).on_conflict_do_nothing(), rows)


def _unused() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        ~exists().where(file_rows.c.path == doomed.c.path),
        ~exists().where(publication_objects.c.metadata == doomed.c.path),
    )


def _shorten_history(tx: Transaction, environment: str, product: ProductKey) -> None:
    """Forget what was served before the first moment that can still be shown.

    Later rows stay, even of forgotten publications: without them another publication would seem
    to have been served in their time.
    """
    mine = files.of_product(serving, environment, product)
    oldest = tx.run(
        select(func.min(serving.c.id))
        .join(publications, publications.c.id == serving.c.publication)
        .where(mine)
    ).scalar_one()
    tx.run(serving.delete().where(and_(mine, serving.c.id < oldest)))
