"""Contracts from plain data, and their checks measured on Arrow tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from meshwright.adapters.duckdb.checks import Judged, measure
from meshwright.experience.contracts.compile import compile_contract
from meshwright.experience.contracts.judge import judge_all
from meshwright.model.check import CheckResult
from meshwright.model.contract import Contract
from meshwright.model.types import ColumnType
from meshwright.sql.duckdb_types import from_duckdb
from meshwright.standards.odcs import read_contract


def contract(*objects: Mapping[str, Any], **more: Any) -> Contract:
    """A contract of these schema objects, as a document would have them, and `more` of it."""
    head = {"id": "test", "version": "1.0.0", "apiVersion": "v3.2.0", "kind": "DataContract"}
    return read_contract({**head, "schema": list(objects), **more}, "contracts/test.odcs.yaml")


def deals(*properties: Mapping[str, Any], **more: Any) -> Contract:
    """A contract of one object `deals`."""
    return contract({"name": "deals", "properties": list(properties), **more})


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, ColumnType]:
    """The columns of a relation."""
    return {row[0]: from_duckdb(row[1]) for row in connection.execute(f"DESCRIBE {relation}").fetchall()}


def verify(
    declared: Contract, now: dt.datetime | None = None, **tables: pa.Table | str
) -> dict[str, CheckResult]:
    """The results by check id; `tables` holds an Arrow table or a SELECT by object name."""
    with duckdb.connect(config={"threads": 1}) as connection:
        return verify_in(connection, declared, now, **tables)


def verify_in(
    connection: duckdb.DuckDBPyConnection,
    declared: Contract,
    now: dt.datetime | None = None,
    few: Sequence[bool] = (False, True),
    **tables: pa.Table | str,
) -> dict[str, CheckResult]:
    """The same in a given connection; relations are named differently from their objects.

    What is measured is the same whether relations are said to have few rows or not.
    """
    objects = {}
    for name, table in tables.items():
        relation = f'"candidate of {name}"'
        if isinstance(table, str):
            connection.execute(f"CREATE OR REPLACE TEMP VIEW {relation} AS {table}")
        else:
            connection.register(f"candidate of {name}", table)
        objects[name] = relation
    specs = compile_contract(declared, list(tables))
    results: dict[str, CheckResult] = {}
    for name, relation in objects.items():
        own = [spec for spec in specs if spec.object == name]
        columns = columns_of(connection, relation)
        measures, *others = (
            measure(connection, Judged(relation, columns, few=way), own, objects) for way in few
        )
        assert all(other == measures for other in others)
        results.update((result.spec.id, result) for result in judge_all(own, measures, now))
    return results


def failed(results: Mapping[str, CheckResult]) -> dict[str, Any]:
    """What did not pass, by id: the number of rows, or the status where there is none."""
    return {
        name: result.measure.value if result.status in ("fail", "warn") else result.status
        for name, result in results.items()
        if result.status != "pass"
    }
