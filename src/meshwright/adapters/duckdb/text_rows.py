"""Rows of CSV and JSON files in a contract's types, in one pass over the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from meshwright.adapters.duckdb.relations import free_name, literal, nothing, pattern_list
from meshwright.adapters.extraction.fitting import JSON
from meshwright.adapters.extraction.judging import Misfit, judged_value, misfits
from meshwright.adapters.extraction.text import transcoded
from meshwright.model.check import Step
from meshwright.model.contract import ContractObject
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Located
from meshwright.sql.duckdb_types import quote_identifier

TEXT = ColumnType("string")


@dataclass(frozen=True, slots=True)
class TextRows:
    """Text as rows.

    `sql` is a SELECT with all columns: those in the contract's types, where a value that is not of
    its type is NULL, and each of them as it was found. `columns` are the names of the former;
    `misfits` tell, by place, which rows hold a value that is not of its type.
    """

    sql: str
    columns: tuple[str, ...]
    misfits: Mapping[tuple[Step, ...], Misfit]


def text_rows(located: Located, obj: ContractObject) -> TextRows:
    """How to read an object's CSV or JSON files.

    A column that the contract does not have stays text; so does one that has no type there. An
    empty file has every column.
    """
    if located.form == "csv":
        found, kind = _csv(located, obj), TEXT
    else:
        found, kind = _json(located, obj), JSON
    names = found.columns
    as_found = {name: free_name(f"{name} as found", names) for name in names}
    listed: list[str] = []
    wrong: dict[tuple[Step, ...], Misfit] = {}
    declared = {prop.column: prop for prop in obj.properties}
    for name in names:
        raw = f"found.{quote_identifier(name)}"
        prop = declared.get(name)
        if prop is None:
            listed.append(raw)
            continue
        kept = quote_identifier(as_found[name])
        listed += [f"{judged_value(raw, kind, prop)} AS {quote_identifier(name)}", f"{raw} AS {kept}"]
        wrong.update((one.steps, one) for one in misfits(kept, quote_identifier(name), kind, prop))
    return TextRows(f"SELECT {', '.join(listed)} FROM ({found.sql}) found", names, wrong)


@dataclass(frozen=True, slots=True)
class _Found:
    """A SELECT of columns as they are found."""

    sql: str
    columns: tuple[str, ...]


def _csv(located: Located, obj: ContractObject) -> _Found:
    groups: dict[tuple[str, ...], list[str]] = {}
    for file, header in zip(located.files, located.headers, strict=True):
        if header:
            groups.setdefault(header, []).append(file)
    if not groups:
        columns = tuple(prop.column for prop in obj.properties)
        return _Found(nothing((name, TEXT) for name in columns), columns)
    delimiter = literal(located.options["delimiter"])
    reads = []
    for header, files in groups.items():
        columns_sql = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
        reads.append(
            f"SELECT * FROM read_csv({pattern_list(files)}, header = true, auto_detect = false, "
            f"delim = {delimiter}, quote = '\"', escape = '\"', nullstr = '', columns = {{{columns_sql}}})"
        )
    return _Found(" UNION ALL BY NAME ".join(reads), tuple(_together(groups)))


def _together(headers: Mapping[tuple[str, ...], object]) -> Iterator[str]:
    seen: set[str] = set()
    for name in (name for header in headers for name in header):
        if name.lower() not in seen:
            seen.add(name.lower())
            yield name


def _json(located: Located, obj: ContractObject) -> _Found:
    names = tuple(prop.column for prop in obj.properties)
    columns = ", ".join(f"{literal(name)}: 'JSON'" for name in names)
    layout = "auto" if located.form == "json" else "newline_delimited"
    options = f"format = '{layout}', records = true, columns = {{{columns}}}"
    return _Found(f"SELECT * FROM read_json({pattern_list(located.files)}, {options})", names)


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
