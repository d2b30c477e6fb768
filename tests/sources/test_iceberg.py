"""An Iceberg table as a source."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from source_building import column, read, source, table

from meshwright.adapters.iceberg.reader import IcebergReader
from meshwright.errors import DriftError, InputError
from meshwright.provisioning.ports import Increment

DEALS = table("deals", column("id", "integer"), column("total", "number"))


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    root = tmp_path / "mesh"
    root.mkdir()
    lake = SqlCatalog("main", uri=f"sqlite:///{tmp_path}/c.db", warehouse=f"file://{root}/lake")
    lake.create_namespace("shop")
    schema = pa.schema([("id", pa.int64()), ("amount", pa.float64())])
    deals = lake.create_table("shop.deals", schema=schema)
    deals.append(pa.table({"id": [1, 2, 3], "amount": [0.5, 1.5, 2.5]}, schema))
    with deals.update_schema() as update:
        update.rename_column("amount", "total")
    return root


def test_a_table_is_read_in_the_types_of_its_contract(mesh: Path, tmp_path: Path) -> None:
    given = source("iceberg", DEALS, {"location": "lake/shop"})
    reader = IcebergReader(mesh, {}, lambda server: {})
    assert {name: str(kind) for name, kind in reader.describe(given, DEALS).items()} == {
        "id": "int64",
        "total": "double",
    }
    assert read(reader.extract(given, DEALS, tmp_path / "out")) == [(1, 0.5), (2, 1.5), (3, 2.5)]
    later = reader.extract(given, DEALS, tmp_path / "out", Increment("id", "3", 1.0))
    assert (later.rows, later.cursor) == (2, "3")


def test_what_is_not_there_is_drift_with_a_guess(mesh: Path, tmp_path: Path) -> None:
    reader = IcebergReader(mesh, {}, lambda server: {})
    other = table("deal", column("id"))
    with pytest.raises(DriftError, match=r"the folder shop has no deal \(did you mean deals\?\)"):
        reader.extract(source("iceberg", other, {"location": "lake/shop"}), other, tmp_path / "out")
    with pytest.raises(InputError, match="leaves the mesh"):
        reader.describe(source("iceberg", DEALS, {"location": "../elsewhere"}), DEALS)
    with pytest.raises(InputError, match="is no address of a catalogue"):
        catalogue = {"catalog": "main", "catalogUrl": "somewhere"}
        reader.describe(source("iceberg", DEALS, catalogue), DEALS)
