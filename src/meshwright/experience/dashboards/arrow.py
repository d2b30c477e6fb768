"""Column types in Arrow."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from meshwright.model.types import ANY, ColumnType

_KINDS: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}


def arrow_type(kind: ColumnType) -> pa.DataType:
    """A column's type in Arrow; `any` and structures without fields are text."""
    match kind.kind:
        case "decimal":
            return pa.decimal128(kind.precision, kind.scale)
        case "struct" if kind.fields:
            return pa.struct([(name, arrow_type(child)) for name, child in kind.fields])
        case "list":
            return pa.list_(arrow_type(kind.item or ANY))
        case "map":
            return pa.map_(arrow_type(kind.key or ANY), arrow_type(kind.item or ANY))
        case name:
            return _KINDS.get(name, pa.string())
