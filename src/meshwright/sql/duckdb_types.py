"""Column types as DuckDB spells them, and back."""

from __future__ import annotations

from collections.abc import Mapping

from meshwright.model.types import ANY, ColumnType

_NAMES: Mapping[str, str] = {
    "boolean": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "binary": "BLOB",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "uuid": "UUID",
}

_KINDS: Mapping[str, ColumnType] = {
    **{name: ColumnType(kind) for kind, name in _NAMES.items()},
    "TIMESTAMPTZ": ColumnType("timestamptz"),
    "TIMESTAMP_S": ColumnType("timestamp"),
    "TIMESTAMP_MS": ColumnType("timestamp"),
    "TIMESTAMP_NS": ColumnType("timestamp"),
    "TIME_NS": ColumnType("time"),
    "UTINYINT": ColumnType("int16"),
    "USMALLINT": ColumnType("int32"),
    "UINTEGER": ColumnType("int64"),
    "UBIGINT": ColumnType("decimal", 20, 0),
    "HUGEINT": ColumnType("decimal", 38, 0),
    "UHUGEINT": ColumnType("decimal", 38, 0),
    "DECIMAL": ColumnType("decimal", 18, 3),
    "JSON": ColumnType("string"),
}


def quote_identifier(name: str) -> str:
    """`name` as a quoted identifier of DuckDB and PostgreSQL.

    >>> quote_identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def duckdb_type(kind: ColumnType) -> str:
    """The type as DuckDB spells it in a cast or a column definition; `any` becomes VARCHAR.

    >>> duckdb_type(ColumnType("list", item=ColumnType("decimal", 10, 2)))
    'DECIMAL(10,2)[]'
    """
    match kind.kind:
        case "decimal":
            return f"DECIMAL({kind.precision},{kind.scale})"
        case "struct" if kind.fields:
            parts = (f"{quote_identifier(name)} {duckdb_type(child)}" for name, child in kind.fields)
            return f"STRUCT({', '.join(parts)})"
        case "struct":  # DuckDB has no struct without fields: such an object is JSON text
            return "VARCHAR"
        case "list":
            return f"{duckdb_type(kind.item or ANY)}[]"
        case "map":
            return f"MAP({duckdb_type(kind.key or ANY)}, {duckdb_type(kind.item or ANY)})"
        case name:
            return _NAMES.get(name, "VARCHAR")


def from_duckdb(text: str) -> ColumnType:
    """The type behind DuckDB's name for it, as `DESCRIBE` and `typeof` print it.

    Wider unsigned integers become decimals, enumerations text, arrays lists. What Meshwright has
    no word for (intervals, unions, bit strings, times with zone) is `any`.

    >>> str(from_duckdb('STRUCT("x y" DECIMAL(10,2), b INTEGER[])'))
    'struct(x y decimal(10,2), b list(int32))'
    """
    plain = text.strip()
    if plain.endswith("]"):
        return ColumnType("list", item=from_duckdb(plain[: plain.rindex("[")]))
    head, parenthesis, rest = plain.partition("(")
    name = head.strip().upper()
    if not parenthesis:
        return _KINDS.get(name, ANY)
    inner = rest[:-1]
    match name:
        case "DECIMAL" | "NUMERIC":
            precision, _, scale = inner.partition(",")
            return ColumnType("decimal", int(precision), int(scale or 0))
        case "STRUCT":
            return ColumnType("struct", fields=tuple(_field(part) for part in _split(inner)))
        case "MAP":
            key, item = _split(inner)
            return ColumnType("map", key=from_duckdb(key), item=from_duckdb(item))
        case "ENUM" | "VARCHAR" | "JSON":
            return ColumnType("string")
    return ANY


def _split(text: str) -> list[str]:
    """`text` at its commas, but not at those inside parentheses or quotes."""
    parts: list[str] = []
    depth, start, quote = 0, 0, ""
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    return [*parts, text[start:].strip()]


def _field(text: str) -> tuple[str, ColumnType]:
    """A struct's field: its name, quoted or not, and its type."""
    if not text.startswith('"'):
        name, _, kind = text.partition(" ")
        return name, from_duckdb(kind)
    end = 1
    while text[end] != '"' or text[end + 1 : end + 2] == '"':
        end += 2 if text[end] == '"' else 1
    return text[1:end].replace('""', '"'), from_duckdb(text[end + 1 :])
