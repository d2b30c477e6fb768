"""Publications: what readers resolve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Executable,
    Row,
    Select,
    and_,
    bindparam,
    func,
    select,
    tuple_,
)

from meshwright.adapters.registry import files
from meshwright.adapters.registry.codec import (
    load,
    load_columns,
    load_partitions,
)
from meshwright.adapters.registry.database import Transaction, named, this_product
from meshwright.adapters.registry.tables import files as file_rows
from meshwright.adapters.registry.tables import (
    objects,
    publication_objects,
    publications,
    served,
    serving,
)
from meshwright.errors import InputError
from meshwright.model.address import ProductKey
from meshwright.model.publication import DataFile, Handle, ObjectKey, Publication
from meshwright.provisioning.registry import Change


def find(tx: Transaction, publication: str) -> Publication | None:
    """The retained publication of this id."""
    row = tx.run(_one, {"publication": publication}).one_or_none()
    return None if row is None else to_publication(row)


def current(
    tx: Transaction, environment: str, products: Iterable[ProductKey]
) -> dict[ProductKey, Publication]:
    """What readers see of each product, in one read."""
    keys = [(key.domain, key.product) for key in products]
    rows = tx.run(_served, {"environment": environment, "keys": keys}) if keys else ()
    return {(found := to_publication(row)).product: found for row in rows}


def retained(tx: Transaction, environment: str, product: ProductKey) -> tuple[Publication, ...]:
    """Retained publications, newest first."""
    query = select(publications).where(files.of_product(publications, environment, product))
    return tuple(to_publication(row) for row in tx.run(query.order_by(publications.c.number.desc())))


def handles(tx: Transaction, publication: str) -> dict[ObjectKey, Handle]:
    """Every object of a publication with its files, in two reads."""
    rows = tx.run(_objects_of, {"publication": publication}).all()
    if not rows:
        if find(tx, publication) is None:
            raise InputError(
                f"the publication {publication} is not retained",
                way_out="read the current one, or raise `retain` of the environment in mesh.yaml",
            )
        return {}
    held: dict[int, list[DataFile]] = {row.object: [] for row in rows}
    for row in tx.run(_files_of, {"publication": publication, "seen_by": rows[0].number}):
        held[row.object].append(files.data_file(row))
    return {(handle := _handle(row, held[row.object])).key: handle for row in rows}


def sealed(tx: Transaction, environment: str, product: ProductKey, newest: int) -> tuple[int, frozenset[str]]:
    """How many publications are retained, and the table metadata of the newest of them."""
    retained = tx.run(_retained, named(environment, product)).scalars().all()
    found: set[str] = set()
    for part in files.chunks(retained[:newest]):
        found.update(tx.run(_locations, {"publications": part}).scalars())
    return len(retained), frozenset(found)


def as_of(tx: Transaction, environment: str, moment: float) -> dict[ProductKey, Publication]:
    """What readers saw at a moment, as far as it is still retained."""
    latest = (
        select(func.max(serving.c.id))
        .where(serving.c.environment == environment, serving.c.since <= moment)
        .group_by(serving.c.domain, serving.c.product)
    )
    query = (
        select(publications)
        .join(serving, serving.c.publication == publications.c.id)
        .where(serving.c.id.in_(latest))
    )
    found = (to_publication(row) for row in tx.run(query))
    return {publication.product: publication for publication in found}


def changes(
    tx: Transaction, environment: str, key: ObjectKey, after: str, until: str
) -> tuple[Change, ...] | None:
    """What each publication between two did to an object; None where that cannot be told."""
    start, end = find(tx, after), find(tx, until)
    places = {(p.environment, p.product) for p in (start, end) if p is not None}
    if start is None or end is None or places != {(environment, key.product)}:
        return None
    query = (
        select(publications, publication_objects.c.operation, objects.c.id.label("object"))
        .join(publication_objects, publication_objects.c.publication == publications.c.id)
        .join(objects, objects.c.id == publication_objects.c.object)
        .where(
            files.of_product(publications, environment, key.product),
            publications.c.number.between(start.number, end.number),
            and_(objects.c.name == key.name, objects.c.major == key.major),
            objects.c.landing == (key.port is None),
        )
    )
    rows = tx.run(query.order_by(publications.c.number)).all()
    if not rows or len(rows) != end.number - start.number + 1:
        return None
    if any(row.base_number != row.number - 1 for row in rows[1:]):
        return None
    added = files.added_between(tx, rows[0].object, start.number, end.number)
    return tuple(Change(row.id, row.number, row.operation, added.get(row.number, ())) for row in rows[1:])


def to_publication(
    row: Row[Any], product: ProductKey | None = None, detail: Mapping[str, Any] | None = None
) -> Publication:
    """A publication from its row; `product` and `detail` save work where they are known."""
    known = detail or load(row.detail)
    return Publication(
        row.id,
        row.environment,
        product or ProductKey(row.domain, row.product),
        row.number,
        row.run,
        row.fingerprint,
        row.created_at,
        known["inputs"],
        known["cursors"],
        tuple(known["objects"]),
        known["due_at"],
    )


# --- inside


def _handle(row: Row[Any], held: Sequence[DataFile]) -> Handle:
    return Handle(
        key=ObjectKey(ProductKey(row.domain, row.product), row.name, row.major, row.port),
        columns=load_columns(row.columns),
        files=tuple(held),
        partitions=load_partitions(row.partitions),
        metadata=row.metadata,
        kind=row.kind,
    )


def _one(tx: Transaction) -> Executable:
    return select(publications).where(publications.c.id == bindparam("publication"))


def _served(tx: Transaction) -> Executable:
    keys: BindParameter[Any] = bindparam("keys", expanding=True)
    asked = tuple_(served.c.domain, served.c.product).in_(keys)
    return now_served().where(served.c.environment == bindparam("environment"), asked)


def now_served() -> Select[Any]:
    """Publications that readers see."""
    return select(publications).join(served, served.c.publication == publications.c.id)


def _retained(tx: Transaction) -> Executable:
    query = select(publications.c.id).where(this_product(publications))
    return query.order_by(publications.c.number.desc())


def _locations(tx: Transaction) -> Executable:
    location = publication_objects.c.metadata
    asked = publication_objects.c.publication.in_(bindparam("publications", expanding=True))
    return select(location).where(asked, location.is_not(None)).distinct()


def _objects_of(tx: Transaction) -> Executable:
    return (
        select(publication_objects, objects, publications.c.number)
        .join(publications, publications.c.id == publication_objects.c.publication)
        .join(objects, objects.c.id == publication_objects.c.object)
        .where(publications.c.id == bindparam("publication"))
        .order_by(publication_objects.c.position)
    )


def _files_of(tx: Transaction) -> Executable:
    return (
        select(file_rows)
        .join(publication_objects, publication_objects.c.object == file_rows.c.object)
        .where(publication_objects.c.publication == bindparam("publication"))
        .where(files.visible(bindparam("seen_by", type_=BigInteger)))
        .order_by(file_rows.c.id)
    )
