"""Publications: the commit point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Executable,
    Row,
    bindparam,
    select,
    update,
)

from meshwright.adapters.registry import catalogue, facts, files, locks, published
from meshwright.adapters.registry.codec import (
    dump,
    dump_columns,
    dump_partitions,
)
from meshwright.adapters.registry.database import Transaction, epoch, iso, named, this_product
from meshwright.adapters.registry.tables import (
    publication_objects,
    publications,
    served,
    serving,
)
from meshwright.errors import Conflict, InputError
from meshwright.model.publication import Candidate, Publication
from meshwright.provisioning.registry import Event, Intent, Lock


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
    if recorded := published.find(tx, publication.id):
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
    target = published.find(tx, to)
    if target is None or (target.environment, target.product) != (lock.environment, lock.product):
        retained = [p.id for p in published.retained(tx, lock.environment, lock.product)]
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


# --- inside


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


def _current(tx: Transaction) -> Executable:
    return published.now_served().where(this_product(served))


def _hold(tx: Transaction) -> Executable:
    query = select(publications.c.id).where(publications.c.id.in_(bindparam("publications", expanding=True)))
    return query.with_for_update(read=True, key_share=True)


def _sealed_objects(tx: Transaction) -> Executable:
    query = select(publication_objects.c.object, publication_objects.c.metadata)
    return query.where(publication_objects.c.publication == bindparam("publication"))


def _insert(tx: Transaction) -> Executable:
    return publications.insert()


def _insert_objects(tx: Transaction) -> Executable:
    return publication_objects.insert()


def _insert_serving(tx: Transaction) -> Executable:
    return serving.insert()
