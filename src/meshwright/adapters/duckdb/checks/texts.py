"""Counts over rows of text: reading them again costs more than all that is counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import duckdb

from meshwright.adapters.duckdb.checks.probes import KeyProbe, Probe, QueryProbe
from meshwright.adapters.duckdb.checks.tally import Tally, tally, wanted_of
from meshwright.model.types import INTEGERS

_HASHED = frozenset({*INTEGERS, "boolean", "string", "decimal", "date", "timestamp", "uuid"})
"""Kinds of which equal values are the same bytes, so that they have the same hash."""


class Doubted(Exception):
    """Columns that were read plainly hold what has to be read exactly."""

    def __init__(self, columns: Collection[str]) -> None:
        super().__init__(", ".join(columns))
        self.columns = frozenset(columns)


def tally_text(
    connection: duckdb.DuckDBPyConnection, relation: str, asked: Sequence[Probe], doubts: Mapping[str, str]
) -> dict[str, Tally]:
    """Every aggregate, those of keys and of rules that count rows among them, in one scan.

    `doubts` are aggregates by column, which have to be zero. Keys are hashed first: where all
    hashes differ, so do the keys, and a second scan is for those with repetitions alone.

    Raises:
        Doubted: one of `doubts` is not zero.
        duckdb.Error: the data cannot be read.
    """
    keys = [one for one in asked if isinstance(one, KeyProbe) and not one.own]
    rules = [one.merged for one in asked if isinstance(one, QueryProbe) and one.merged is not None]
    first = {one.counted: _hashed(one) or one.counted for one in keys}
    wanted = dict.fromkeys([*first.values(), *rules, *doubts.values()])
    found = tally(connection, relation, {**wanted_of(asked), **wanted})
    doubted = [column for column, sql in doubts.items() if found[sql].value != 0]
    if doubted:
        raise Doubted(doubted)
    again = {
        one.counted: None
        for one in keys
        if first[one.counted] != one.counted and found[first[one.counted]].value != found[one.filled].value
    }
    if again:
        found.update(tally(connection, relation, {"count(*)": None, **again}))
    for one in keys:
        found[one.distinct] = found[one.counted if one.counted in found else first[one.counted]]
    return found


def _hashed(one: KeyProbe) -> str | None:
    """An aggregate: how many hashes the complete keys have, which is never more than there are keys."""
    if not all(part.kind.kind in _HASHED for part in one.shown):
        return None
    return f"count(DISTINCT hash({', '.join(one.columns)})) FILTER (WHERE {one.complete})"
