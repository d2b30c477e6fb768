"""Columns used through all the models of one product."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from meshwright.sql.columns import Used, columns_used, output_columns
from meshwright.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class ModelColumns:
    """What one model uses of its references and makes, and the schemas this was told from."""

    used: Used
    made: tuple[str, ...] | None
    schemas: Mapping[str, Sequence[str]]


def columns_used_by_product(
    models: Mapping[str, Statement],
    order: Sequence[str],
    resolved: Mapping[str, Mapping[str, Hashable]],
    schemas: Mapping[Hashable, Sequence[str]],
    whole: Iterable[str] = (),
) -> Mapping[str, ModelColumns]:
    """For each model the columns used of each of its references, through intermediate models.

    `order` holds the models' names, each after those it reads; `resolved` maps, per model,
    reference keys to what they mean: the name of a model, or whatever the caller calls an input.
    `schemas` holds the columns of inputs, and of models that are no SQL, by the same names. All
    columns of the models in `whole` are used: they are served, or read by something that is no
    SQL. A star in another model uses what the models after it use.
    """
    known: dict[Hashable, Sequence[str]] = dict(schemas)
    views: dict[str, Mapping[str, Sequence[str]]] = {}
    made: dict[str, tuple[str, ...] | None] = {}
    for name in order:
        if name not in models:
            continue
        targets = resolved.get(name, {})
        views[name] = {key: known[target] for key, target in targets.items() if target in known}
        columns = made[name] = output_columns(models[name], views[name])
        if columns is not None:
            known[name] = columns
    read = {target for targets in resolved.values() for target in targets.values()}
    wanted: dict[Hashable, set[str] | None] = dict.fromkeys(whole)
    result: dict[str, ModelColumns] = {}
    for name in reversed(order):
        if name not in views:
            continue
        used = columns_used(models[name], views[name], wanted.get(name) if name in read else None)
        result[name] = ModelColumns(used, made[name], views[name])
        for key, target in resolved.get(name, {}).items():
            if target in views:
                _add(wanted, target, used[key])
    return {name: result[name] for name in order if name in result}


def _add(wanted: dict[Hashable, set[str] | None], target: Hashable, used: frozenset[str] | None) -> None:
    before = wanted.setdefault(target, set())
    if used is None:
        wanted[target] = None
    elif before is not None:
        before.update(column.lower() for column in used)
