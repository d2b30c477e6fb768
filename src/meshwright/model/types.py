"""Column types, with no engine in sight."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from meshwright.model.contract import Property

TEMPORAL = ("date", "timestamp", "timestamptz")
"""Types of values that are moments, or days."""

INTEGERS = ("int8", "int16", "int32", "int64")
"""Signed integers, narrowest first."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type that every engine and file format can express.

    `kind` is one of: any, boolean, int8, int16, int32, int64, decimal, float, double,
    string, binary, date, time, timestamp, timestamptz, uuid, struct, list, map.
    `precision` and `scale` belong to decimal; `fields` to struct (name, type) in order;
    `item` to list (and to map, as its value); `key` to map.
    """

    kind: str
    precision: int = 0
    scale: int = 0
    fields: tuple[tuple[str, ColumnType], ...] = ()
    item: ColumnType | None = None
    key: ColumnType | None = None

    def __str__(self) -> str:
        match self.kind:
            case "decimal":
                return f"decimal({self.precision},{self.scale})"
            case "struct":
                return f"struct({', '.join(f'{name} {kind}' for name, kind in self.fields)})"
            case "list":
                return f"list({self.item})"
            case "map":
                return f"map({self.key}, {self.item})"
            case kind:
                return kind


ANY = ColumnType("any")

_FORMATS: Mapping[str, ColumnType] = {
    "i8": ColumnType("int8"),
    "i16": ColumnType("int16"),
    "i32": ColumnType("int32"),
    "i64": ColumnType("int64"),
    "i128": ColumnType("decimal", 38, 0),
    "u8": ColumnType("int16"),
    "u16": ColumnType("int32"),
    "u32": ColumnType("int64"),
    "u64": ColumnType("decimal", 20, 0),
    "u128": ColumnType("decimal", 38, 0),
    "f32": ColumnType("float"),
    "f64": ColumnType("double"),
}

_PHYSICAL: Mapping[str, str] = {
    "bool": "boolean",
    "boolean": "boolean",
    "tinyint": "int8",
    "int1": "int8",
    "smallint": "int16",
    "int2": "int16",
    "int": "int32",
    "integer": "int32",
    "int4": "int32",
    "serial": "int32",
    "bigint": "int64",
    "int8": "int64",
    "int64": "int64",
    "long": "int64",
    "bigserial": "int64",
    "real": "float",
    "float4": "float",
    "float": "double",
    "float8": "double",
    "float64": "double",
    "double": "double",
    "double precision": "double",
    "decimal": "decimal",
    "numeric": "decimal",
    "number": "decimal",
    "varchar": "string",
    "char": "string",
    "bpchar": "string",
    "character": "string",
    "character varying": "string",
    "nvarchar": "string",
    "text": "string",
    "string": "string",
    "citext": "string",
    "json": "string",
    "jsonb": "string",
    "bytea": "binary",
    "blob": "binary",
    "binary": "binary",
    "varbinary": "binary",
    "bytes": "binary",
    "date": "date",
    "time": "time",
    "time without time zone": "time",
    "timestamp": "timestamp",
    "datetime": "timestamp",
    "timestamp without time zone": "timestamp",
    "timestamptz": "timestamptz",
    "timestamp with time zone": "timestamptz",
    "uuid": "uuid",
}

_LOGICAL_KINDS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"string", "uuid", "binary"}),
    "integer": frozenset({*INTEGERS, "decimal"}),
    "number": frozenset({*INTEGERS, "decimal", "float", "double"}),
    "boolean": frozenset({"boolean"}),
    "date": frozenset({"date"}),
    "time": frozenset({"time"}),
    "timestamp": frozenset({"timestamp", "timestamptz"}),
}


def physical_type(text: str) -> ColumnType | None:
    """The type a `physicalType` names in any common dialect, or None when it names none.

    >>> str(physical_type("NUMERIC(10, 2)")), str(physical_type("varchar(36)"))
    ('decimal(10,2)', 'string')
    """
    head = re.match(r"\s*([A-Za-z][A-Za-z0-9_ ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*\Z", text)
    if head is None:
        return None
    kind = _PHYSICAL.get(" ".join(head[1].lower().split()))
    if kind is None:
        return None
    if kind == "decimal":
        return ColumnType("decimal", int(head[2] or 38), int(head[3] or (0 if head[2] else 9)))
    return ColumnType(kind)


def physical_length(text: str) -> int | None:
    """The most characters that a `physicalType` lets a text have, or None where it names no such limit.

    >>> physical_length("character varying(36)"), physical_length("text"), physical_length("numeric(10)")
    (36, None, None)
    """
    kind = physical_type(text)
    limit = re.search(r"\(\s*(\d+)\s*\)\s*\Z", text)
    return int(limit[1]) if limit and kind is not None and kind.kind == "string" else None


def column_type(prop: Property) -> ColumnType:
    """The type of a contract's property (ODCS 3.2, logicalType with its options, physicalType).

    The physical type refines the logical one where the two agree; a property with neither
    has the type `any`: the data decide.
    """
    logical = prop.logical_type
    physical = physical_type(prop.physical_type) if prop.physical_type else None
    if logical is None:
        return physical or ANY
    match logical:
        case "object":
            return ColumnType(
                "struct", fields=tuple((child.column, column_type(child)) for child in prop.properties)
            )
        case "array":
            return ColumnType("list", item=column_type(prop.items) if prop.items else ANY)
        case "map":
            return ColumnType(
                "map",
                key=column_type(prop.map_key) if prop.map_key else ColumnType("string"),
                item=column_type(prop.map_value) if prop.map_value else ANY,
            )
        case "vector":
            return ColumnType("list", item=ColumnType("float"))
    if physical is not None and physical.kind in _LOGICAL_KINDS.get(logical, frozenset()):
        return physical
    named = _FORMATS.get(str(prop.options.get("format", "")))
    match logical:
        case "integer":
            return named if named and named.kind not in ("float", "double") else ColumnType("int64")
        case "number":
            return named or ColumnType("double")
        case "timestamp":
            zoned = prop.options.get("timezone") is True
            return ColumnType("timestamptz" if zoned else "timestamp")
        case "string" | "boolean" | "date" | "time":
            return ColumnType(logical)
    return ANY


def accepts(declared: ColumnType, found: ColumnType) -> bool:
    """Whether every value of `found` is a value of `declared`, so that a cast loses nothing."""
    if declared.kind == "any" or found == declared:
        return True
    if declared.kind in INTEGERS and found.kind in INTEGERS:
        return INTEGERS.index(found.kind) <= INTEGERS.index(declared.kind)
    if declared.kind == "decimal":
        if found.kind == "decimal":
            whole = found.precision - found.scale
            return found.scale <= declared.scale and whole <= declared.precision - declared.scale
        digits = {"int8": 3, "int16": 5, "int32": 10, "int64": 19}.get(found.kind)
        return digits is not None and digits <= declared.precision - declared.scale
    if declared.kind == "double":
        return found.kind in ("float", "int8", "int16", "int32")
    if declared.kind == "float":
        return found.kind in ("int8", "int16")
    if declared.kind == "string":
        return found.kind == "uuid"
    if declared.kind == "timestamp":
        return found.kind == "date"
    if declared.kind == "struct" and found.kind == "struct":
        have = dict(found.fields)
        return all(name in have and accepts(kind, have[name]) for name, kind in declared.fields)
    if declared.kind in ("list", "map") and found.kind == declared.kind:
        items = accepts(declared.item or ANY, found.item or ANY)
        return items and (declared.kind == "list" or accepts(declared.key or ANY, found.key or ANY))
    return False


def loose_kinds(prop: Property) -> frozenset[str]:
    """The kinds of type that a property's logical type allows where nothing refines it.

    Empty when `physicalType` or an option says more: then only `accepts` decides.
    """
    refined = prop.physical_type and physical_type(prop.physical_type) is not None
    if refined or "format" in prop.options or "timezone" in prop.options or prop.logical_type is None:
        return frozenset()
    return _LOGICAL_KINDS.get(prop.logical_type, frozenset()) - {"binary"}


def assignable(declared: ColumnType, loose: frozenset[str], found: ColumnType) -> bool:
    """Whether a column of type `found` satisfies a declared type that `loose` kinds may stand for."""
    if accepts(declared, found):
        return True
    return found.kind in loose and (declared.kind not in INTEGERS or found.scale == 0)
