"""Builds sources and contract objects for the tests of readers, and reads what they wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from meshwright.model.contract import Contract, ContractObject, Property, Server
from meshwright.model.product import Source
from meshwright.provisioning.ports import Extraction


def column(name: str, logical: str | None = "string", **details: Any) -> Property:
    """A property of a contract."""
    return Property(name, f"properties.{name}", logical_type=logical, **details)


def table(name: str, *properties: Property, **details: Any) -> ContractObject:
    """An object of a contract."""
    return ContractObject(name, "schema[0]", properties=properties, **details)


def source(
    kind: str,
    obj: ContractObject,
    settings: Mapping[str, Any],
    custom: Mapping[str, Any] | None = None,
    name: str = "crm",
) -> Source:
    """A contract with one server."""
    server = Server(name, kind, settings=settings, custom=custom or {})
    contract = Contract("c", "1.0.0", "v3.2.0", "contracts/c.yaml", {}, servers=(server,), objects=(obj,))
    return Source(contract, server)


def read(extraction: Extraction, what: str = "*") -> list[tuple[Any, ...]]:
    """The rows that were written, in their order."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"SELECT {what} FROM read_parquet({list(extraction.files)})").fetchall()


def types(extraction: Extraction) -> dict[str, str]:
    """The columns that were written and their DuckDB types."""
    with duckdb.connect() as connection:
        rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({list(extraction.files)})").fetchall()
    return {row[0]: row[1] for row in rows}
