"""Values inside JSON, in the types that a contract declares for them.

JSON has texts, numbers and booleans: dates and times are texts in ISO 8601. A value of another type
than the declared one is null here, and breaks the check for its type.
"""

from __future__ import annotations

from meshwright.adapters.extraction.scalars import literal
from meshwright.adapters.postgres.checks.shapes import UNBOUNDED
from meshwright.model.types import ANY, INTEGERS, ColumnType

_DAY = (
    "(?!0000)(?:[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|"
    "(?:0[13578]|1[02])-31)|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_ZONE = "(?:[Zz]|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])"
_UUID = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"

_SPELLED = {
    "date": f"^{_DAY}$",
    "time": f"^{_CLOCK}$",
    "timestamp": f"^{_DAY}(?:[Tt ]{_CLOCK}{_ZONE}?)?$",
    "uuid": f"^{_UUID}$",
}
_ZONED = f"^{_DAY}[Tt ]{_CLOCK}{_ZONE}$"
_UNZONED = f"^{_DAY}(?:[Tt ]{_CLOCK})?$"

_NAMES = {"struct": "object", "map": "object", "list": "array", "boolean": "boolean"}
_LARGEST = {"double": "1.7976931348623158e308", "float": "3.4028235677973366e38"}
_LEAST = {"double": "2.4703282292062327e-324", "float": "7.006492321624085e-46"}


def typeof(document: str) -> str:
    """What kind of JSON a document is: object, array, string, number, boolean."""
    return f"jsonb_typeof({document})"


def text_of(document: str) -> str:
    """A scalar as text."""
    return f"({document} #>> '{{}}')"


def scalar(document: str, declared: ColumnType) -> tuple[str, ColumnType]:
    """The value of a scalar and its type."""
    name = declared.kind
    text = text_of(document)
    if name in (*INTEGERS, "decimal"):
        return f"(CASE WHEN {_is(document, 'number')} THEN {text}::numeric END)", UNBOUNDED
    if name in _LARGEST:
        return _floating(document, name), declared
    if name == "boolean":
        return f"(CASE WHEN {_is(document, 'boolean')} THEN {text}::bool END)", declared
    if name in ("date", "time", "timestamp", "timestamptz"):
        cast = {
            "date": f"{text}::date",
            "time": f"{text}::time",
            "timestamp": f"({text}::timestamptz AT TIME ZONE 'UTC')",
            "timestamptz": f"{text}::timestamptz",
        }[name]
        return f"(CASE WHEN {_is_spelled(document, name)} THEN {cast} END)", declared
    if declared == ANY:
        return f'({text} COLLATE "C")', ANY
    return f'(CASE WHEN {_is(document, "string")} THEN {text} END COLLATE "C")', ColumnType("string")


def is_other(document: str, declared: ColumnType, loose: frozenset[str]) -> str:
    """SQL that is true for a document that is no value of the declared type.

    `loose` are the kinds that may stand for the type; where there are any, numbers may be of any size.
    """
    name = declared.kind
    text = text_of(document)
    if name in _NAMES:
        fits = _is(document, _NAMES[name])
    elif name in ("date", "time", "timestamp", "timestamptz"):
        shape = None
        if name in ("timestamp", "timestamptz") and not loose:
            shape = _ZONED if name == "timestamptz" else _UNZONED
        fits = _is_spelled(document, name, shape)
    elif name == "uuid":
        fits = _is_spelled(document, name)
    elif name in ("string", "binary"):
        fits = _is(document, "string")
    elif name in INTEGERS or name == "decimal":
        sized = _sized(text, declared, bool(loose))
        fits = f"(CASE WHEN {_is(document, 'number')} THEN {sized} ELSE false END)"
    elif name in _LARGEST:
        fits = _is(document, "number")
    else:
        return "false"
    return f"({document} IS NOT NULL AND NOT {fits})"


def _sized(text: str, declared: ColumnType, loose: bool) -> str:
    value = f"{text}::numeric"
    if declared.kind == "decimal":
        if loose:
            return "true"
        whole = declared.precision - declared.scale
        return f"abs({value}) < 1e{whole}::numeric AND {value} = trunc({value}, {declared.scale})"
    fits = f"{value} = trunc({value})"
    if loose:
        return fits
    half = 2 ** (int(declared.kind.removeprefix("int")) - 1)
    return f"{fits} AND {value} BETWEEN {-half} AND {half - 1}"


def _is(document: str, name: str) -> str:
    return f"({typeof(document)} = '{name}')"


def _is_spelled(document: str, name: str, shape: str | None = None) -> str:
    shape = shape or _SPELLED["timestamp" if name == "timestamptz" else name]
    matches = f'{text_of(document)} COLLATE "C" ~ {literal(shape)}'
    return f"({_is(document, 'string')} AND {matches})"


def _floating(document: str, name: str) -> str:
    """The nearest floating-point number; PostgreSQL's own cast refuses those that are out of range."""
    value = f"{text_of(document)}::numeric"
    cast = "float8" if name == "double" else "float4"
    return (
        f"(CASE WHEN {_is(document, 'number')} THEN CASE "
        f"WHEN abs({value}) > {_LARGEST[name]}::numeric "
        f"THEN CASE WHEN {value} > 0 THEN 'Infinity'::{cast} ELSE '-Infinity'::{cast} END "
        f"WHEN abs({value}) < {_LEAST[name]}::numeric THEN 0::{cast} "
        f"ELSE {value}::{cast} END END)"
    )
