"""Maintenance is part of publishing: old publications expire, their files go."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from meshwright.errors import LockHeld, Unavailable
from meshwright.experience.runs.context import RunContext
from meshwright.experience.runs.locks import locked
from meshwright.model.address import ProductKey
from meshwright.model.publication import Publication
from meshwright.provisioning.registry import Event, Lock

EVERY = 8
"""Expiry runs with every eighth publication of a product, so that its cost is shared by all."""


def maintain(context: RunContext, lock: Lock, publication: Publication | None) -> None:
    """Expire what is beyond the retained publications, after every eighth publication."""
    if publication is None or publication.number % EVERY:
        return
    expire(context, lock)


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
        for path in metadata:
            data += sorted(warehouse.metadata_files(path) - needed - {path})
    warehouse.delete(data)
    warehouse.delete(metadata)
    context.listener("deleted", None)
    context.registry.forget(environment, paths)
    return len(data) + len(metadata)


def _needed(context: RunContext, metadata: list[str]) -> frozenset[str]:
    """Metadata files that retained publications of the same tables refer to."""
    folders = {str(PurePosixPath(path).parent) for path in metadata}
    needed: set[str] = set()
    for location in context.registry.metadata_locations(context.environment.name):
        if str(PurePosixPath(location).parent) in folders:
            needed |= context.infrastructure.warehouse.metadata_files(location)
    return frozenset(needed)


def remove_run(context: RunContext, run: str, product: ProductKey) -> int:
    """Delete every file that a run left in storage; gives how many."""
    warehouse = context.infrastructure.warehouse
    try:
        left = [path for path in warehouse.files(warehouse.prefix(product)) if _is_of(path, run)]
        warehouse.delete(left)
    except Unavailable:
        return 0  # storage does not answer: the intent stays, and the next start cleans up
    return len(left)


def clean_up(context: RunContext) -> int:
    """Remove what dead runs and expired publications left; gives how many files.

    A live holder's files are never touched: only intents whose lock is no longer held count.
    """
    environment, removed = context.environment.name, 0
    for intent in context.registry.intents(environment):
        removed += remove_run(context, intent.run, intent.product)
        for prefix in intent.prefixes:
            if intent.run in Path(prefix).name:
                shutil.rmtree(prefix, ignore_errors=True)
        died = Event("run.died", str(intent.product), {"run": intent.run})
        context.registry.abandon(intent.run, environment, [died])
    doomed = context.registry.doomed(environment)
    if doomed:
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
