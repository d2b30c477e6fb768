"""SQL that is true for a value that violates a check, and null or false for one that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from meshwright.adapters.duckdb.checks.literals import enum_literal, text, violates
from meshwright.adapters.duckdb.checks.paths import field
from meshwright.adapters.extraction.exact import Inapplicable, decimal_text, number
from meshwright.model.check import CheckSpec
from meshwright.model.types import INTEGERS, ColumnType

_LOW = ("minimum", "exclusiveMinimum")
_HIGH = ("maximum", "exclusiveMaximum")
_EXACT_DOUBLE = 2**53


def predicate(spec: CheckSpec, kind: ColumnType) -> Callable[[str], str]:
    """What a value of type `kind` must not be: a function from its expression to SQL.

    Raises:
        Inapplicable: the check cannot be computed on such a column.
    """
    if spec.kind == "metric":
        return _METRICS[spec.arguments["metric"]](spec.arguments, kind)
    return _KINDS[spec.kind](spec.arguments, kind)


def _required(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    return "{} IS NULL".format


def _enum(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    found = (enum_literal(value, kind) for value in arguments["values"])
    literals = list(dict.fromkeys(one for one in found if one is not None))
    if not literals:
        return "{} IS NOT NULL".format
    listed = ", ".join(literals)
    return lambda value: f"{_plain_text(value, kind)} NOT IN ({listed})"


def _missing(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    found = (enum_literal(value, kind) for value in arguments["values"] if value is not None)
    listed = ", ".join(dict.fromkeys(one for one in found if one is not None))
    if not listed:
        return "{} IS NULL".format
    return lambda value: f"({value} IS NULL OR {_plain_text(value, kind)} IN ({listed}))"


def _length(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    _need_text(kind, "a length", "binary")
    measure = "octet_length({})" if kind.kind == "binary" else "length({})"
    return lambda value: _outside(
        measure.format(_plain_text(value, kind)), arguments.get("minLength"), arguments.get("maxLength")
    )


def _pattern(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    _need_text(kind, "a pattern")
    pattern = text(str(arguments["pattern"]))
    return lambda value: f"NOT regexp_matches({_plain_text(value, kind)}, {pattern})"


def _bounds(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    zone = str(arguments.get("timezone", "UTC"))
    given = [name for name in (*_LOW, *_HIGH) if name in arguments]
    for name in given:
        violates("x", name, arguments[name], kind, zone)

    def outside(value: str) -> str:
        parts = [violates(value, name, arguments[name], kind, zone) for name in given]
        if kind.kind in ("float", "double") and not any(name in _HIGH for name in given):
            parts.append(f"isnan({value})")
        return f"({' OR '.join(parts)})"

    return outside


def _multiple_of(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    """Exact for whole numbers and decimals; a float counts as the decimal that it is written as."""
    step = number(arguments["multipleOf"])
    if isinstance(step, float) or step <= 0:
        raise Inapplicable(f"`multipleOf` must be a positive number, and is {arguments['multipleOf']!r}")
    if kind.kind in INTEGERS:
        return lambda value: f"{value} % {step.numerator} <> 0"
    if kind.kind == "decimal":
        # A multiple of p/q with k decimals is a multiple of the least common multiple with 10^-k.
        scale = 10**kind.scale
        whole = (step * scale).numerator
        if whole >= 10**38:
            return "{} <> 0".format
        return lambda value: f"{value} % {decimal_text(Fraction(whole, scale))} <> 0"
    if kind.kind not in ("float", "double"):
        raise Inapplicable(f"`multipleOf` applies to numbers, and the column is {kind}")
    p, q = step.numerator, step.denominator
    if max(p, q) >= _EXACT_DOUBLE:
        raise Inapplicable(f"`multipleOf` {arguments['multipleOf']!r} is too fine for a {kind} column")

    def uneven(value: str) -> str:
        wide = f"{value}::DOUBLE"
        if q == 1:
            return f"(NOT isfinite({value}) OR {wide} % {p} <> 0)"
        nearest = f"(round({wide} * {q} / {p}) * {p} / {q})"
        cast = f"{nearest}::FLOAT" if kind.kind == "float" else nearest
        limit = _EXACT_DOUBLE // q
        return f"(NOT isfinite({value}) OR (abs({wide}) < {limit} AND {cast} <> {value}))"

    return uneven


def _size(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    counts = {"list": "len({})", "map": "cardinality({})"}
    if kind.kind == "struct":
        fewest, most = arguments.get("minProperties"), arguments.get("maxProperties")
        return lambda value: _outside(_present_fields(value, kind), fewest, most, value)
    if kind.kind not in counts:
        raise Inapplicable(f"a number of items applies to arrays and objects, and the column is {kind}")
    low = arguments.get("minItems", arguments.get("minProperties"))
    high = arguments.get("maxItems", arguments.get("maxProperties"))
    return lambda value: _outside(counts[kind.kind].format(value), low, high)


def _present_fields(value: str, kind: ColumnType) -> str:
    parts = (f"({field(value, name)} IS NOT NULL)::INT" for name, _ in kind.fields)
    return f"({' + '.join(parts) or '0'})"


def _unique_items(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    if kind.kind != "list":
        raise Inapplicable(f"`uniqueItems` applies to arrays, and the column is {kind}")
    return lambda value: f"list_unique({value}) < list_count({value})"


def _required_keys(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    keys: tuple[str, ...] = arguments["keys"]
    if kind.kind == "map":
        return lambda value: _any_of(
            value, [f"map_extract_value({value}, {text(key)}) IS NULL" for key in keys]
        )
    if kind.kind != "struct":
        raise Inapplicable(f"`required` names the properties of an object, and the column is {kind}")
    have = {name for name, _ in kind.fields}
    if any(key not in have for key in keys):
        return "{} IS NOT NULL".format
    return lambda value: _any_of(value, [f"{field(value, key)} IS NULL" for key in keys])


def _format(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    if "timezone" in arguments:
        right = {True: "timestamptz", False: "timestamp"}[arguments["timezone"]]
        if kind.kind not in ("timestamp", "timestamptz"):
            raise Inapplicable(f"`timezone` applies to timestamps, and the column is {kind}")
        return _constant(kind.kind == right)
    if arguments.get("temporal") and kind.kind in ("date", "time", "timestamp", "timestamptz"):
        return _constant(True)
    if arguments.get("format") == "uuid" and kind.kind == "uuid":
        return _constant(True)
    if "whole" in arguments:
        _need_text(kind, f"the format `{arguments['format']}`")
        whole, longest = text(arguments["whole"]), arguments.get("longest")
        size = f" OR length({{}}) > {longest}" if longest else ""
        return lambda value: (
            f"(NOT regexp_full_match({_plain_text(value, kind)}, {whole}){size.format(value)})"
        )
    if "normalized" in arguments:
        if kind.kind != "list":
            raise Inapplicable(f"`normalized` applies to vectors, and the column is {kind}")
        return lambda value: f"abs(list_sum(list_transform({value}, lambda v: v::DOUBLE * v)) - 1) > 0.02"
    if "largest" in arguments:
        if kind.kind != "double":
            return _constant(True)
        return lambda value: f"(isfinite({value}) AND abs({value}) > '{arguments['largest']!r}'::DOUBLE)"
    return _bounds(arguments, kind)


def _constant(holds: bool) -> Callable[[str], str]:
    return (lambda value: "false") if holds else "{} IS NOT NULL".format


def _invalid(arguments: Mapping[str, Any], kind: ColumnType) -> Callable[[str], str]:
    parts: list[Callable[[str], str]] = []
    for needs, build in (
        (("values",), _enum),
        (("pattern",), _pattern),
        (("minLength", "maxLength"), _length),
        ((*_LOW, *_HIGH), _bounds),
        (("multipleOf",), _multiple_of),
    ):
        if any(name in arguments for name in needs):
            parts.append(build(arguments, kind))
    if "formats" in arguments:
        parts.append(_format(arguments["formats"], kind))
    return lambda value: f"({' OR '.join(part(value) for part in parts)})"


_KINDS: Mapping[str, Callable[[Mapping[str, Any], ColumnType], Callable[[str], str]]] = {
    "required": _required,
    "enum": _enum,
    "length": _length,
    "pattern": _pattern,
    "bounds": _bounds,
    "multiple_of": _multiple_of,
    "size": _size,
    "unique_items": _unique_items,
    "required_keys": _required_keys,
    "format": _format,
}

_METRICS: Mapping[str, Callable[[Mapping[str, Any], ColumnType], Callable[[str], str]]] = {
    "nullValues": _required,
    "missingValues": _missing,
    "invalidValues": _invalid,
}


def _plain_text(value: str, kind: ColumnType) -> str:
    return f"{value}::VARCHAR" if kind.kind in ("uuid", "any") else value


def _need_text(kind: ColumnType, what: str, *also: str) -> None:
    if kind.kind not in ("string", "uuid", "any", *also):
        raise Inapplicable(f"{what} applies to text, and the column is {kind}")


def _any_of(value: str, parts: list[str]) -> str:
    return f"({value} IS NOT NULL AND ({' OR '.join(parts)}))"


def _outside(count: str, low: Any, high: Any, guard: str | None = None) -> str:
    """SQL for a count below `low` or above `high`; nothing where `guard` is null."""
    parts = [f"{count} < {int(low)}"] if low is not None else []
    parts += [f"{count} > {int(high)}"] if high is not None else []
    either = f"({' OR '.join(parts)})" if parts else "false"
    return f"({guard} IS NOT NULL AND {either})" if guard else either
