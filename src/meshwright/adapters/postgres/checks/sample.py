"""Up to five failing rows of a check, without classified columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from meshwright.adapters.postgres.checks.paths import ROW
from meshwright.adapters.postgres.checks.probes import KeyProbe, OrphanProbe, Relation, RowProbe, Shown

LIMIT = 5
LONGEST = 200


def samples(
    ask: Callable[[str], list[tuple[Any, ...]]],
    relation: Relation,
    one: RowProbe | KeyProbe | OrphanProbe,
    key: Sequence[str],
    withheld: Collection[str],
) -> tuple[Mapping[str, Any], ...]:
    """Failing rows as {column: value}: the key and what offends; values are numbers, texts, booleans.

    `ask` runs a statement. A column in `withheld` is left out, and so is every value inside it.
    """
    keys = tuple(
        Shown(name, relation.place((("field", name),)).value.readable, name)
        for name in key
        if name in relation.columns
    )
    if isinstance(one, RowProbe):
        shown, source = _each_once(keys, one.shown), f"{relation.name} {ROW} WHERE {one.test}"
    elif isinstance(one, OrphanProbe):
        shown, source = _each_once(() if one.own else keys, one.shown), one.rows
    else:
        shown, source = _repeated(one, keys, relation)
    shown = tuple(part for part in shown if part.column not in withheld)
    if not shown:
        return ()
    listed = ", ".join(part.value for part in shown)
    labels = [part.label for part in shown]
    found = ask(f"SELECT {listed} FROM {source} LIMIT {LIMIT}")
    return tuple({name: _plain(value) for name, value in zip(labels, row, strict=True)} for row in found)


def _each_once(keys: tuple[Shown, ...], values: tuple[Shown, ...]) -> tuple[Shown, ...]:
    """Both, without a key column that is shown as what offends anyway."""
    own = {part.label for part in values}
    return (*(part for part in keys if part.label not in own), *values)


def _repeated(one: KeyProbe, keys: tuple[Shown, ...], relation: Relation) -> tuple[tuple[Shown, ...], str]:
    """The rows that repeat a value, by their keys; the values alone where no other key tells them apart."""
    grouped = ", ".join(value.plain for value in one.columns)
    readable = ", ".join(f"min({part.value}::text) AS s{i}" for i, part in enumerate(one.shown))
    values = ", ".join(f"{value.plain} AS k{i}" for i, value in enumerate(one.columns))
    filled = f"FROM {one.source} WHERE {one.complete} GROUP BY {grouped} HAVING count(*) > 1"
    alone = tuple(replace(part, value=f"g.s{i}") for i, part in enumerate(one.shown))
    if one.spec.kind == "primary_key":
        incomplete = " OR ".join(value.is_null for value in one.columns)
        plain = ", ".join(f"{part.value}::text AS s{i}" for i, part in enumerate(one.shown))
        missing = f"SELECT {plain} FROM {relation.name} {ROW} WHERE {incomplete}"
        return alone, f"({missing} UNION ALL SELECT {readable} {filled}) g"
    both = _each_once(keys, one.shown)
    if one.own or both == one.shown:
        return alone, f"(SELECT {readable} {filled}) g"
    same = " AND ".join(f"{value.plain} = g.k{i}" for i, value in enumerate(one.columns))
    return both, f"{one.source} WHERE EXISTS (SELECT 1 FROM (SELECT {values} {filled}) g WHERE {same})"


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str) and len(value) > LONGEST:
        return value[: LONGEST - 1] + "…"
    return value
