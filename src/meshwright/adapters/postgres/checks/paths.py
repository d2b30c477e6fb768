"""The way from a row to a value as SQL: fields, items of arrays, JSON to any depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from meshwright.adapters.extraction.exact import Inapplicable
from meshwright.adapters.extraction.scalars import literal
from meshwright.adapters.extraction.steps import NotThere, no_such_part, not_there
from meshwright.adapters.postgres.checks import documents
from meshwright.adapters.postgres.checks.shapes import DOCUMENT, TEXT, Shape
from meshwright.model.check import Step
from meshwright.model.contract import ContractObject, Property
from meshwright.model.types import ANY, ColumnType, column_type
from meshwright.sql.duckdb_types import quote_identifier

ROW = "r"
"""What the relation is called in every statement."""

_NESTED = ("struct", "list", "map")


@dataclass(frozen=True, slots=True)
class Value:
    """A value: its SQL, its type there, and what the contract declares for it.

    A `document` is JSON, read by what the contract declares.
    """

    sql: str
    shape: Shape
    declared: Property | None
    document: bool = False

    @property
    def kind(self) -> ColumnType:
        """The type in which checks see the value."""
        if not self.document:
            return self.shape.kind
        wanted = self._wanted
        return wanted if wanted.kind in _NESTED else documents.scalar(self.sql, wanted)[1]

    @property
    def _wanted(self) -> ColumnType:
        return column_type(self.declared) if self.declared is not None else ANY

    @property
    def is_null(self) -> str:
        """SQL; a composite value of nulls is not null."""
        if self.shape.kind.kind == "struct" and not self.document:
            return f"({self.sql} IS NOT DISTINCT FROM NULL)"
        return f"{self.sql} IS NULL"

    @property
    def is_filled(self) -> str:
        """SQL: the value is not null."""
        if self.shape.kind.kind == "struct" and not self.document:
            return f"({self.sql} IS DISTINCT FROM NULL)"
        return f"{self.sql} IS NOT NULL"

    @property
    def plain(self) -> str:
        """The value as checks compare it: texts byte by byte, whatever the column's collation."""
        if self.document:
            wanted = self._wanted
            return self.sql if wanted.kind in _NESTED else documents.scalar(self.sql, wanted)[0]
        base, kind = self.shape.base, self.shape.kind.kind
        if kind in ("string", "any"):
            return f'({self.sql}::text COLLATE "C")'
        if base == "money":
            return f"{self.sql}::numeric"
        if base == "oid":
            return f"{self.sql}::int8"
        if base != self.shape.name and kind not in _NESTED:
            return f"{self.sql}::{base}"
        return self.sql

    @property
    def readable(self) -> str:
        """The value for people, as text where it is no number, text or boolean."""
        kind = self.kind.kind
        return self.plain if kind in _READABLE else f"({self.sql})::text"


