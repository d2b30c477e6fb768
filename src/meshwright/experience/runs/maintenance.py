"""Maintenance is part of publishing: old publications expire, their files go."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from meshwright.errors import Fenced, LockHeld, Unavailable
from meshwright.experience.runs.context import RunContext
from meshwright.experience.runs.locks import locked
from meshwright.model.address import ProductKey
from meshwright.model.publication import Publication
from meshwright.provisioning.processes import SPILL, is_dead
from meshwright.provisioning.registry import Event, Lock

EVERY = 16
"""Expiry runs with every sixteenth publication of a product, so that its cost is shared by all."""


def maintain(context: RunContext, lock: Lock, publication: Publication | None) -> str | None:
    """Expire what is beyond the retained publications, after every sixteenth publication.

    Gives a warning where that failed: what was published stays published, and the next start or
    `mesh gc` does the rest.
    """
    if publication is None or publication.number % EVERY:
        return None
    try:
        expire(context, lock)
    except (Unavailable, Fenced) as error:
        return f"old publications were not removed: {error.what}"
    return None


def expire(context: RunContext, lock: Lock) -> int:
    """Forget publications beyond the retained ones and delete their files; gives how many files."""
    doomed = context.registry.expire(lock, context.retain)
    context.listener("expired", lock.product)
    return delete_doomed(context, doomed)


def delete_doomed(context: RunContext, paths: Iterable[str]) -> int:
    """Delete doomed files; metadata takes along the manifests that nothing retained refers to."""
    warehouse, environment = context.infrastructure.warehouse, context.environment.name
    paths = list(paths)
    metadata = [path for path in paths if path.endswith(".metadata.json")]
    data = [path for path in paths if not path.endswith(".metadata.json")]
    if metadata:
        needed = _needed(context, metadata)
        data += sorted(warehouse.metadata_files(metadata, without=needed) - set(metadata))
    warehouse.delete(data)
    warehouse.delete(metadata)
    context.listener("deleted", None)
    context.registry.forget(environment, paths)
    return len(data) + len(metadata)


def _needed(context: RunContext, metadata: list[str]) -> frozenset[str]:
    """Metadata files that retained publications of the same tables refer to."""
    folders = {str(PurePosixPath(path).parent) for path in metadata}
    retained = context.registry.metadata_locations(context.environment.name)
    same = [place for place in retained if str(PurePosixPath(place).parent) in folders]
    return context.infrastructure.warehouse.metadata_files(same)


def remove_run(context: RunContext, run: str, product: ProductKey) -> int | None:
    """Delete every file that a run left in storage; gives how many, or None if storage does not answer."""
    warehouse = context.infrastructure.warehouse
    try:
        left = [path for path in warehouse.files(warehouse.prefix(product)) if _is_of(path, run)]
        warehouse.delete(left)
    except Unavailable:
        return None
    return len(left)


def clean_up(context: RunContext) -> int:
    """Remove what dead runs and expired publications left; gives how many files.

    A live holder's files are never touched: only intents whose lock is no longer held count. The
    intent of a run whose files could not be removed stays, for the next start.
    """
    environment, removed = context.environment.name, 0
    for lock in context.registry.held(environment):
        if is_dead(lock.holder):
            context.registry.release(lock)
    for spill in context.scratch.glob(f"{SPILL}*"):
        if is_dead(spill.name.removeprefix(SPILL)):
            shutil.rmtree(spill, ignore_errors=True)
    for intent in context.registry.intents(environment):
        left = remove_run(context, intent.run, intent.product)
        if left is None:
            continue
        removed += left
        for prefix in intent.prefixes:
            if intent.run in Path(prefix).name:
                shutil.rmtree(prefix, ignore_errors=True)
        died = Event("run.died", str(intent.product), {"run": intent.run})
        context.registry.abandon(intent.run, environment, [died])
    doomed = context.registry.doomed(environment)
    if doomed:
        with suppress(Unavailable):  # they stay doomed; `mesh gc` says why
            removed += delete_doomed(context, doomed)
    return removed


def _is_of(path: str, run: str) -> bool:
    return PurePosixPath(path).name.startswith(run)


def collect(context: RunContext, products: Sequence[ProductKey]) -> int:
    """Clean up, and expire every product that nobody works on; gives how many files went."""
    removed = clean_up(context)
    for product in products:
        try:
            with locked(context, product) as lock:
                removed += expire(context, lock)
        except LockHeld:
            continue  # its own run will do it
    return removed
