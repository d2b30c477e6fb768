"""SQL that is true for a value that violates a check, and null or false for one that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from meshwright.adapters.extraction.exact import Inapplicable, number
from meshwright.adapters.extraction.scalars import literal
from meshwright.adapters.postgres.checks import documents
from meshwright.adapters.postgres.checks.literals import enum_literal, floating, violates
from meshwright.adapters.postgres.checks.paths import Value
from meshwright.adapters.postgres.checks.patterns import translated
from meshwright.model.check import CheckSpec
from meshwright.model.types import INTEGERS
from meshwright.sql.duckdb_types import quote_identifier

_LOW = ("minimum", "exclusiveMinimum")
_HIGH = ("maximum", "exclusiveMaximum")
_EXACT_DOUBLE = 2**53
_NOT_A_NUMBER = {"decimal": "numeric", "float": "float4", "double": "float8"}


class Encoding:
    """The database's encoding: whether it knows characters, and whether those of Unicode."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.unicode = name == "UTF8"
        self.characters = self.unicode or name.startswith(("LATIN", "WIN", "ISO_8859", "KOI8"))

    def check(self, what: str) -> None:
        """Refuse what needs characters where there are bytes.

        Raises:
            Inapplicable: the database does not tell what its characters are.
        """
        if not self.characters:
            raise Inapplicable(f"{what} needs characters, and the database's encoding is {self.name}")


def predicate(spec: CheckSpec, value: Value, encoding: Encoding) -> str:
    """What a value must not be, as SQL.

    Raises:
        Inapplicable: the check cannot be computed on such a column.
    """
    if spec.kind == "metric":
        return _METRICS[spec.arguments["metric"]](spec.arguments, value, encoding)
    return _KINDS[spec.kind](spec.arguments, value, encoding)


