"""SQL that fits a found column, nested or not, to a contract's property."""

from __future__ import annotations

from dataclasses import dataclass

from meshwright.adapters.extraction.scalars import convert, from_text, literal
from meshwright.model.contract import Property
from meshwright.model.types import ANY, INTEGERS, ColumnType, accepts, column_type
from meshwright.sql.duckdb_types import duckdb_type

JSON = ColumnType("json")
"""Found as a JSON value: each value has a type of its own."""

MISFIT = "meshwright: a value does not fit"
"""The error that a strict expression raises; its text never holds a value."""

_NESTED = frozenset({"struct", "list", "map"})


@dataclass(frozen=True, slots=True)
class Manner:
    """How values are taken: `strict` fails on one that does not fit, else it is NULL.

    `typed` asks that a JSON value has the JSON type that its declared type is written in; without,
    what reads as the declared type fits ("5" as a number).
    """

    strict: bool = True
    typed: bool = False


EXACT = Manner()

_NUMERIC = frozenset({*INTEGERS, "decimal", "float", "double"})


@dataclass(frozen=True, slots=True)
class Fit:
    """How a column is read: `value` fails on a value that does not fit, `misfit` is true for it."""

    value: str
    misfit: str
    plain: str  # the value as text, for examples


def fit(expression: str, found: ColumnType, prop: Property, manner: Manner = EXACT) -> Fit | None:
    """How `expression` of type `found` becomes the property's type; None when no value ever could."""
    declared = column_type(prop)
    plain = f"CAST({expression} AS VARCHAR)"
    if found == JSON:
        return _from_json(expression, declared, prop, 0, manner)
    nested = declared.kind in _NESTED and not (declared.kind == "struct" and not declared.fields)
    if found.kind in ("string", "any") and nested:
        parsed = f"TRY_CAST({expression} AS JSON)"
        inner = _from_json(parsed, declared, prop, 0, manner)
        broken = f"({expression} IS NOT NULL AND {parsed} IS NULL)"
        failure = _failure(declared, manner)
        return Fit(
            f"CASE WHEN {broken} THEN {failure} ELSE {inner.value} END",
            f"({broken} OR {inner.misfit})",
            plain,
        )
    if found.kind in ("string", "any"):
        text = expression if found.kind == "string" else plain
        return _read(expression, from_text(text, declared, prop), declared, plain, manner)
    if found.kind in _NESTED and declared.kind != "any":
        if nested and accepts(declared, found):
            return Fit(f"CAST({expression} AS {duckdb_type(declared)})", "false", plain)
        if nested or declared.kind in ("string", "struct"):
            return _from_json(f"to_json({expression})", declared, prop, 0, manner)
        return None
    value = convert(expression, found, declared) if not nested else None
    return None if value is None else _read(expression, value, declared, plain, manner)


def lenient(expression: str, found: ColumnType, prop: Property) -> str:
    """A scalar column in the property's type, NULL where a value does not fit."""
    declared = column_type(prop)
    if found == JSON:
        return from_text(json_text(expression), declared, prop)
    if found.kind in ("string", "any"):
        return from_text(f"CAST({expression} AS VARCHAR)", declared, prop)
    return convert(expression, found, declared) or "NULL"


def _read(present: str, value: str, declared: ColumnType, plain: str, manner: Manner) -> Fit:
    """`value` is NULL where it does not fit; strictly that is an error where something was there."""
    failed = f"CASE WHEN {present} IS NOT NULL THEN {_failure(declared, manner)} END"
    plainly = value == present or not manner.strict
    misfit = "false" if value == present else f"({present} IS NOT NULL AND ({value}) IS NULL)"
    return Fit(value if plainly else f"COALESCE({value}, {failed})", misfit, plain)


def _failure(declared: ColumnType, manner: Manner) -> str:
    if not manner.strict:
        return "NULL"
    raised = f"error({literal(MISFIT)})"
    return raised if declared.kind == "any" else f"CAST({raised} AS {duckdb_type(declared)})"


def json_text(value: str) -> str:
    """A JSON value as text: strings without quotes, the JSON null as NULL."""
    return f"({value} ->> '$')"


