"""Pages of a relation: filtered, sorted, and begun where the page before ended."""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.errors import InputError
from meshwright.supervision.metamodel.column import ColumnKind, fitted
from meshwright.supervision.metamodel.relation import Relation

MAX_BYTES = 8 << 20
"""What the rows of a page may hold in memory; a page of larger ones has fewer of them."""

_ORDERS = 32


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, how many there are in all, and where the next page begins (None: there is none)."""

    rows: pa.Table
    total: int
    cursor: str | None


@dataclass
class Orders:
    """The order of tables by column, kept as long as the tables are the same."""

    _kept: OrderedDict[tuple[str, str], tuple[pa.Table, pa.Array]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, relation: Relation, table: pa.Table, sort: str | None) -> pa.Array:
        """Row numbers in order of a column (`-` before it: downwards), then of the key; null comes last."""
        name = (relation.name, sort or "")
        with self._lock:
            known = self._kept.get(name)
            if known is not None and known[0] is table:
                self._kept.move_to_end(name)
                return known[1]
        order = pc.sort_indices(table, _sort_keys(relation, sort))
        with self._lock:
            self._kept[name] = (table, order)
            while len(self._kept) > _ORDERS:
                self._kept.popitem(last=False)
        return order


def page(
    relation: Relation,
    table: pa.Table,
    orders: Orders,
    mask: pa.ChunkedArray | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page:
    """The rows that `mask` lets through, in order, at most `limit` of them from where `cursor` stands.

    A cursor holds the values of the last row that was told, not its place: rows that come and go between two
    pages shift nothing.

    Raises:
        InputError: the cursor is none of this list.
    """
    order = _order(relation, table, orders, mask, sort)
    columns = [*([sort.lstrip("-")] if sort is not None else []), *relation.key]
    start = 0 if cursor is None else _start(relation, table, order, columns, sort, cursor)
    end = min(start + limit, len(order))
    rows = _rows(table, order[start:end])
    while rows.nbytes > MAX_BYTES and len(rows) > 1:
        end = start + len(rows) // 2
        rows = rows.slice(0, end - start)
    more = None
    if end < len(order):
        more = _written(
            sort, _values(table, order, end - 1, columns), _before(table, order, end - 1, columns)
        )
    return Page(rows, len(order), more)


_FEW = 20_000
"""Up to so many rows are sorted by themselves; more are picked from the order of all."""


def _order(
    relation: Relation, table: pa.Table, orders: Orders, mask: pa.ChunkedArray | None, sort: str | None
) -> pa.Array:
    if mask is None:
        return orders.of(relation, table, sort)
    kept = pc.indices_nonzero(mask)
    if len(kept) > _FEW:
        order = orders.of(relation, table, sort)
        return order.filter(pc.fill_null(pc.take(mask, order), False))
    keys = _sort_keys(relation, sort)
    return kept.take(pc.sort_indices(table.select(list(dict(keys))).take(kept), keys)) if len(kept) else kept


def _sort_keys(relation: Relation, sort: str | None) -> list[tuple[str, str]]:
    keys = [(column, "ascending") for column in relation.key if sort is None or column != sort.lstrip("-")]
    if sort is None:
        return keys
    return [(sort.lstrip("-"), "descending" if sort.startswith("-") else "ascending"), *keys]


_RUNS = 25


def _rows(table: pa.Table, order: pa.Array) -> pa.Table:
    """The rows of these numbers; those that follow one another are cut out and not copied one by one."""
    runs: list[list[int]] = []
    for number in order.to_pylist():
        if runs and number == runs[-1][1]:
            runs[-1][1] += 1
        elif len(runs) == _RUNS:
            return table.take(order)
        else:
            runs.append([number, number + 1])
    parts = [table.slice(start, end - start) for start, end in runs]
    return pa.concat_tables(parts) if parts else table.slice(0, 0)


def _values(table: pa.Table, order: pa.Array, place: int, columns: Sequence[str]) -> list[Any]:
    row = order[place].as_py()
    return [table[column][row].as_py() for column in columns]


def _before(table: pa.Table, order: pa.Array, place: int, columns: Sequence[str]) -> int:
    """How many rows before this one are equal in these columns; a key tells rows apart, so none should be."""
    values, count = _values(table, order, place, columns), 0
    while place - count > 0 and _values(table, order, place - count - 1, columns) == values:
        count += 1
    return count


def _written(sort: str | None, values: Sequence[Any], before: int) -> str:
    plain = [each.isoformat() if isinstance(each, datetime) else each for each in values]
    text = json.dumps([sort, plain, before], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _start(
    relation: Relation,
    table: pa.Table,
    order: pa.Array,
    columns: Sequence[str],
    sort: str | None,
    cursor: str,
) -> int:
    values, before = _read(relation, columns, sort, cursor)
    low, high = 0, len(order)
    descending = sort is not None and sort.startswith("-")
    while low < high:
        middle = (low + high) // 2
        if _is_less(_values(table, order, middle, columns), values, descending):
            low = middle + 1
        else:
            high = middle
    told = 0
    while told <= before and low + told < len(order):
        if _values(table, order, low + told, columns) != values:
            break
        told += 1
    return low + told


def _is_less(one: Sequence[Any], other: Sequence[Any], first_descends: bool) -> bool:
    for index, (mine, theirs) in enumerate(zip(one, other, strict=True)):
        if mine == theirs:
            continue
        if mine is None or theirs is None:
            return theirs is None
        less: bool = mine < theirs
        return less != (first_descends and index == 0)
    return False


def _read(relation: Relation, columns: Sequence[str], sort: str | None, cursor: str) -> tuple[list[Any], int]:
    kinds: Mapping[str, ColumnKind] = {column.name: column.kind for column in relation.columns}
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        found_sort, values, before = json.loads(text)
        if found_sort != sort or len(values) != len(columns) or type(before) is not int or before < 0:
            raise ValueError
        read = [fitted(value, kinds[name]) for name, value in zip(columns, values, strict=True)]
        if any(value is not None and made is None for value, made in zip(values, read, strict=True)):
            raise ValueError
        if any(isinstance(value, dict | list) for value in values):
            raise ValueError
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise InputError(
            "the cursor is none of this list",
            way_out="use `next` of the page before; leave `cursor` out for the first page",
        ) from None
    return read, before
