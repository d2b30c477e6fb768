"""Reads files through the reader, for its tests."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from source_building import column, source, table

from meshwright.adapters.local.reader import LocalReader
from meshwright.model.contract import ContractObject
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Extraction, Increment

DEALS = table(
    "deals",
    column("id", "integer", required=True),
    column("amount", "number", physical_type="decimal(10,2)"),
    column("signed", "date"),
    column("note"),
)
CSV = "id,amount,signed,note\n1,10.50,2026-01-02,first\n2,,,\n3,7,2026-01-03,third\n"
ROWS = [
    (1, Decimal("10.50"), dt.date(2026, 1, 2), "first"),
    (2, None, None, None),
    (3, Decimal("7.00"), dt.date(2026, 1, 3), "third"),
]


def extract(
    mesh: Path,
    path: str,
    form: str = "csv",
    obj: ContractObject = DEALS,
    increment: Increment | None = None,
    environ: dict[str, str] | None = None,
    **settings: Any,
) -> Extraction:
    reader = LocalReader(mesh, environ or {}, lambda server: {})
    given = source("local", obj, {"path": path, "format": form, **settings})
    return reader.extract(given, obj, mesh.parent / "out", increment)


def describe(mesh: Path, path: str, form: str = "csv", obj: ContractObject = DEALS) -> dict[str, ColumnType]:
    reader = LocalReader(mesh, {}, lambda server: {})
    return dict(reader.describe(source("local", obj, {"path": path, "format": form}), obj))


def parquet(path: Path, select: str) -> None:
    duckdb.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
