"""Rows of a source into Parquet of the contract's types, or the reason why not."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from meshwright.adapters.extraction.drift import is_classified, never_fits, require_columns
from meshwright.adapters.extraction.fitting import MISFIT, Fit, fit, lenient
from meshwright.adapters.extraction.scalars import literal
from meshwright.errors import DriftError, InputError, MeshwrightError, Unavailable
from meshwright.model.contract import ContractObject, Property
from meshwright.model.types import ColumnType, column_type
from meshwright.provisioning.increments import cursor_text, cursor_value, lower_bound
from meshwright.provisioning.ports import Extraction, Increment
from meshwright.sql.duckdb_types import duckdb_type, quote_identifier

ROW_GROUP = 100_000
"""Rows of a Parquet row group, and so of what is held in memory while writing."""

EXAMPLE = 80
"""Characters shown of a value that does not fit."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of an object's rows: what stands behind FROM, and the columns as they are found there.

    `label` says in words where the rows come from.
    """

    relation: str
    columns: Mapping[str, ColumnType]
    label: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """A part, how each of its columns is read, and the condition on its rows."""

    part: Part
    fits: Sequence[Fit]
    condition: str

    def select(self, obj: ContractObject) -> str:
        """The rows in the contract's types; fails on a value that does not fit."""
        pairs = zip(self.fits, obj.properties, strict=True)
        columns = ", ".join(f"{fitted.value} AS {quote_identifier(prop.column)}" for fitted, prop in pairs)
        return f"SELECT {columns} FROM {self.part.relation} AS found{self.condition}"

    def measure(self) -> str:
        """Rows, then for each column how many values do not fit and one of them."""
        bad = (f"FILTER (WHERE {fitted.misfit})" for fitted in self.fits)
        pairs = (f"count(*) {m}, min({fitted.plain}) {m}" for fitted, m in zip(self.fits, bad, strict=True))
        return f"SELECT count(*), {', '.join(pairs)} FROM {self.part.relation} AS found{self.condition}"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes one object's rows below `folder`, through a connection that may write to `scratch`.

    `explain` turns an error of the source, which DuckDB reports, into one of ours; `reopen` makes
    the parts readable a second time where they can be read only once.
    """

    connection: duckdb.DuckDBPyConnection
    obj: ContractObject
    folder: Path
    scratch: Path
    where: str
    explain: Callable[[duckdb.Error], MeshwrightError]
    reopen: Callable[[], None] | None = None

    def write(self, parts: Sequence[Part], increment: Increment | None = None) -> Extraction:
        """Write the rows at or after the increment's lower bound; nothing is left behind on failure.

        Raises:
            DriftError: columns are missing, or values do not fit.
            Unavailable: the source failed, or the rows cannot be written.
        """
        if not self.obj.properties:
            raise InputError(f"the contract names no columns of {self.obj.name}", where=self.where)
        readings = [_Reading(part, self._fits(part), self._filter(part, increment)) for part in parts]
        staged = self.scratch / "rows.parquet"
        rows_sql = " UNION ALL ".join(reading.select(self.obj) for reading in readings)
        options = f"FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP}"
        try:
            self.connection.execute(f"COPY ({rows_sql}) TO {literal(str(staged))} ({options})")
            rows, cursor = self._reached(staged, increment)
        except duckdb.Error as error:
            raise self._failure(error, readings) from None
        final = self.folder / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', self.obj.name)}.parquet"
        size = staged.stat().st_size
        staged.replace(final)
        return Extraction((str(final),), rows, size, cursor)

    def _fits(self, part: Part) -> list[Fit]:
        require_columns(self.obj, tuple(part.columns), f"{self.where}, {part.label}")
        fits: list[Fit] = []
        for prop in self.obj.properties:
            found = part.columns[prop.column]
            fitted = fit(_column(prop), found, prop)
            if fitted is None:
                raise never_fits(prop, found, f"{self.where}, {part.label}")
            fits.append(fitted)
        return fits

    def _filter(self, part: Part, increment: Increment | None) -> str:
        """Rows from the lower bound on; a cursor that does not fit is kept, to be reported."""
        if increment is None:
            return ""
        prop = cursor_property(self.obj, increment, self.where)
        kind = column_type(prop)
        bound = lower_bound(increment, kind)
        if bound is None:
            return ""
        found = part.columns[prop.column]
        value = lenient(_column(prop), found, prop)
        reached = f"{value} >= CAST({literal(bound)} AS {duckdb_type(kind)})"
        if kind.kind in ("float", "double"):
            # NaN is above every number, but the bounds that other writers give a file leave it out
            reached = f"{reached} OR CAST({value} AS VARCHAR) = 'nan'"
        return f" WHERE {reached} OR ({value}) IS NULL"

    def _reached(self, staged: Path, increment: Increment | None) -> tuple[int, str | None]:
        """Rows written, and the highest cursor value among them."""
        rows = f"read_parquet({literal(str(staged))})"
        if increment is None:
            return int(self._one(f"SELECT count(*) FROM {rows}")[0]), None
        prop = cursor_property(self.obj, increment, self.where)
        kind = column_type(prop)
        column = quote_identifier(prop.column)
        numbers = f" FILTER (WHERE isfinite({column}))" if kind.kind in ("float", "double") else ""
        count, highest = self._one(f"SELECT count(*), CAST(max({column}){numbers} AS VARCHAR) FROM {rows}")
        return int(count), None if highest is None else cursor_text(cursor_value(highest, kind))

    def _one(self, statement: str) -> tuple[Any, ...]:
        row = self.connection.execute(statement).fetchone()
        assert row is not None
        return row

    def _failure(self, error: duckdb.Error, readings: Sequence[_Reading]) -> MeshwrightError:
        if MISFIT not in str(error):
            return write_failure(error, self.folder, self.where) or self.explain(error)
        try:
            return self._misfits(readings)
        except duckdb.Error as second:
            return self.explain(second)

    def _misfits(self, readings: Sequence[_Reading]) -> MeshwrightError:
        """Counts what does not fit, column by column; one more scan, only after a failure."""
        if self.reopen is not None:
            self.reopen()
        total = 0
        bad: dict[str, int] = {}
        examples: dict[str, str] = {}
        for reading in readings:
            row = self._one(reading.measure())
            total += row[0]
            for index, prop in enumerate(self.obj.properties):
                count, example = row[1 + 2 * index : 3 + 2 * index]
                bad[prop.column] = bad.get(prop.column, 0) + count
                if example is not None:
                    examples.setdefault(prop.column, example)
        words = [
            f"column {prop.column}: {bad[prop.column]} of {total} rows "
            f"{'is' if bad[prop.column] == 1 else 'are'} no {column_type(prop)}{_example(prop, examples)}"
            for prop in self.obj.properties
            if bad.get(prop.column)
        ]
        if not words:
            return Unavailable(
                "the source changed while it was read", where=self.where, way_out="run it again"
            )
        return DriftError(
            f"values do not fit the contract: {'; '.join(words)}",
            where=self.where,
            way_out="correct the source, or change the type in the contract",
        )


def cursor_property(obj: ContractObject, increment: Increment, where: str) -> Property:
    """The property that the increment's cursor names.

    Raises:
        InputError: the contract has no such column.
    """
    prop = obj.find(increment.cursor)
    if prop is None:
        raise InputError(
            f"the cursor {increment.cursor} is no column of {obj.name}",
            where=where,
            way_out="name a column in the contract's custom property `cursor`",
        )
    return prop


def write_failure(error: Exception, folder: Path, where: str) -> Unavailable | None:
    """The error for storage that is full or not writable; None when `error` is another."""
    text = str(error)
    codes = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
    reason = next((os.strerror(code) for code in codes if os.strerror(code) in text), None)
    if isinstance(error, OSError):
        reason = error.strerror
    if reason is None and isinstance(error, duckdb.OutOfMemoryException):
        reason = "the rows need more memory and more temporary space than there is"
    if reason is None:
        return None
    return Unavailable(
        f"rows cannot be written below {folder}",
        where=where,
        why=reason,
        way_out="free space there, or choose another folder",
    )


def _column(prop: Property) -> str:
    return f"found.{quote_identifier(prop.column)}"


def _example(prop: Property, examples: Mapping[str, str]) -> str:
    if is_classified(prop):
        return f" (classified {prop.classification or 'in part'}: no example)"
    text = examples.get(prop.column)
    if text is None:
        return ""
    return f", for example {text[:EXAMPLE]!r}{'...' if len(text) > EXAMPLE else ''}"
