"""Values as most files write them, which a cast alone reads right.

What reads every text exactly costs several times what a cast costs. A cast is as good where
nothing was written in another way, and one aggregate over all rows tells whether that is so:
its doubts. Only where there are none may a column that is read plainly stand for one that is
read exactly (`judging`).
"""

from __future__ import annotations

from dataclasses import dataclass

from meshwright.adapters.extraction.dates import strptime_pattern
from meshwright.adapters.extraction.fitting import JSON
from meshwright.model.contract import Property
from meshwright.model.types import INTEGERS, ColumnType, column_type
from meshwright.sql.duckdb_types import duckdb_type

DATES = "%Y-%m-%d"
"""How a reader has to be told that dates are written, to give a column as DATE itself."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A column that is cast.

    `read` is the type in which the reader has to give it, `value` and `kept` are SQL over that:
    the value in the contract's type, and what it was made from. `doubt` is an aggregate over a
    relation that has both, zero where reading exactly gives these values and no misfit.
    """

    read: str
    value: str
    kept: str
    doubt: str


def plain(found: str, kept: str, value: str, kind: ColumnType, prop: Property, grouped: bool) -> Plain | None:
    """How to read a property plainly, None where that is no gain.

    `found` is the SQL of the column as the reader gives it, `kept` and `value` are the names that
    the results get; `kind` tells whether the reader reads texts or JSON values, and `grouped` whether
    there may be a text with digits grouped by underscores.
    """
    declared = column_type(prop)
    cast = f"TRY_CAST({found} AS {duckdb_type(declared)})"
    there, valued = f"count({kept})", f"count({value})"
    same = f"CAST({value} AS VARCHAR) = {kept}"
    match declared.kind:
        case "date" if not _has_pattern(prop):  # of the words that are no dates the reader makes that day
            return Plain("DATE", found, found, _rows_where(f"{value} = DATE '1900-01-01'"))
        case "timestamp" if not _has_pattern(prop):
            doubt = f"{there} - {_rows_where(f'{same} AND strlen({kept}) = 19')}"
            return Plain("VARCHAR", cast, found, doubt)
        case "double" if kind != JSON and not grouped:
            return Plain("DOUBLE", found, found, "0")
        case "string" if kind == JSON:
            return Plain("VARCHAR", found, found, _rows_where(_may_be_no_string(value)))
    if kind == JSON:  # a string keeps its quotes, and is no number
        found = f"CAST({found} AS VARCHAR)"
        cast = f"TRY_CAST({found} AS {duckdb_type(declared)})"
    read = "JSON" if kind == JSON else "VARCHAR"
    if declared.kind in INTEGERS:
        return Plain(read, cast, found, f"{there} - {_rows_where(_is_written(value, kept))}")
    if declared.kind == "decimal":
        return Plain(read, cast, found, f"{there} - {_rows_where(same)}")
    if declared.kind == "double":
        doubt, underscores = f"{there} - {valued}", _rows_where(f"contains({kept}, '_')")
        return Plain(read, cast, found, doubt if kind == JSON else f"{doubt} + {underscores}")
    if declared.kind == "boolean" and kind != JSON:
        return Plain(read, cast, found, f"{there} - {valued}")
    return None


_POWERS = f"[{', '.join(str(10**power) for power in range(19))}]"
"""By the length of a text, the least integer with so many digits."""


def _is_written(value: str, text: str) -> str:
    """Whether a text is how the integer that was cast from it is written.

    To write the integer again costs twice what this does for most. A text that begins with 1 to 9
    (or what is greater) has no sign, space, point or prefix of another base before its digits. Then
    only an exponent gives the integer as many digits as the text has characters: one greater by two
    or more than the digits behind the point, so that 100 divides the integer.
    """
    same = f"CAST({value} AS VARCHAR) = {text}"
    short = f"{value} >= {_POWERS}[strlen({text})] AND {value} % 100 <> 0 AND {text} >= '1'"
    return f"CASE WHEN {short} THEN true ELSE {same} END"


def _rows_where(condition: str) -> str:
    """How many rows there are for which a condition is true.

    A FILTER would compute it apart from all else; `count_if` is NULL where it is never known.
    """
    return f"coalesce(count_if({condition}), 0)"


def _has_pattern(prop: Property) -> bool:
    declared = prop.options.get("format")
    return isinstance(declared, str) and strptime_pattern(declared) is not None


def _may_be_no_string(text: str) -> str:
    """Whether a JSON value that reads as this text may be a number, a boolean, an array or an object.

    Spelled in comparisons, which cost a fifth of what a list or a pattern does.
    """
    number = f"{text} < ':' AND {text} >= '-'"
    nested = f"{text} >= '[' AND {text} < '\\' OR {text} >= '{{' AND {text} < '|'"
    boolean = f"{text} = 'true' OR {text} = 'false'"
    word = f"strlen({text}) = 3 AND lower({text}) IN ('nan', 'inf')"
    return f"{number} OR {nested} OR {boolean} OR {word} OR strlen({text}) = 8 AND lower({text}) = 'infinity'"
