"""Maintenance is part of publishing: old publications expire, their files go."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from meshwright.errors import Fenced, Unavailable
from meshwright.experience.runs.context import RunContext
from meshwright.model.address import ProductKey
from meshwright.provisioning.processes import SPILL, is_dead
from meshwright.provisioning.registry import METADATA, Event, Lock

EVERY = 16
"""Publications expire when there are this many beyond the retained ones, so that all share the cost."""


def maintain(context: RunContext, lock: Lock) -> str | None:
    """Expire what is beyond the retained publications, and delete what waited long enough.

    Gives a warning where that failed: what was published stays published, and the next start or
    `mesh gc` does the rest.
    """
    try:
        expire(context, lock)
        _, problems = delete_doomed(context, product=lock.product)
    except (Unavailable, Fenced) as error:
        problems = [error.what]
    return f"old publications were not removed: {problems[0]}" if problems else None


def expire(context: RunContext, lock: Lock) -> None:
    """Forget publications beyond the retained ones; their files are doomed."""
    context.registry.expire(lock, context.retain)
    context.listener("expired", lock.product)


def delete_doomed(
    context: RunContext, grace: float | None = None, product: ProductKey | None = None
) -> tuple[int, list[str]]:
    """Delete files that are doomed for `grace` seconds (the environment's), of one product or of all.

    Gives how many, and what went wrong; those stay doomed.
    """
    grace = context.grace_seconds if grace is None else grace
    removed = 0
    problems: list[str] = []
    for key, paths in context.registry.doomed(context.environment.name, grace, product).items():
        try:
            removed += _delete(context, key, paths)
        except Unavailable as error:
            problems.append(error.what)
    return removed, problems


def _delete(context: RunContext, product: ProductKey, paths: Sequence[str]) -> int:
    """Delete doomed files of a product; metadata take along the manifests that only they lead to."""
    warehouse = context.infrastructure.warehouse
    metadata = {path for path in paths if path.endswith(METADATA)}
    data = {path for path in paths if path not in metadata}
    if metadata:
        needed = _needed(context, product, metadata)
        data |= warehouse.metadata_files(metadata, without=needed, going=True) - metadata
    warehouse.delete(sorted(data))
    warehouse.delete(sorted(metadata))
    context.listener("deleted", None)
    context.registry.forget(context.environment.name, paths)
    return len(data) + len(metadata)


def _needed(context: RunContext, product: ProductKey, going: set[str]) -> frozenset[str]:
    """What retained publications of the same tables lead to, and those whose files still wait."""
    warehouse = context.infrastructure.warehouse
    folders = {PurePosixPath(path).parent for path in going}
    retained, doomed = (
        [place for place in places if PurePosixPath(place).parent in folders and place not in going]
        for places in context.registry.metadata_locations(product)
    )
    return warehouse.metadata_files(retained) | warehouse.metadata_files(doomed, going=True)


def remove_run(context: RunContext, run: str, product: ProductKey) -> int | None:
    """Delete every file that a run left in storage; gives how many, or None if storage does not answer."""
    warehouse = context.infrastructure.warehouse
    try:
        left = [file.path for file in warehouse.files(warehouse.prefix(product)) if _is_of(file.path, run)]
        warehouse.delete(left)
    except Unavailable:
        return None
    return len(left)


def _is_of(path: str, run: str) -> bool:
    return PurePosixPath(path).name.startswith(run)


def clean_up(context: RunContext) -> None:
    """Remove what dead runs left, and what is doomed long enough; what fails is left for `mesh gc`."""
    remove_dead_runs(context)
    delete_doomed(context)


def remove_dead_runs(context: RunContext) -> int:
    """Remove what dead runs left; gives how many files.

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
    return removed
