"""Generated rows as tables of PostgreSQL, and their checks measured there."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from meshwright.adapters.postgres.reader import PostgresReader
from meshwright.experience.contracts.compile import compile_contract
from meshwright.experience.contracts.judge import judge_all
from meshwright.model.check import CheckResult
from meshwright.model.contract import Contract, Server
from meshwright.model.product import Source

_NAMES = {
    pa.string(): "text",
    pa.int64(): "int8",
    pa.float64(): "float8",
    pa.float32(): "float4",
    pa.decimal128(10, 2): "numeric(10,2)",
    pa.bool_(): "bool",
    pa.date32(): "date",
    pa.time64("us"): "time",
    pa.timestamp("us"): "timestamp",
    pa.timestamp("us", "UTC"): "timestamptz",
}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Types:
    """PostgreSQL's types for those of Arrow; composite types are made on the way.

    Maps and lists of lists have no type of their own there: they are JSON, and so is everything where
    `documents` says so. Numbers in JSON are finite, and no text holds a NUL character.
    """

    def __init__(self, schema: str, documents: bool) -> None:
        self.schema = schema
        self.documents = documents
        self.statements: list[str] = []

    def name(self, kind: pa.DataType) -> str:
        if kind in _NAMES:
            return _NAMES[kind]
        if self.is_document(kind):
            return "jsonb"
        if pa.types.is_list(kind):
            return f"{self.name(kind.value_type)}[]"
        fields = ", ".join(f"{quoted(field.name)} {self.name(field.type)}" for field in kind)
        name = f"{self.schema}.t{len(self.statements)}"
        self.statements.append(f"CREATE TYPE {name} AS ({fields})")
        return name

    def is_document(self, kind: pa.DataType) -> bool:
        if kind in _NAMES:
            return False
        lists = (
            pa.types.is_list(kind)
            and not pa.types.is_struct(kind.value_type)
            and kind.value_type not in _NAMES
        )
        return self.documents or pa.types.is_map(kind) or lists


def held(value: Any, kind: pa.DataType, types: Types, inside: bool = False) -> Any:
    """The value as PostgreSQL can hold it."""
    inside = inside or types.is_document(kind)
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, float):
        return None if inside and not math.isfinite(value) else value
    if value is None or kind in _NAMES:
        return value
    if pa.types.is_map(kind):
        return [(held(k, kind.key_type, types, True), held(v, kind.item_type, types, True)) for k, v in value]
    if pa.types.is_list(kind):
        return [held(item, kind.value_type, types, inside) for item in value]
    return {field.name: held(value[field.name], field.type, types, inside) for field in kind}


def _json(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_map(kind):
        return {key: _json(item, kind.item_type) for key, item in value}
    if pa.types.is_list(kind):
        return [_json(item, kind.value_type) for item in value]
    if pa.types.is_struct(kind):
        return {field.name: _json(value[field.name], field.type) for field in kind}
    return value.isoformat() if isinstance(value, (date, datetime, time)) else value


def _number(value: Any) -> Any:
    assert isinstance(value, Decimal)
    return float(value)


def stored(
    schema: str,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    tables: Mapping[str, pa.Table],
    documents: bool,
) -> tuple[list[str], dict[str, list[dict[str, Any]]]]:
    """Statements that make the tables in a new schema, and the rows as they are there."""
    types = Types(schema, documents)
    statements = [f"DROP SCHEMA IF EXISTS {schema} CASCADE", f"CREATE SCHEMA {schema}"]
    after: list[str] = []
    there: dict[str, list[dict[str, Any]]] = {}
    for name, table in tables.items():
        kinds = {field.name: field.type for field in table.schema}
        there[name] = [
            {key: held(row[key], kind, types) for key, kind in kinds.items()} for row in rows[name]
        ]
        columns = []
        for key, kind in kinds.items():
            columns.append(f"{quoted(key)} {types.name(kind)}")
        after.append(f"CREATE TABLE {schema}.{quoted(name)} ({', '.join(columns)})")
        for row in there[name]:
            values = ", ".join(_plain(row[key], kind, types) for key, kind in kinds.items())
            after.append(f"INSERT INTO {schema}.{quoted(name)} VALUES ({values})")
    return [*statements, *types.statements, *after], there


def _plain(value: Any, kind: pa.DataType, types: Types) -> str:
    """A value without the names of its types: the column's decide."""
    if value is None:
        return "NULL"
    if types.is_document(kind):
        return literal(json.dumps(_json(value, kind), default=_number))
    if pa.types.is_list(kind) or pa.types.is_struct(kind):
        return literal(_text(value, kind, types))
    text = value.isoformat() if isinstance(value, (date, datetime, time)) else str(value)
    return literal(text)


def _text(value: Any, kind: pa.DataType, types: Types) -> str:
    """PostgreSQL's text for a value (its documentation, 8.15.2 and 8.16.2)."""
    if types.is_document(kind):
        return json.dumps(_json(value, kind), default=_number)
    if pa.types.is_list(kind):
        return "{" + ",".join(_part(item, kind.value_type, types, "NULL") for item in value) + "}"
    if pa.types.is_struct(kind):
        return "(" + ",".join(_part(value[f.name], f.type, types, "") for f in kind) + ")"
    return value.isoformat() if isinstance(value, (date, datetime, time)) else str(value)


def _part(value: Any, kind: pa.DataType, types: Types, null: str) -> str:
    if value is None:
        return null
    return '"' + _text(value, kind, types).replace("\\", "\\\\").replace('"', '\\"') + '"'


def verify_there(
    server: Any, schema: str, declared: Contract, names: Sequence[str]
) -> dict[str, CheckResult]:
    """The results by check id, measured by PostgreSQL."""
    settings = {"host": server.host, "port": server.port, "database": server.name, "schema": schema}
    source = Source(declared, Server("crm", "postgres", None, settings))
    reader = PostgresReader(Path("/nowhere"), {}, lambda name: {"user": server.user})
    objects = [obj for obj in declared.objects if obj.name in names]
    specs = compile_contract(declared, list(names))
    results: dict[str, CheckResult] = {}
    with reader.inspect(source, objects) as inspection:
        for obj in objects:
            own = [spec for spec in specs if spec.object == obj.name]
            measures = inspection.measure(obj.name, own, {name: name for name in names})
            results.update((result.spec.id, result) for result in judge_all(own, measures))
    return results
