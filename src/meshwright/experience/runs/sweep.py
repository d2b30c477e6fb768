"""`mesh gc`: everything that can go does, files that nothing refers to among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from meshwright.errors import LockHeld, MeshwrightError
from meshwright.experience.runs.context import RunContext
from meshwright.experience.runs.locks import locked
from meshwright.experience.runs.maintenance import delete_doomed, expire, remove_dead_runs
from meshwright.model.address import ProductKey
from meshwright.provisioning.ports import StoredFile


@dataclass
class Collected:
    """What went, and what stays.

    `removed` are files of dead runs, expired publications and removed products, `orphans` those
    that nothing referred to. `waiting` files go when their grace is over, all of them by `until`
    (ISO 8601, UTC). `busy` products were left to the runs under way.
    """

    removed: int = 0
    orphans: int = 0
    orphan_bytes: int = 0
    waiting: int = 0
    until: str | None = None
    busy: set[ProductKey] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def collect(context: RunContext, products: Sequence[ProductKey], now: bool = False) -> Collected:
    """Expire `products`, and delete what is doomed or orphaned in the whole environment.

    `now` leaves nobody a grace. What somebody works on is left alone.
    """
    found = Collected(removed=remove_dead_runs(context))
    grace = 0.0 if now else context.grace_seconds
    for product in products:
        try:
            with locked(context, product) as lock:
                expire(context, lock)
        except LockHeld:
            found.busy.add(product)  # its own run will do it
    removed, found.problems = delete_doomed(context, grace)
    found.removed += removed
    _sweep(context, grace, found)
    found.waiting, found.until = context.registry.waiting(context.environment.name, grace)
    return found


def _sweep(context: RunContext, grace: float, found: Collected) -> None:
    """Delete files below the warehouse that nothing refers to and that are older than the grace."""
    warehouse = context.infrastructure.warehouse
    if others := warehouse.others():
        found.problems.append(
            "files that nothing refers to were not looked for: the warehouse also holds tables of "
            + "; ".join(others)
        )
        return
    before = context.registry.moment() - grace
    for product in warehouse.products():
        try:
            old = [file for file in warehouse.table_files(product) if not grace or file.modified < before]
            orphans = None if not old else _orphans(context, product, old)
            if orphans is None:
                found.busy |= {product} if old else set()
                continue
            warehouse.delete([file.path for file in orphans])
        except MeshwrightError as error:
            found.problems.append(error.what)
            continue
        found.orphans += len(orphans)
        found.orphan_bytes += sum(file.size for file in orphans)


def _orphans(
    context: RunContext, product: ProductKey, files: Sequence[StoredFile]
) -> Sequence[StoredFile] | None:
    """The files that no publication, doomed path or run refers to; None while a run may be writing.

    The files were listed before the registry is asked: whoever wrote one of them had said so by
    then, and has published it, removed it, or is a run that has not ended.
    """
    paths = [file.path for file in files]
    unknown = context.registry.orphans(product, paths)
    if unknown is None:
        return None
    warehouse = context.infrastructure.warehouse
    retained, doomed = context.registry.metadata_locations(product)
    below = warehouse.metadata_files(retained) | warehouse.metadata_files(doomed, going=True)
    orphaned = frozenset(unknown) - below
    return [file for file in files if file.path in orphaned]