def of_json_type(value: str, declared: ColumnType, prop: Property | None) -> str:
    """A scalar of JSON in the declared type, NULL where it is null or of another JSON type."""
    written = f"CAST({value} AS VARCHAR)"
    if declared.kind == "boolean":
        return f"CASE {written} WHEN 'true' THEN true WHEN 'false' THEN false END"
    if declared.kind in _NUMERIC:  # text of a string keeps its quotes, and is no number
        return from_text(written, declared, prop)
    text = from_text(json_text(value), declared, prop)
    return (
        text
        if declared.kind in ("any", "struct")
        else f"CASE WHEN starts_with({written}, '\"') THEN {text} END"
    )


def _from_json(value: str, declared: ColumnType, prop: Property | None, depth: int, manner: Manner) -> Fit:
    text = json_text(value)
    match declared.kind:
        case "struct" if declared.fields:
            return _struct(value, declared, prop, depth, manner)
        case "list":
            return _list(value, declared, prop, depth, manner)
        case "map":
            return _map(value, declared, prop, depth, manner)
    if manner.typed:
        return _read(text, of_json_type(value, declared, prop), declared, text, manner)
    return _read(text, from_text(text, declared, prop), declared, text, manner)


def _struct(value: str, declared: ColumnType, prop: Property | None, depth: int, manner: Manner) -> Fit:
    children = {child.column: child for child in prop.properties} if prop is not None else {}
    parts: list[str] = []
    misfits = [f"json_type({value}) <> 'OBJECT'"]
    for name, kind in declared.fields:
        pointer = "/" + name.replace("~", "~0").replace("/", "~1")
        child = _from_json(
            f"json_extract({value}, {literal(pointer)})", kind, children.get(name), depth, manner
        )
        parts.append(f"{literal(name)}: {child.value}")
        misfits.append(child.misfit)
    return _shaped(value, "OBJECT", f"{{{', '.join(parts)}}}", misfits, declared, manner)


def _list(value: str, declared: ColumnType, prop: Property | None, depth: int, manner: Manner) -> Fit:
    name = f"item{depth}"
    items = f"CAST({value} AS JSON[])"
    inner = _from_json(
        name, declared.item or ANY, prop.items if prop is not None else None, depth + 1, manner
    )
    built = f"list_transform({items}, lambda {name}: {inner.value})"
    bad = f"list_bool_or(list_transform({items}, lambda {name}: {inner.misfit}))"
    wrong = f"json_type({value}) <> 'ARRAY'"
    return _shaped(value, "ARRAY", built, [f"CASE WHEN {wrong} THEN true ELSE {bad} END"], declared, manner)


def _map(value: str, declared: ColumnType, prop: Property | None, depth: int, manner: Manner) -> Fit:
    name = f"key{depth}"
    pointer = f"'/' || replace(replace({name}, '~', '~0'), '/', '~1')"
    key_kind, item_kind = declared.key or ANY, declared.item or ANY
    key = _read(name, from_text(name, key_kind, prop.map_key if prop else None), key_kind, name, manner)
    item = _from_json(
        f"json_extract({value}, {pointer})", item_kind, prop.map_value if prop else None, depth + 1, manner
    )
    keys = f"json_keys({value})"
    if not manner.strict:  # no map holds a key that is null
        keys = f"list_filter({keys}, lambda {name}: {key.value} IS NOT NULL)"
    entry = f"{{'key': {key.value}, 'value': {item.value}}}"
    built = f"map_from_entries(list_transform({keys}, lambda {name}: {entry}))"
    bad = f"list_bool_or(list_transform({keys}, lambda {name}: {key.misfit} OR {item.misfit}))"
    wrong = f"json_type({value}) <> 'OBJECT'"
    return _shaped(value, "OBJECT", built, [f"CASE WHEN {wrong} THEN true ELSE {bad} END"], declared, manner)


def _shaped(
    value: str, shape: str, built: str, misfits: list[str], declared: ColumnType, manner: Manner
) -> Fit:
    """A nested value: built where the JSON has the right shape, an error where it has another."""
    text = json_text(value)
    target = duckdb_type(declared)
    built = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN json_type({value}) = '{shape}' "
        f"THEN CAST({built} AS {target}) ELSE {_failure(declared, manner)} END"
    )
    bad = " OR ".join(f"COALESCE({misfit}, false)" for misfit in misfits)
    return Fit(built, f"({text} IS NOT NULL AND ({bad}))", text)
