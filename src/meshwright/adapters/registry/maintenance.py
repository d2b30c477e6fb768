"""Forgetting publications, and the files that are doomed by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, select

from meshwright.adapters.registry import catalogue, files, locks
from meshwright.adapters.registry.database import Transaction, iso
from meshwright.adapters.registry.tables import (
    doomed,
    environments,
    objects,
    publication_objects,
    publications,
    served,
    serving,
)
from meshwright.adapters.registry.tables import files as file_rows
from meshwright.model.address import ProductKey
from meshwright.provisioning.registry import METADATA, Lock


def expire(tx: Transaction, lock: Lock, keep: int) -> int:
    """Forget publications beyond the newest that nobody is served and no run under way reads."""
    locks.hold(tx, lock)
    environment, product = lock.environment, lock.product
    query = (
        select(publications.c.id, served.c.publication.label("current"))
        .outerjoin(served, served.c.publication == publications.c.id)
        .where(files.of_product(publications, environment, product))
        .order_by(publications.c.number.desc())
    )
    rows = tx.run(query).all()
    old = [row.id for row in rows[max(keep, 1) :] if row.current is None]
    for part in files.chunks(old):  # whoever begins to read one now waits, and finds it gone
        tx.run(select(publications.c.id).where(publications.c.id.in_(part)).with_for_update())
    read = locks.inputs_of_live_runs(tx) if old else frozenset()
    forgotten = [id for id in old if id not in read]
    if forgotten:
        _forget_publications(tx, environment, product, forgotten)
        _doom(tx, environment, product, files.forget_unseen(tx, environment, product))
        _shorten_history(tx, environment, product)
    return len(forgotten)


def remove(tx: Transaction, environment: str, product: ProductKey) -> None:
    """Forget every publication, pointer and object of a product; all its files are doomed."""
    tx.run(served.delete().where(files.of_product(served, environment, product)))
    tx.run(serving.delete().where(files.of_product(serving, environment, product)))
    query = select(publications.c.id).where(files.of_product(publications, environment, product))
    _forget_publications(tx, environment, product, tx.run(query).scalars().all())
    _doom(tx, environment, product, files.forget_unseen(tx, environment, product, everything=True))
    tx.run(objects.delete().where(files.of_product(objects, environment, product)))
    catalogue.drop(tx, environment, product)


def doomed_paths(
    tx: Transaction, environment: str, grace: float, product: ProductKey | None
) -> Mapping[ProductKey, tuple[str, ...]]:
    """Paths doomed long enough that nothing refers to and that lie below no folder of a live run."""
    query = select(doomed).where(doomed.c.environment == environment, *_unused())
    if product is not None:
        query = query.where(files.of_product(doomed, environment, product))
    if grace > 0:
        query = query.where(doomed.c.since <= tx.seconds() - grace)
    rows = tx.run(query.order_by(doomed.c.path)).all()
    live = locks.live_intents(tx, None) if rows else ()
    busy = tuple(prefix for intent in live for prefix in intent.prefixes)
    found: dict[ProductKey, list[str]] = {}
    for row in rows:
        if not row.path.startswith(busy):
            found.setdefault(ProductKey(row.domain, row.product), []).append(row.path)
    return {key: tuple(paths) for key, paths in found.items()}


def waiting(tx: Transaction, environment: str, grace: float) -> tuple[int, str | None]:
    """How many paths are not doomed long enough yet, and when all will be."""
    query = select(func.count().label("count"), func.max(doomed.c.since).label("last")).where(
        doomed.c.environment == environment, doomed.c.since > tx.seconds() - grace, *_unused()
    )
    found = tx.run(query).mappings().one()
    return found["count"], iso(found["last"] + grace) if found["count"] else None


def metadata_locations(tx: Transaction, product: ProductKey) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A product's table metadata in every environment: of retained publications, and doomed ones."""
    location = publication_objects.c.metadata
    everywhere = select(environments.c.name)  # so that the indexes, which begin with it, are used
    query = select(location).join(publications, publications.c.id == publication_objects.c.publication)
    query = query.where(
        publications.c.environment.in_(everywhere),
        files.of_products(publications, [product]),
        location.is_not(None),
    )
    retained = tx.run(query.distinct().order_by(location)).scalars().all()
    mine = files.of_products(doomed, [product])
    paths = tx.run(select(doomed.c.path).where(doomed.c.environment.in_(everywhere), mine)).scalars()
    gone = {path for path in paths if path.endswith(METADATA)}
    return tuple(retained), tuple(sorted(gone.difference(retained)))


def orphans(tx: Transaction, product: ProductKey, paths: Sequence[str]) -> tuple[str, ...] | None:
    """The paths that nothing refers to; None while a run of the product may be writing."""
    if any(intent.product == product for intent in locks.open_intents(tx, None)):
        return None
    left: Sequence[str] = sorted(paths)
    for column in (file_rows.c.path, publication_objects.c.metadata, doomed.c.path):
        left = files.unreferenced(tx, column, left)
    return tuple(left)


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