def _required(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    return value.is_null


def _listed(values: Any, value: Value) -> str:
    found = (enum_literal(one, value.kind) for one in values)
    return ", ".join(dict.fromkeys(one for one in found if one is not None))


def _enum(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    listed = _listed(arguments["values"], value)
    return f"{_comparable(value)} NOT IN ({listed})" if listed else value.is_filled


def _missing(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    listed = _listed((one for one in arguments["values"] if one is not None), value)
    return f"({value.is_null} OR {_comparable(value)} IN ({listed}))" if listed else value.is_null


def _length(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    _need_text(value, "a length", "binary")
    if value.kind.kind == "binary":
        measure = f"octet_length({value.plain})"
    else:
        encoding.check("a length")
        measure = f"char_length({_comparable(value)})"
    return _outside(measure, arguments.get("minLength"), arguments.get("maxLength"))


def _pattern(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    _need_text(value, "a pattern")
    encoding.check("a pattern")
    return _unmatched(value, str(arguments["pattern"]), encoding)


def _unmatched(value: Value, pattern: str, encoding: Encoding) -> str:
    return f"{_comparable(value)} !~ {literal(translated(pattern, encoding.unicode))}"


def _bounds(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    zone = str(arguments.get("timezone", "UTC"))
    given = [name for name in (*_LOW, *_HIGH) if name in arguments]
    kind = value.kind
    parts = [violates(value.plain, name, arguments[name], kind, zone) for name in given]
    if kind.kind in _NOT_A_NUMBER and not any(name in _HIGH for name in given):
        parts.append(f"{value.plain} = 'NaN'::{_NOT_A_NUMBER[kind.kind]}")
    return f"({' OR '.join(parts)})"


def _multiple_of(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    """Exact for whole numbers and decimals; a float counts as the decimal that it is written as."""
    step = number(arguments["multipleOf"])
    if isinstance(step, float) or step <= 0:
        raise Inapplicable(f"`multipleOf` must be a positive number, and is {arguments['multipleOf']!r}")
    kind, plain = value.kind, value.plain
    if kind.kind in INTEGERS:
        if step.numerator >= 2**63:
            return f"{plain} <> 0"
        return f"{plain} % {step.numerator} <> 0"
    if kind.kind == "decimal":
        # A multiple of p/q is one whose q-fold is a multiple of p; infinities and NaN are none.
        scaled = plain if step.denominator == 1 else f"{plain} * {step.denominator}"
        return f"mod({scaled}, {step.numerator}::numeric) <> 0"
    if kind.kind not in ("float", "double"):
        raise Inapplicable(f"`multipleOf` applies to numbers, and the column is {value.shape}")
    if max(step.numerator, step.denominator) >= _EXACT_DOUBLE:
        raise Inapplicable(f"`multipleOf` {arguments['multipleOf']!r} is too fine for a {kind} column")
    return _uneven(plain, kind.kind, step)


def _uneven(plain: str, name: str, step: Fraction) -> str:
    """Whether no multiple of a step is nearest to a floating-point number.

    Between the numbers that are smaller than any step and those that are further from each other
    than steps, the multiples around the number are written out.
    """
    own = _NOT_A_NUMBER[name]
    huge, wide = ("1e30" if name == "float" else "1e300"), f"{plain}::float8"
    tiny = floating(step / 4, "double")
    exact = f"{wide}::text::numeric"
    p, q = f"{step.numerator}::numeric", f"{step.denominator}::numeric"
    steps = f"round({exact} * {q} / {p})"
    near = ", ".join(f"(({steps} + ({delta})) * {p} / {q})::float8::{own}" for delta in (-1, 0, 1))
    return (
        f"(CASE WHEN {wide} IN ('NaN', 'Infinity', '-Infinity') THEN true "
        f"WHEN {wide} = 0 OR abs({wide}) >= '{huge}'::float8 THEN false "
        f"WHEN abs({wide}) < {tiny} THEN true ELSE {plain} NOT IN ({near}) END)"
    )


def _size(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    kind = value.kind.kind
    low, high = arguments.get("minProperties"), arguments.get("maxProperties")
    if kind == "struct":
        return f"({value.is_filled} AND {_outside(_fields(value), low, high)})"
    if kind not in ("list", "map"):
        raise Inapplicable(
            f"a number of items applies to arrays and objects, and the column is {value.shape}"
        )
    low, high = arguments.get("minItems", low), arguments.get("maxItems", high)
    if not value.document:
        return _outside(f"cardinality({value.sql})", low, high)
    if kind == "map":
        keys = f"SELECT count(*) FROM jsonb_object_keys({value.sql})"
        return _of(value, "object", _outside(f"({keys})", low, high))
    return _of(value, "array", _outside(f"jsonb_array_length({value.sql})", low, high))


def _of(value: Value, name: str, test: str) -> str:
    """A test of JSON of one kind; the check for its type tells the others."""
    return f"(CASE WHEN {documents.typeof(value.sql)} = '{name}' THEN {test} END)"


def _fields(value: Value) -> str:
    """How many fields of an object have a value."""
    if value.document:
        pairs = f"jsonb_each(CASE WHEN {documents.typeof(value.sql)} = 'object' THEN {value.sql} END)"
        return f"(SELECT count(*) FROM {pairs} e(k, v) WHERE e.v <> 'null'::jsonb)"
    parts = (
        f"(({value.sql}).{quote_identifier(name)} IS DISTINCT FROM NULL)::int"
        for name, _ in value.shape.fields
    )
    return f"({' + '.join(parts) or '0'})"


def _unique_items(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    if value.kind.kind != "list":
        raise Inapplicable(f"`uniqueItems` applies to arrays, and the column is {value.shape}")
    if value.document:
        items = f"SELECT count(*) <> count(DISTINCT e.v) FROM jsonb_array_elements({value.sql}) e(v)"
        return _of(value, "array", f"({items} WHERE e.v <> 'null'::jsonb)")
    assert value.shape.item is not None
    item = Value("e.v", value.shape.item, None)
    items = f"FROM (SELECT unnest({value.sql}) AS v) e WHERE {item.is_filled}"
    return (
        f"(SELECT count(*) <> (SELECT count(*) FROM (SELECT DISTINCT {_distinct(item)} {items}) d) {items})"
    )


def _distinct(item: Value) -> str:
    return f"{item.sql}::jsonb" if item.shape.is_document else item.plain


def _required_keys(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    keys: tuple[str, ...] = arguments["keys"]
    if value.document:
        missing = " OR ".join(f"nullif({value.sql} -> {literal(key)}, 'null') IS NULL" for key in keys)
        return _of(value, "object", f"({missing})")
    if value.kind.kind != "struct":
        raise Inapplicable(f"`required` names the properties of an object, and the column is {value.shape}")
    have = {name for name, _ in value.shape.fields}
    if any(key not in have for key in keys):
        return value.is_filled
    missing = " OR ".join(f"({value.sql}).{quote_identifier(key)} IS NOT DISTINCT FROM NULL" for key in keys)
    return f"({value.is_filled} AND ({missing}))"


def _format(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    kind = value.kind
    if "timezone" in arguments:
        right = {True: "timestamptz", False: "timestamp"}[arguments["timezone"]]
        if kind.kind not in ("timestamp", "timestamptz"):
            raise Inapplicable(f"`timezone` applies to timestamps, and the column is {value.shape}")
        return "false" if kind.kind == right else value.is_filled
    if arguments.get("temporal") and kind.kind in ("date", "time", "timestamp", "timestamptz"):
        return "false"
    if arguments.get("format") == "uuid" and kind.kind == "uuid":
        return "false"
    if "whole" in arguments:
        _need_text(value, f"the format `{arguments['format']}`")
        encoding.check("a format")
        unmatched = _unmatched(value, rf"\A(?:{arguments['whole']})\z", encoding)
        longest = arguments.get("longest")
        size = f" OR char_length({_comparable(value)}) > {longest}" if longest else ""
        return f"({unmatched}{size})"
    if "normalized" in arguments:
        return _not_normalized(value)
    if "largest" in arguments:
        if kind.kind != "double" and not (value.document and kind.kind == "decimal"):
            return "false"
        largest = f"'{arguments['largest']!r}'::{_NOT_A_NUMBER[kind.kind]}"
        infinite = f"{value.plain}::text IN ('NaN', 'Infinity', '-Infinity')"
        return f"(abs({value.plain}) > {largest} AND NOT {infinite})"
    return _bounds(arguments, value, encoding)


def _not_normalized(value: Value) -> str:
    if value.kind.kind != "list":
        raise Inapplicable(f"`normalized` applies to vectors, and the column is {value.shape}")
    if value.document:
        item = documents.text_of("e.v") + "::numeric"
        items = f"jsonb_array_elements({value.sql}) e(v) WHERE {documents.typeof('e.v')} = 'number'"
        return _of(value, "array", f"(SELECT abs(sum({item} * {item}) - 1) > 0.02 FROM {items})")
    return f"(SELECT abs(sum(e.v::float8 * e.v::float8) - 1) > 0.02 FROM unnest({value.sql}) e(v))"


def _invalid(arguments: Mapping[str, Any], value: Value, encoding: Encoding) -> str:
    parts: list[str] = []
    for needs, build in (
        (("values",), _enum),
        (("pattern",), _pattern),
        (("minLength", "maxLength"), _length),
        ((*_LOW, *_HIGH), _bounds),
        (("multipleOf",), _multiple_of),
    ):
        if any(name in arguments for name in needs):
            parts.append(build(arguments, value, encoding))
    if "formats" in arguments:
        parts.append(_format(arguments["formats"], value, encoding))
    return f"({' OR '.join(parts)})"


_Build = Callable[[Mapping[str, Any], Value, Encoding], str]

_KINDS: Mapping[str, _Build] = {
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

_METRICS: Mapping[str, _Build] = {
    "nullValues": _required,
    "missingValues": _missing,
    "invalidValues": _invalid,
}


def _comparable(value: Value) -> str:
    """A value beside literals of texts, where those are its type's."""
    return f"{value.plain}::text" if value.kind.kind == "uuid" else value.plain


def _need_text(value: Value, what: str, *also: str) -> None:
    if value.kind.kind not in ("string", "uuid", "any", *also):
        raise Inapplicable(f"{what} applies to text, and the column is {value.shape}")


def _outside(count: str, low: Any, high: Any) -> str:
    """SQL for a count below `low` or above `high`."""
    parts = [f"{count} < {int(low)}"] if low is not None else []
    parts += [f"{count} > {int(high)}"] if high is not None else []
    return f"({' OR '.join(parts)})" if parts else "false"
