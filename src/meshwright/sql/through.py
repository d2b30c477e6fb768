"""Column lineage through all the models of one product."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from meshwright.model.lineage import ANY, ROWS
from meshwright.sql.derivation import COMPOSED, FILTER, IDENTITY, ROW, TRANSFORMATION, UNKNOWN
from meshwright.sql.lineage import origins_of
from meshwright.sql.statement import Statement

Inputs = set[tuple[Hashable, str, int]]
"""Columns of inputs, by whatever the caller calls them, and how (`model.lineage.MEANING`)."""


def lineage_of_product(
    models: Mapping[str, Statement],
    order: Sequence[str],
    resolved: Mapping[str, Mapping[str, Hashable]],
    schemas: Mapping[Hashable, Sequence[str]],
    wanted: Mapping[str, Iterable[str]],
    declared: Mapping[str, Mapping[str, Inputs]],
) -> Mapping[str, Mapping[str, Inputs]]:
    """What each column of each model, and its `ROWS`, come from among the product's inputs.

    `order`, `resolved` and `schemas` as for `columns_used_by_product`, `schemas` with the columns of
    models too. `wanted` are the columns of models that are served. `declared` says of models that are
    no SQL what their columns come from: inputs, or models before them. Columns are told in lower case.
    """
    found: dict[str, dict[str, Inputs]] = {}
    for name in order:
        if name in models:
            targets = resolved.get(name, {})
            views = {key: schemas[target] for key, target in targets.items() if target in schemas}
            columns = wanted.get(name)
            names = None if columns is None else [column.lower() for column in columns]
            origins = origins_of(models[name], views, names)
            made = {
                column: {(targets[key], source, how) for key, source, how in each if key in targets}
                for column, each in origins.items()
            }
        else:
            made = {column.lower(): set(each) for column, each in declared.get(name, {}).items()}
        found[name] = {column: _through(each, found) for column, each in made.items()}
    return found


def _through(origins: Inputs, found: Mapping[str, Mapping[str, Inputs]]) -> Inputs:
    """The same with what models come from in place of models."""
    result: Inputs = set()
    for target, source, how in origins:
        if not isinstance(target, str) or target not in found:
            result.add((target, source, how))
            continue
        before = found[target]
        if source == ROWS:
            direct = how < FILTER
            result |= {
                (t, s, how if direct and step == ROW else COMPOSED[how][step])
                for t, s, step in before.get(ROWS, ())
            }
            continue
        base, _, path = source.partition(".")
        inner = None if source == ANY else before.get(base.lower())
        if inner is None:
            inner = before.get(ANY) if source != ANY else None
            known = inner if inner is not None else set().union(*(before[c] for c in before if c != ROWS))
            result |= {(t, s, COMPOSED[UNKNOWN][step]) for t, s, step in known}
            continue
        for t, s, step in inner:
            if path and step == IDENTITY and s not in (ROWS, ANY):
                result.add((t, f"{s}.{path}", how))
            else:
                result.add((t, s, COMPOSED[how][COMPOSED[TRANSFORMATION][step] if path else step]))
    return result
