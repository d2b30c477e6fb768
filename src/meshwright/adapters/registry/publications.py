"""Publications: the commit point, and what readers resolve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
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
    update,
)

from meshwright.adapters.registry import catalogue, facts, files, locks
from meshwright.adapters.registry.codec import (
    dump,
    dump_columns,
    dump_partitions,
    load,
    load_columns,
    load_partitions,
)
from meshwright.adapters.registry.database import Transaction, epoch, iso, named, this_product
from meshwright.adapters.registry.tables import files as file_rows
from meshwright.adapters.registry.tables import (
    objects,
    publication_objects,
    publications,
    served,
    serving,
)
from meshwright.errors import Conflict, InputError
from meshwright.model.address import ProductKey
from meshwright.model.publication import Candidate, DataFile, Handle, ObjectKey, Publication
from meshwright.provisioning.registry import Change, Event, Intent, Lock


def publish(
    tx: Transaction,
    lock: Lock,
    publication: Publication,
    base: str | None,
    candidates: Sequence[Candidate],
    events: Sequence[Event],
) -> Publication:
    """Record a publication and let readers see it."""
    if (lock.environment, lock.product) != (publication.environment, publication.product):
        raise InputError(f"the lock of {lock.product} in {lock.environment} cannot publish {publication.id}")
    if recorded := find(tx, publication.id):
        return _same(recorded, publication)
    last = locks.hold(tx, lock)
    current = require_current(tx, lock, base)
    moment = _moment(tx)
    new = replace(publication, number=last + 1, created_at=iso(moment))
    base_number = current.number if current else None
    ids = files.object_ids(tx, lock.environment, lock.product, [c.handle.key for c in candidates])
    chosen = {ids[files.object_name(c.handle.key)]: c for c in candidates}
    before = _sealed(tx, base)
    for object_id, candidate in chosen.items():
        if not _follows(candidate, object_id, before):
            raise _stale(lock, candidate)
    _swap_pointers(tx, lock, ids, before, chosen)
    tx.run(_insert, _row(new, base_number))
    if chosen:
        rows = [_object_row(new.id, *item) for item in enumerate(chosen.items())]
        tx.run(_insert_objects, rows)
    trusted = [
        object_id
        for object_id, candidate in chosen.items()
        if base_number == last and candidate.base is not None and candidate.base.metadata is not None
    ]
    files.store(tx, new.number, chosen, trusted, others=set(ids.values()) - chosen.keys())
    locks.give_number(tx, lock, new.number)
    locks.forget_intent(tx, lock.environment, new.run)
    _serve(tx, new, pinned=False, since=moment)
    facts.append(tx, facts.hold_head(tx, lock.environment), events, changed=True)
    return new


def move(tx: Transaction, lock: Lock, to: str, pinned: bool, events: Sequence[Event]) -> Publication:
    """Let readers see another retained publication; also puts its table pointers right."""
    locks.hold(tx, lock)
    target = find(tx, to)
    if target is None or (target.environment, target.product) != (lock.environment, lock.product):
        retained = [p.id for p in retained_publications(tx, lock.environment, lock.product)]
        raise InputError(
            f"{lock.product} has no publication {to}",
            where=f"{lock.product} in {lock.environment}",
            why=f"retained are: {', '.join(retained) or 'none'}",
            way_out=f"choose one of `mesh history {lock.product}`",
        )
    ids = files.object_ids(tx, lock.environment, lock.product, ())
    names = {object_id: f"{name}@{major}" for (name, major, landing), object_id in ids.items() if not landing}
    wanted = {
        names[object_id]: metadata
        for object_id, metadata in _sealed(tx, to).items()
        if object_id in names and metadata is not None
    }
    catalogue.put(tx, lock.environment, lock.product, wanted, names.values())
    _serve(tx, target, pinned, since=_moment(tx))
    facts.append(tx, facts.hold_head(tx, lock.environment), events, changed=True)
    return target


def unpin(tx: Transaction, lock: Lock, events: Sequence[Event]) -> None:
    """Let the product be stale again."""
    locks.hold(tx, lock)
    tx.run(
        update(served).where(files.of_product(served, lock.environment, lock.product)).values(pinned=False)
    )
    facts.append(tx, facts.hold_head(tx, lock.environment), events, changed=True)


# --- reading


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


def retained_publications(tx: Transaction, environment: str, product: ProductKey) -> tuple[Publication, ...]:
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


def require_current(tx: Transaction, lock: Lock, base: str | None) -> Row[Any] | None:
    """The current publication of a lock's product, which must be `base`.

    Raises:
        Conflict: it is another one.
    """
    current = tx.run(_current, named(lock.environment, lock.product)).one_or_none()
    found = current.id if current else None
    if found != base:
        raise Conflict(
            f"{lock.product} was published by somebody else in the meantime",
            where=f"{lock.product} in {lock.environment}",
            why=f"this run was built on {base or 'nothing'}; the current publication is {found or 'nothing'}",
            way_out="run it again",
        )
    return current


def hold_inputs(tx: Transaction, intent: Intent) -> None:
    """Keep what a run reads from being forgotten before its intent is seen.

    Raises:
        Conflict: a publication was forgotten already.
    """
    if not intent.inputs:
        return
    found = set(tx.run(_hold, {"publications": intent.inputs}).scalars())
    if gone := sorted(set(intent.inputs) - found):
        raise Conflict(
            f"{gone[0]}, which {intent.product} was to read, is not retained any more",
            where=f"{intent.product} in {intent.environment}",
            why="its product was published anew meanwhile",
            way_out="run it again",
        )


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


# --- parts


def _row(publication: Publication, base_number: int | None) -> dict[str, Any]:
    detail = {
        "inputs": dict(publication.inputs),
        "cursors": dict(publication.cursors),
        "objects": list(publication.objects),
        "due_at": publication.due_at,
    }
    return {
        "id": publication.id,
        "environment": publication.environment,
        "domain": publication.product.domain,
        "product": publication.product.product,
        "number": publication.number,
        "base_number": base_number,
        "run": publication.run,
        "fingerprint": publication.fingerprint,
        "created_at": publication.created_at,
        "detail": dump(detail),
    }


def _object_row(publication: str, position: int, item: tuple[int, Candidate]) -> dict[str, Any]:
    object_id, candidate = item
    handle = candidate.handle
    return {
        "publication": publication,
        "object": object_id,
        "position": position,
        "port": handle.key.port,
        "kind": handle.kind,
        "operation": candidate.operation,
        "columns": dump_columns(handle.columns),
        "partitions": dump_partitions(handle.partitions),
        "metadata": handle.metadata,
        "rows": handle.rows,
        "bytes": handle.size,
    }


def _handle(row: Row[Any], held: Sequence[DataFile]) -> Handle:
    return Handle(
        key=ObjectKey(ProductKey(row.domain, row.product), row.name, row.major, row.port),
        columns=load_columns(row.columns),
        files=tuple(held),
        partitions=load_partitions(row.partitions),
        metadata=row.metadata,
        kind=row.kind,
    )


def _sealed(tx: Transaction, publication: str | None) -> dict[int, str | None]:
    if publication is None:
        return {}
    return {row.object: row.metadata for row in tx.run(_sealed_objects, {"publication": publication})}


def _swap_pointers(
    tx: Transaction,
    lock: Lock,
    ids: Mapping[tuple[str, int, bool], int],
    before: Mapping[int, str | None],
    chosen: Mapping[int, Candidate],
) -> None:
    expected: dict[str, str] = {}
    wanted: dict[str, str] = {}
    for (name, major, landing), object_id in ids.items():
        candidate = chosen.get(object_id)
        if candidate and candidate.handle.kind == "iceberg" and candidate.handle.metadata is None:
            raise InputError(f"{candidate.handle.key} is not sealed, so it cannot be published")
        if landing:
            continue
        if old := before.get(object_id):
            expected[f"{name}@{major}"] = old
        if candidate and candidate.handle.metadata:
            wanted[f"{name}@{major}"] = candidate.handle.metadata
    catalogue.swap(tx, lock.environment, lock.product, expected, wanted)


def _moment(tx: Transaction) -> float:
    """Now, to the microsecond, so that it is the same number as its text."""
    return epoch(iso(tx.seconds()))


def _serve(tx: Transaction, publication: Publication, pinned: bool, since: float) -> None:
    row = {
        "environment": publication.environment,
        "domain": publication.product.domain,
        "product": publication.product.product,
        "publication": publication.id,
    }
    tx.upsert(served, [{**row, "pinned": pinned}])
    tx.run(_insert_serving, {**row, "since": since})


def _same(recorded: Publication, publication: Publication) -> Publication:
    if (recorded.environment, recorded.product) != (publication.environment, publication.product):
        raise InputError(
            f"the publication {publication.id} is already one of {recorded.product} in {recorded.environment}"
        )
    return recorded


def _follows(candidate: Candidate, object_id: int, before: Mapping[int, str | None]) -> bool:
    """Whether the candidate's base is the object as the current publication holds it."""
    if candidate.base is None:
        return candidate.operation == "full" or object_id not in before
    return object_id in before and candidate.base.metadata == before[object_id]


