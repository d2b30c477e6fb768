"""Tables and columns as PostgreSQL's catalogue knows them, and how each column is selected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meshwright.adapters.extraction.scalars import literal
from meshwright.model.types import ANY, ColumnType
from meshwright.sql.duckdb_types import quote_identifier

_KINDS: Mapping[str, str] = {
    "bool": "boolean",
    "int2": "int16",
    "int4": "int32",
    "int8": "int64",
    "oid": "int64",
    "float4": "float",
    "float8": "double",
    "text": "string",
    "varchar": "string",
    "bpchar": "string",
    "char": "string",
    "name": "string",
    "citext": "string",
    "json": "string",
    "jsonb": "string",
    "xml": "string",
    "bytea": "binary",
    "date": "date",
    "time": "time",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "uuid": "uuid",
}

_NATIVE = frozenset(
    {"bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "bytea", "uuid"}
    | {"date", "time", "timestamp", "timestamptz"}
)
"""Types that ADBC delivers as they are; every other one is selected as text."""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column of a table: its type, how it is selected, and the type in which it then arrives."""

    name: str
    type: ColumnType
    expression: str
    arrives: ColumnType


def tables_query(schema: str) -> str:
    """The names of a schema's tables, views, partitioned and foreign tables."""
    return (
        "SELECT c.relname::text FROM pg_catalog.pg_class c "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE n.nspname = {literal(schema)} AND c.relkind IN ('r', 'v', 'm', 'f', 'p')"
    )


def types_query(schema: str, table: str) -> str:
    """All types behind a table's columns: those of the columns, of items, of fields and of domains."""
    columns = (
        "SELECT a.atttypid AS type FROM pg_catalog.pg_attribute a "
        "JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE n.nspname = {literal(schema)} AND c.relname = {literal(table)} "
        "AND a.attnum > 0 AND NOT a.attisdropped"
    )
    inner = (
        "SELECT r.part FROM needed JOIN pg_catalog.pg_type t ON t.oid = needed.type "
        "CROSS JOIN LATERAL (SELECT t.typelem AS part WHERE t.typelem <> 0 "
        "UNION ALL SELECT t.typbasetype WHERE t.typbasetype <> 0 "
        "UNION ALL SELECT f.atttypid FROM pg_catalog.pg_attribute f "
        "WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped) r"
    )
    return (
        f"WITH RECURSIVE needed(type) AS ({columns} UNION {inner}) "
        "SELECT t.oid::bigint, t.typname::text, t.typtype::text, t.typcategory::text, t.typelem::bigint, "
        "t.typbasetype::bigint, t.typtypmod, t.typrelid::bigint "
        "FROM needed JOIN pg_catalog.pg_type t ON t.oid = needed.type"
    )


def fields_query(relations: Sequence[int]) -> str:
    """The columns of relations (tables and composite types): relation, name, type, modifier."""
    listed = ", ".join(str(int(relation)) for relation in relations)
    return (
        "SELECT a.attrelid::bigint, a.attname::text, a.atttypid::bigint, a.atttypmod "
        "FROM pg_catalog.pg_attribute a "
        f"WHERE a.attrelid IN ({listed}) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
    )


def relation_query(schema: str, table: str) -> str:
    """The object id of a table."""
    return (
        "SELECT c.oid::bigint FROM pg_catalog.pg_class c "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE n.nspname = {literal(schema)} AND c.relname = {literal(table)}"
    )


@dataclass(frozen=True, slots=True)
class Types:
    """The types behind a table, by object id; `fields` are those of composite types by relation."""

    rows: Mapping[int, Mapping[str, Any]]
    fields: Mapping[int, Sequence[tuple[str, int, int]]]

    def column(self, name: str, type_id: int, modifier: int) -> SourceColumn:
        """A table's column."""
        kind = self.kind(type_id, modifier)
        base, _ = self.base(type_id, modifier)
        native = base["name"]
        quoted = quote_identifier(name)
        if base["category"] == "A" or base["type"] == "c":
            return SourceColumn(name, kind, f"pg_catalog.to_json({quoted})::text", ColumnType("string"))
        if native in _NATIVE:
            # A domain arrives as its base type only when it is cast to it.
            domain = self.rows[type_id]["type"] == "d"
            expression = f"{quoted}::pg_catalog.{native}" if domain else quoted
            return SourceColumn(name, kind, expression, kind)
        if native == "oid":
            return SourceColumn(name, kind, f"{quoted}::bigint", kind)
        if native == "money":
            return SourceColumn(name, kind, f"{quoted}::numeric::text", ColumnType("string"))
        return SourceColumn(name, kind, f"{quoted}::text", ColumnType("string"))

    def base(self, type_id: int, modifier: int) -> tuple[Mapping[str, Any], int]:
        """A type, or what a domain stands on."""
        row = self.rows[type_id]
        while row["type"] == "d":
            modifier = row["modifier"] if modifier == -1 else modifier
            row = self.rows[row["base"]]
        return row, modifier

    def kind(self, type_id: int, modifier: int) -> ColumnType:
        """The neutral type of a type."""
        row, modifier = self.base(type_id, modifier)
        if row["category"] == "A":
            return ColumnType("list", item=self.kind(row["item"], modifier))
        if row["type"] == "c":
            fields = self.fields.get(row["relation"], ())
            return ColumnType("struct", fields=tuple((name, self.kind(t, m)) for name, t, m in fields))
        if row["type"] == "e":
            return ColumnType("string")
        if row["name"] == "money":
            return ColumnType("decimal", 19, 2)
        if row["name"] == "numeric":
            return _numeric(modifier)
        named = _KINDS.get(row["name"])
        return ColumnType(named) if named else ANY


def _numeric(modifier: int) -> ColumnType:
    """NUMERIC(p, s) of a type modifier; `any` when it is unbounded or wider than 38 digits."""
    if modifier < 4:
        return ANY
    precision, scale = ((modifier - 4) >> 16) & 0xFFFF, (modifier - 4) & 0x7FF
    scale = scale - 0x800 if scale >= 0x400 else scale
    if precision > 38 or not 0 <= scale <= precision:
        return ANY
    return ColumnType("decimal", precision, scale)
