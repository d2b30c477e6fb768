"""SQL that turns one scalar into a contract's scalar type, or NULL where it does not fit.

DuckDB's casts round, truncate and drop offsets in silence; a value that would change here is one
that does not fit.
"""

from __future__ import annotations

from meshwright.adapters.extraction.dates import strptime_pattern
from meshwright.model.contract import Property
from meshwright.model.types import INTEGERS, ColumnType, accepts
from meshwright.sql.duckdb_types import duckdb_type

_NUMBERS = frozenset({*INTEGERS, "decimal", "float", "double"})
_MOMENTS = frozenset({"date", "timestamp", "timestamptz"})

_SPACE = " \t\n\v\f\r"

_WHOLE = "[+-]?[0-9]+([.]0*)?"
_EXPONENT = "[+-]?[0-9.]+[eE][+-]?[0-9]+"


def literal(text: str) -> str:
    """`text` as a string literal of DuckDB and of PostgreSQL.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def from_text(text: str, declared: ColumnType, prop: Property | None) -> str:
    """Text as `declared`: `text` is an SQL expression, the result one that is NULL where it fails."""
    target = duckdb_type(declared)
    trimmed = f"trim({text})"
    cast = f"TRY_CAST({trimmed} AS {target})"
    pattern = _pattern(prop)
    match declared.kind:
        case "string" | "any" | "struct":
            return text
        case "binary":
            encoded = prop is not None and prop.options.get("format") in ("byte", "base64")
            return f"TRY(from_base64({trimmed}))" if encoded else f"encode({text})"
        case kind if kind in INTEGERS:
            return f"CASE {_as_written(text, target)} WHEN {_matches(trimmed, _WHOLE)} THEN {cast} END"
        case "decimal":
            return _decimal(text, declared)
        case "double":
            return f"CASE WHEN NOT contains({trimmed}, '_') THEN {cast} END"
        case "float":
            double = f"TRY_CAST({trimmed} AS DOUBLE)"
            return f"CASE WHEN NOT contains({trimmed}, '_') THEN TRY_CAST({double} AS FLOAT) END"
        case "date" if pattern:
            return f"CAST(TRY_STRPTIME({trimmed}, {literal(pattern)}) AS DATE)"
        case "date":  # a cast would drop the time of day
            trimmed = f"trim(trim({text}, {literal(_SPACE)}))"
            cast = f"TRY_CAST({trimmed} AS {target})"
            midnight = f"TRY_CAST({cast} AS TIMESTAMP) = TRY_CAST({trimmed} AS TIMESTAMP)"
            usual = _as_written(text, target, f"strlen({text}) = 10")  # no infinity is that long
            return f"CASE {usual} WHEN {_finite(cast)} AND {midnight} THEN {cast} END"
        case "time" if pattern:
            return f"CAST(TRY_STRPTIME({trimmed}, {literal(pattern)}) AS TIME)"
        case "time":  # a cast would drop the offset
            shape = "'[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?'"
            in_day = f"{cast} < TIME '24:00:00'"
            return f"CASE WHEN regexp_full_match({trimmed}, {shape}) AND {in_day} THEN {cast} END"
        case "timestamp" | "timestamptz":
            return _moment(trimmed, declared, pattern)
    return cast


def convert(expression: str, found: ColumnType, declared: ColumnType) -> str | None:
    """A typed scalar as `declared`, NULL where it does not fit; None when no value ever could."""
    target = duckdb_type(declared)
    cast = f"TRY_CAST({expression} AS {target})"
    if declared.kind == "any":
        return expression
    if declared.kind in _MOMENTS and found.kind in _MOMENTS:
        finite = _finite(expression)
        if accepts(declared, found):
            return f"CASE WHEN {finite} THEN {cast} END"
        same = f"CAST({cast} AS {duckdb_type(found)}) = {expression}"
        return f"CASE WHEN {finite} AND {same} THEN {cast} END"
    if declared.kind == found.kind == "time":
        return f"CASE WHEN {expression} < TIME '24:00:00' THEN {expression} END"
    if accepts(declared, found):
        return f"CAST({expression} AS {target})"
    if declared.kind == "string":
        return f"TRY(decode({expression}))" if found.kind == "binary" else f"CAST({expression} AS VARCHAR)"
    if found.kind in _NUMBERS and declared.kind in ("float", "double"):
        return cast if found.kind not in INTEGERS else _same(expression, cast, found)
    if found.kind in _NUMBERS and declared.kind in _NUMBERS:
        return _same(expression, cast, found)
    if {found.kind, declared.kind} <= {"boolean", *INTEGERS}:
        return _same(expression, cast, found)
    return None


def _same(expression: str, cast: str, found: ColumnType) -> str:
    """The cast value where it is still the same value."""
    return f"CASE WHEN TRY_CAST({cast} AS {duckdb_type(found)}) = {expression} THEN {cast} END"


def _finite(expression: str) -> str:
    return f"isfinite({expression})"


def _pattern(prop: Property | None) -> str | None:
    declared = prop.options.get("format") if prop is not None else None
    return strptime_pattern(declared) if isinstance(declared, str) else None


def _as_written(text: str, target: str, also: str = "true") -> str:
    """The fast way for most values: what prints as it was written has not changed."""
    cast = f"TRY_CAST({text} AS {target})"
    return f"WHEN CAST({cast} AS VARCHAR) = {text} AND {also} THEN {cast}"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def _decimal(text: str, declared: ColumnType) -> str:
    """A cast would round digits beyond the scale; exponents go through a double."""
    target, trimmed = duckdb_type(declared), f"trim({text})"
    fraction = f"[.][0-9]{{0,{declared.scale}}}0*"
    plain = f"[+-]?([0-9]+({fraction})?|{fraction})"
    exponent = f"TRY_CAST(TRY_CAST({trimmed} AS DOUBLE) AS {target})"
    return (
        f"CASE {_as_written(text, target)} "
        f"WHEN {_matches(trimmed, plain)} THEN TRY_CAST({trimmed} AS {target}) "
        f"WHEN {_matches(trimmed, _EXPONENT)} "
        f"AND CAST({exponent} AS DOUBLE) = TRY_CAST({trimmed} AS DOUBLE) THEN {exponent} END"
    )


def _moment(text: str, declared: ColumnType, pattern: str | None) -> str:
    """Text with an offset is converted to UTC; a cast to TIMESTAMP would drop the offset."""
    target = duckdb_type(declared)
    if pattern:
        parsed = f"TRY_STRPTIME({text}, {literal(pattern)})"
        return f"CASE WHEN {_finite(parsed)} THEN CAST({parsed} AS {target}) END"
    parsed = f"TRY_CAST({text} AS TIMESTAMPTZ)"
    plain = f"CAST(TRY_CAST({text} AS TIMESTAMP) AS {target})"
    # Most are written so that there is no room for an offset, and are read in half the time.
    return (
        f"CASE WHEN length({text}) = 19 AND {text}[17] = ':' THEN {plain} "
        f"WHEN length({text}) = 20 AND {text}[17] = ':' AND ends_with({text}, 'Z') THEN {plain} "
        f"WHEN {_finite(parsed)} THEN CAST({parsed} AS {target}) END"
    )
