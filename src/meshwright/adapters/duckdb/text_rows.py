"""Rows of CSV and JSON files in a contract's types, in one pass over the text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from meshwright.adapters.duckdb.relations import free_name, literal, nothing, pattern_list
from meshwright.adapters.extraction.fitting import JSON
from meshwright.adapters.extraction.judging import Misfit, judged_value, misfit_of_column, misfits
from meshwright.adapters.extraction.plain import DATES, plain
from meshwright.adapters.extraction.text import transcoded
from meshwright.model.check import Step
from meshwright.model.contract import ContractObject, Property
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Located
from meshwright.sql.duckdb_types import from_duckdb, quote_identifier

TEXT = ColumnType("string")


@dataclass(frozen=True, slots=True)
class TextRows:
    """Text as rows.

    `sql` is a SELECT with all columns: those in the contract's types, where a value that is not of
    its type is NULL, and each of them as it was found. `columns` are the names of the former;
    `misfits` tell, by place, which rows hold a value that is not of its type. `doubts` are
    aggregates by column, for those that are read plainly: where one is not zero, the rows may be
    others. Of these, `given` are those that the reader itself converts, or fails to read.
    """

    sql: str
    columns: tuple[str, ...]
    misfits: Mapping[tuple[Step, ...], Misfit]
    doubts: Mapping[str, str]
    given: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a column is read: the reader's type for it, what is listed of it, and what can be wrong."""

    read: str
    listed: tuple[str, ...]
    misfits: tuple[Misfit, ...] = ()
    doubt: str | None = None


def text_rows(
    located: Located, obj: ContractObject, plainly: Collection[str] | None = (), grouped: bool = True
) -> TextRows:
    """How to read an object's CSV or JSON files; the columns `plainly`, all with None, by a cast.

    A column that the contract does not have stays text; so does one that has no type there. An
    empty file has every column. `grouped` says whether a file may hold digits that are grouped by
    underscores.
    """
    csv = located.form == "csv"
    names = _csv_columns(located, obj) if csv else tuple(prop.column for prop in obj.properties)
    declared = {prop.column: prop for prop in obj.properties}
    readings: dict[str, _Reading] = {}
    for name in names:
        prop, own = declared.get(name), plainly is None or name in plainly
        kept = quote_identifier(free_name(f"{name} as found", names))
        readings[name] = _reading(quote_identifier(name), kept, TEXT if csv else JSON, prop, own, grouped)
    types = {name: reading.read for name, reading in readings.items()}
    found = _csv(located, types) if csv else _json(located, types)
    listed = ", ".join(part for reading in readings.values() for part in reading.listed)
    return TextRows(
        f"SELECT {listed} FROM ({found}) found",
        names,
        {one.steps: one for reading in readings.values() for one in reading.misfits},
        {name: reading.doubt for name, reading in readings.items() if reading.doubt is not None},
        frozenset(name for name, reading in readings.items() if reading.read in _CONVERTED),
    )


_CONVERTED = ("DATE", "DOUBLE")
"""Types that the reader is told to give."""

CASTING_IN_READERS = "type_pushdown"
"""DuckDB's optimizer that has the reader of CSV cast a column, where a statement casts it and does
nothing else with it. TRY_CAST (DuckDB 2.0) then fails, and a date as text is what stands in the file."""

_FIRST = 2048
"""Rows that tell which columns may be read plainly."""


def plain_at_first(connection: duckdb.DuckDBPyConnection, rows: Callable[..., TextRows]) -> frozenset[str]:
    """The columns that may be read plainly as far as the first rows tell."""
    plainly: Collection[str] | None = None
    while True:
        text = rows(plainly)
        if not text.doubts:
            return frozenset()
        first = f"SELECT {', '.join(text.doubts.values())} FROM (FROM ({text.sql}) LIMIT {_FIRST})"
        try:
            found = connection.execute(first).fetchall()[0]
        except duckdb.Error:  # a date that none is, or whatever: reading exactly will tell
            if plainly is not None or not text.given:
                return frozenset()
            plainly = text.doubts.keys() - text.given
            continue
        return frozenset(name for name, value in zip(text.doubts, found, strict=True) if not value)


def _reading(
    name: str, kept: str, kind: ColumnType, prop: Property | None, plainly: bool, grouped: bool
) -> _Reading:
    raw = f"found.{name}"
    read = "VARCHAR" if kind == TEXT else "JSON"
    if prop is None:
        return _Reading(read, (raw,))
    cast = plain(raw, kept, name, kind, prop, grouped) if plainly else None
    if cast is None:
        wrong = tuple(misfits(kept, name, kind, prop))
        return _Reading(read, (f"{judged_value(raw, kind, prop)} AS {name}", f"{raw} AS {kept}"), wrong)
    listed = (f"{cast.value} AS {name}", f"{cast.kept} AS {kept}")
    return _Reading(cast.read, listed, (misfit_of_column(name, name, prop),), cast.doubt)


def _csv_columns(located: Located, obj: ContractObject) -> tuple[str, ...]:
    headers = [header for header in located.headers if header]
    return tuple(_together(headers)) if headers else tuple(prop.column for prop in obj.properties)


def _csv(located: Located, types: Mapping[str, str]) -> str:
    groups: dict[tuple[str, ...], list[str]] = {}
    for file, header in zip(located.files, located.headers, strict=True):
        if header:
            groups.setdefault(header, []).append(file)
    if not groups:
        return nothing((name, from_duckdb(kind)) for name, kind in types.items())
    delimiter = literal(located.options["delimiter"])
    folded = {name.lower(): kind for name, kind in types.items()}
    reads = []
    for header, files in groups.items():
        columns = ", ".join(f"{literal(name)}: {literal(folded[name.lower()])}" for name in header)
        reads.append(
            f"SELECT * FROM read_csv({pattern_list(files)}, header = true, auto_detect = false, "
            f"delim = {delimiter}, quote = '\"', escape = '\"', nullstr = '', "
            f"dateformat = {literal(DATES)}, columns = {{{columns}}})"
        )
    return " UNION ALL BY NAME ".join(reads)


def _together(headers: Iterable[tuple[str, ...]]) -> Iterator[str]:
    seen: set[str] = set()
    for name in (name for header in headers for name in header):
        if name.lower() not in seen:
            seen.add(name.lower())
            yield name


def _json(located: Located, types: Mapping[str, str]) -> str:
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    layout = "auto" if located.form == "json" else "newline_delimited"
    options = f"format = '{layout}', records = true, dateformat = {literal(DATES)}, columns = {{{columns}}}"
    return f"SELECT * FROM read_json({pattern_list(located.files)}, {options})"


def in_utf8(located: Sequence[Located], scratch: Path) -> Sequence[Located]:
    """The same with copies in `scratch` of the text files that are in another encoding.

    Raises:
        DriftError: a file is not in its encoding.
        Unavailable: a file cannot be read.
        OSError: a copy cannot be written.
    """
    copied: list[Located] = []
    for index, one in enumerate(located):
        encoding = one.options.get("encoding")
        if encoding is None:
            copied.append(one)
            continue
        folder = scratch / f"utf8-{index}"
        files: list[str] = []
        for number, file in enumerate(map(Path, one.files)):
            target = folder / str(number) / file.name.removesuffix(".gz").removesuffix(".zst")
            target.parent.mkdir(parents=True)
            files.append(str(transcoded(file, encoding, target, one.where)))
        copied.append(replace(one, files=tuple(files)))
    return copied