_READABLE = frozenset({"boolean", "string", "int8", "int16", "int32", "int64", "float", "double"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where values are: FROM items that unnest a row (none: it has one value), and the value.

    `parents` are conditions: what the value is a field of is there.
    """

    path: tuple[Step, ...]
    sources: tuple[str, ...]
    parents: tuple[str, ...]
    value: Value

    @property
    def repeated(self) -> bool:
        """Whether a row may hold several values."""
        return bool(self.sources)

    def any(self, test: str) -> str:
        """SQL: the row holds a value that meets a test."""
        return f"EXISTS (SELECT 1 FROM {self._unnested} WHERE {test})" if self.sources else test

    def first(self, test: str) -> str:
        """The first value that meets a test, for people."""
        shown = self.value.readable
        if not self.sources:
            return shown
        return f"(SELECT {shown} FROM {self._unnested} WHERE {test} LIMIT 1)"

    def beside(self, relation: str) -> str:
        """A FROM clause: every value beside its row."""
        return " CROSS JOIN LATERAL ".join((f"{relation} {ROW}", *self.sources))

    @property
    def _unnested(self) -> str:
        return " CROSS JOIN LATERAL ".join(self.sources)

    @property
    def there(self) -> str:
        """A condition: nothing on the way is null."""
        return " AND ".join(self.parents) or "true"


def place(columns: Mapping[str, Shape], obj: ContractObject | None, path: Sequence[Step]) -> Place:
    """The place that a path leads to.

    Raises:
        NotThere: there is no such column or field.
        Inapplicable: PostgreSQL's type has no such parts.
    """
    name = path[0][1]
    if name not in columns:
        raise not_there(name, columns)
    found = columns[name]
    declared = next((prop for prop in obj.properties if prop.column == name), None) if obj else None
    value = Value(f"{ROW}.{quote_identifier(name)}", found, declared)
    wanted = column_type(declared).kind if declared is not None else "any"
    if found.is_document and (len(path) > 1 or wanted in _NESTED):
        sql = f"nullif({value.sql}::jsonb, 'null'::jsonb)"
        value = Value(sql, DOCUMENT, declared, document=True)
    sources: list[str] = []
    parents: list[str] = []
    for depth, (step, part) in enumerate(path[1:]):
        if step == "field":
            parents.append(value.is_filled)
            value = _field(value, part)
        else:
            source, value = _items(value, step, f"u{depth}")
            sources.append(source)
    return Place(tuple(path), tuple(sources), tuple(parents), value)


def _field(value: Value, name: str) -> Value:
    declared = _child(value.declared, name)
    if value.document:
        inner = f"nullif({value.sql} -> {literal(name)}, 'null'::jsonb)"
        return Value(inner, DOCUMENT, declared, document=True)
    if value.shape.kind.kind != "struct":
        raise no_such_part(value.kind, "field", name)
    fields = dict(value.shape.fields)
    if name not in fields:
        raise not_there(name, fields)
    return _entered(Value(f"({value.sql}).{quote_identifier(name)}", fields[name], declared))


def _entered(value: Value) -> Value:
    """A value that is JSON inside another, as the document that the contract declares."""
    wanted = column_type(value.declared).kind if value.declared is not None else "any"
    if value.shape.is_document and wanted in _NESTED:
        return replace(value, sql=f"nullif({value.sql}::jsonb, 'null'::jsonb)", shape=DOCUMENT, document=True)
    return value


def _items(value: Value, step: str, name: str) -> tuple[str, Value]:
    """A FROM item called `name` that unnests a value, and what it yields."""
    prop = value.declared
    declared = prop and {"items": prop.items, "values": prop.map_value, "keys": prop.map_key}[step]
    inner = f"nullif({name}.v, 'null'::jsonb)"
    if value.document and step == "items":
        listed = f"CASE WHEN {documents.typeof(value.sql)} = 'array' THEN {value.sql} ELSE '[]' END"
        return f"jsonb_array_elements({listed}) {name}(v)", Value(inner, DOCUMENT, declared, document=True)
    if value.document:
        listed = f"CASE WHEN {documents.typeof(value.sql)} = 'object' THEN {value.sql} ELSE '{{}}' END"
        source = f"jsonb_each({listed}) {name}(k, v)"
        if step == "keys":
            return source, Value(f"{name}.k", TEXT, declared)
        return source, Value(inner, DOCUMENT, declared, document=True)
    item = value.shape.item
    if item is None or step != "items":
        raise no_such_part(value.kind, step, "")
    return f"(SELECT unnest({value.sql}) AS v) {name}", _entered(Value(f"{name}.v", item, declared))


def _child(prop: Property | None, name: str) -> Property | None:
    parts = prop.properties if prop is not None else ()
    return next((child for child in parts if child.column == name), None)


def single(found: Place) -> Value:
    """The one value of a place.

    Raises:
        Inapplicable: it is among the items of an array or a map.
    """
    if found.repeated:
        raise Inapplicable("several columns together cannot include items of an array or a map")
    return found.value


__all__ = ["ROW", "NotThere", "Place", "Value", "place", "single"]