def _stale(lock: Lock, candidate: Candidate) -> Conflict:
    return Conflict(
        f"{candidate.handle.key} was built on another state than the current publication's",
        where=f"{lock.product} in {lock.environment}",
        why="its base has other table metadata than the publication that it is to follow",
        way_out="run it again",
    )


# --- statements of every run


def _one(tx: Transaction) -> Executable:
    return select(publications).where(publications.c.id == bindparam("publication"))


def _current(tx: Transaction) -> Executable:
    return _now_served().where(this_product(served))


def _served(tx: Transaction) -> Executable:
    keys: BindParameter[Any] = bindparam("keys", expanding=True)
    asked = tuple_(served.c.domain, served.c.product).in_(keys)
    return _now_served().where(served.c.environment == bindparam("environment"), asked)


def _now_served() -> Select[Any]:
    return select(publications).join(served, served.c.publication == publications.c.id)


def _retained(tx: Transaction) -> Executable:
    query = select(publications.c.id).where(this_product(publications))
    return query.order_by(publications.c.number.desc())


def _locations(tx: Transaction) -> Executable:
    location = publication_objects.c.metadata
    asked = publication_objects.c.publication.in_(bindparam("publications", expanding=True))
    return select(location).where(asked, location.is_not(None)).distinct()


def _hold(tx: Transaction) -> Executable:
    query = select(publications.c.id).where(publications.c.id.in_(bindparam("publications", expanding=True)))
    return query.with_for_update(read=True, key_share=True)


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


def _sealed_objects(tx: Transaction) -> Executable:
    query = select(publication_objects.c.object, publication_objects.c.metadata)
    return query.where(publication_objects.c.publication == bindparam("publication"))


def _insert(tx: Transaction) -> Executable:
    return publications.insert()


def _insert_objects(tx: Transaction) -> Executable:
    return publication_objects.insert()


def _insert_serving(tx: Transaction) -> Executable:
    return serving.insert()
