"""Columns and partitions in Iceberg's types (Iceberg v2, schemas and data types)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pyiceberg import types as ice
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.partitioning import PartitionField as IceField
from pyiceberg.schema import Schema
from pyiceberg.transforms import parse_transform

from meshwright.errors import MissingPart
from meshwright.model.publication import Column, DataFile, PartitionField

_PRIMITIVES = {
    "boolean": ice.BooleanType(),
    "int8": ice.IntegerType(),
    "int16": ice.IntegerType(),
    "int32": ice.IntegerType(),
    "int64": ice.LongType(),
    "float": ice.FloatType(),
    "double": ice.DoubleType(),
    "string": ice.StringType(),
    "binary": ice.BinaryType(),
    "date": ice.DateType(),
    "time": ice.TimeType(),
    "timestamp": ice.TimestampType(),
    "timestamptz": ice.TimestamptzType(),
    "uuid": ice.UUIDType(),
}


def iceberg_schema(columns: Sequence[Column], schema_id: int = 0) -> Schema:
    """The table schema; every field is optional, since `required` is verified."""
    return Schema(*map(_field, columns), schema_id=schema_id)


def _field(column: Column) -> ice.NestedField:
    return ice.NestedField(
        column.field_id, column.name, _type(column), required=False, doc=column.description
    )


def _type(column: Column) -> ice.IcebergType:
    kind = column.type
    match kind.kind:
        case "decimal":
            return ice.DecimalType(kind.precision, kind.scale)
        case "struct":
            return ice.StructType(*map(_field, column.children))
        case "list":
            item = column.children[0]
            return ice.ListType(item.field_id, _type(item), element_required=False)
        case "map":
            key, value = column.children
            return ice.MapType(key.field_id, _type(key), value.field_id, _type(value), value_required=False)
    if kind.kind not in _PRIMITIVES:
        raise MissingPart(
            f"column `{column.name}` has no type that Iceberg can store",
            way_out="give the property a logicalType in the contract",
        )
    return _PRIMITIVES[kind.kind]


def partition_spec(parts: Sequence[PartitionField], columns: Sequence[Column]) -> PartitionSpec:
    """The partition spec; a field is named `column` or `column_transform`."""
    if not parts:
        return UNPARTITIONED_PARTITION_SPEC
    ids = {column.name: column.field_id for column in columns}
    return PartitionSpec(
        *(
            IceField(
                ids[part.column],
                PARTITION_FIELD_ID_START + index,
                parse_transform(part.transform),
                part.column
                if part.transform == "identity"
                else f"{part.column}_{part.transform.split('[')[0]}",
            )
            for index, part in enumerate(parts)
        ),
    )


def _field_name(part: PartitionField) -> str:
    transform = part.transform.split("[")[0]
    return part.column if transform == "identity" else f"{part.column}_{transform}"


def partition_record(file: DataFile, spec: PartitionSpec, schema: Schema) -> list[Any]:
    """A file's partition values in the spec's order, as Iceberg keeps them."""
    values = []
    for part in spec.fields:
        source = schema.find_field(part.source_id)
        result = part.transform.result_type(source.field_type)
        values.append(_value(file.partition.get(source.name), result))
    return values


def _value(text: Any, kind: ice.IcebergType) -> Any:
    if text is None:
        return None
    match kind:
        case ice.IntegerType() | ice.LongType():
            return int(text)
        case ice.DateType():
            day = dt.date.fromisoformat(text) if "-" in str(text)[1:] else None
            return (day - dt.date(1970, 1, 1)).days if day else int(text)
        case ice.TimestampType() | ice.TimestamptzType():
            moment = dt.datetime.fromisoformat(text)
            naive = moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
            return (naive - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
        case ice.TimeType():
            time = dt.time.fromisoformat(text)
            seconds = (time.hour * 60 + time.minute) * 60 + time.second
            return seconds * 1_000_000 + time.microsecond
        case ice.UUIDType():
            return uuid.UUID(text).bytes
        case ice.BooleanType():
            return text == "true"
        case ice.DecimalType():
            return Decimal(text)
        case ice.FloatType() | ice.DoubleType():
            return float(text)
    return text
