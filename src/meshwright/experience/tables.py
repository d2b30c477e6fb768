"""From contract objects to tables: columns with permanent ids, partitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from meshwright.errors import InputError
from meshwright.model.contract import ContractObject, Property
from meshwright.model.publication import Column, PartitionField
from meshwright.model.types import INTEGERS, ColumnType, column_type


def named_as_declared(obj: ContractObject, produced: Mapping[str, ColumnType]) -> dict[str, ColumnType]:
    """What a model returns by the contract's names: in SQL capitals make no difference."""
    declared = {prop.column.lower(): prop.column for prop in obj.properties}
    return {declared.get(name.lower(), name): kind for name, kind in produced.items()}


def stored_type(kind: ColumnType) -> ColumnType:
    """The type a table keeps values of `kind` in: Iceberg knows no integers under 32 bits."""
    return ColumnType("int32") if kind.kind in INTEGERS[:2] else kind


def table_columns(
    obj: ContractObject,
    produced: Mapping[str, ColumnType],
    base: Sequence[Column],
    last_field_id: Callable[[], int],
) -> tuple[Column, ...]:
    """The table's columns in contract order, with the base's field ids where a column stays.

    `produced` types the properties that the contract leaves open. A column whose type changed in
    a way that cannot be read from old files gets a new id; ids are never used twice (Iceberg v2,
    schema evolution). `last_field_id` tells the highest id ever used, and is only asked when a
    new one is needed.

    Raises:
        InputError: a column has no type, neither in the contract nor from the model.
    """
    known = {column.name: column for column in base}
    wanted = [_column(prop, produced) for prop in obj.properties]
    kept = {w.name: known[w.name] for w in wanted if w.name in known and promotes(known[w.name].type, w.type)}
    if len(kept) == len(wanted):
        return tuple(_with_ids(column, kept[column.name]) for column in wanted)
    next_id = (last_field_id() if base else 0) + 1
    columns = []
    for column in wanted:
        if column.name in kept:
            columns.append(_with_ids(column, kept[column.name]))
        else:
            columns.append(replace(column, field_id=next_id))
            next_id += 1
    for index, column in enumerate(columns):
        if column.name not in kept:
            columns[index], next_id = _number_children(column, next_id)
    return tuple(columns)


def judged_types(produced: Mapping[str, ColumnType], columns: Sequence[Column]) -> dict[str, ColumnType]:
    """The types to hold against the contract, by column: what the model returned.

    A decimal that is only wider before the point, as sums are, counts as what it is stored as:
    storing a value with too many digits fails, so none is lost.
    """
    stored = {column.name: column.type for column in columns}
    return {
        name: stored[name] if name in stored and _only_wider(kind, stored[name]) else kind
        for name, kind in produced.items()
    }


def _only_wider(found: ColumnType, stored: ColumnType) -> bool:
    return found.kind == stored.kind == "decimal" and found.scale <= stored.scale


def promotes(old: ColumnType, new: ColumnType) -> bool:
    """Whether files of `old` can be read as `new` (Iceberg v2, schema evolution)."""
    if old == new:
        return True
    match (old.kind, new.kind):
        case ("int32", "int64") | ("float", "double"):
            return True
        case ("decimal", "decimal"):
            return old.scale == new.scale and old.precision <= new.precision
    return False


def partition_fields(obj: ContractObject) -> tuple[PartitionField, ...]:
    """How the contract partitions the table."""
    return tuple(
        PartitionField(prop.column, prop.partition_transform or "identity") for prop in obj.partitions
    )


def _column(prop: Property, produced: Mapping[str, ColumnType]) -> Column:
    kind = column_type(prop)
    if kind.kind == "any":
        if prop.column not in produced:
            raise InputError(
                f"column `{prop.column}` has no type",
                where=prop.path,
                way_out="give the property a logicalType in the contract",
            )
        kind = produced[prop.column]
    kind = stored_type(kind)
    return Column(0, prop.column, kind, prop.description, _children(kind))


def _children(kind: ColumnType) -> tuple[Column, ...]:
    match kind.kind:
        case "struct":
            parts = kind.fields
        case "list":
            parts = (("element", kind.item or ColumnType("string")),)
        case "map":
            parts = (
                ("key", kind.key or ColumnType("string")),
                ("value", kind.item or ColumnType("string")),
            )
        case _:
            return ()
    return tuple(Column(0, name, part, None, _children(part)) for name, part in parts)


def _with_ids(column: Column, known: Column) -> Column:
    children = tuple(_with_ids(a, b) for a, b in zip(column.children, known.children, strict=True))
    return replace(column, field_id=known.field_id, children=children)


def _number_children(column: Column, next_id: int) -> tuple[Column, int]:
    children = []
    for child in column.children:
        children.append(replace(child, field_id=next_id))
        next_id += 1
    for index, child in enumerate(children):
        children[index], next_id = _number_children(child, next_id)
    return replace(column, children=tuple(children)), next_id
