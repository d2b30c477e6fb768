"""Types of PostgreSQL as far as checks have to tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meshwright.adapters.postgres.catalogue import Types
from meshwright.model.types import ColumnType

UNBOUNDED = ColumnType("decimal", 147455, 16383)
"""A NUMERIC without a modifier: up to so many digits, of which so many are behind the point."""

_ALIASES: Mapping[str, str] = {
    "int": "int4",
    "integer": "int4",
    "serial": "int4",
    "bigint": "int8",
    "bigserial": "int8",
    "smallint": "int2",
    "smallserial": "int2",
    "real": "float4",
    "double precision": "float8",
    "boolean": "bool",
    "character varying": "varchar",
    "character": "bpchar",
    "char": "bpchar",
    "decimal": "numeric",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
    "bit varying": "varbit",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A type: its neutral name, PostgreSQL's own, and its parts.

    `base` is what a domain stands on, `name` the type itself. `length` is the most characters that a
    text may have, None where there is no limit.
    """

    kind: ColumnType
    name: str
    base: str
    fields: tuple[tuple[str, Shape], ...] = ()
    item: Shape | None = None
    length: int | None = None

    def holds_longer_than(self, length: int) -> bool:
        """Whether texts of this type may have more characters."""
        return self.base in ("text", "varchar", "bpchar") and (self.length is None or self.length > length)

    @property
    def is_document(self) -> bool:
        """Whether values are JSON."""
        return self.base in ("json", "jsonb")

    def is_called(self, physical: str) -> bool:
        """Whether a contract's `physicalType` without parameters names just this type."""
        wanted = " ".join(physical.lower().split()).rpartition(".")[2].strip('"')
        array = wanted.endswith("[]")
        wanted = wanted.removesuffix("[]")
        wanted = _ALIASES.get(wanted, wanted) + ("[]" if array else "")
        return wanted in (self.name.lower(), self.base.lower())

    def __str__(self) -> str:
        if self.kind == UNBOUNDED:
            return "numeric"
        if self.kind.kind == "any" or self.is_document:
            return self.name
        if self.length is not None:
            return f"{'char' if self.base == 'bpchar' else self.base}({self.length})"
        return str(self.kind)


TEXT = Shape(ColumnType("string"), "text", "text")
DOCUMENT = Shape(ColumnType("string"), "jsonb", "jsonb")


def shape(types: Types, type_id: int, modifier: int) -> Shape:
    """The shape of a type by its object id and modifier."""
    own = types.rows[type_id]
    row, modifier = types.base(type_id, modifier)
    base = row["name"]
    if row["category"] == "A" and row["item"]:
        item = shape(types, row["item"], modifier)
        name = f"{item.name}[]"
        return Shape(ColumnType("list", item=item.kind), name, name, item=item)
    name = own["name"]
    if row["type"] == "c":
        parts = types.fields.get(row["relation"], ())
        fields = tuple((field, shape(types, kind, mod)) for field, kind, mod in parts)
        kinds = tuple((field, part.kind) for field, part in fields)
        return Shape(ColumnType("struct", fields=kinds), name, base, fields)
    if base == "numeric":
        return Shape(_numeric(modifier), name, base)
    length = modifier - 4 if base in ("varchar", "bpchar") and modifier > 4 else None
    return Shape(types.kind(type_id, modifier), name, base, length=length)


def _numeric(modifier: int) -> ColumnType:
    """NUMERIC(p, s) of a type modifier, of any width."""
    if modifier < 4:
        return UNBOUNDED
    precision, scale = ((modifier - 4) >> 16) & 0xFFFF, (modifier - 4) & 0x7FF
    scale = scale - 0x800 if scale >= 0x400 else scale
    return ColumnType("decimal", max(precision, scale, precision - scale), max(scale, 0))
