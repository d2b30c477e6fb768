"""A DuckDB database file as a source."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from source_building import column, read, source, table

from meshwright.adapters.duckdb_source.reader import DuckdbReader
from meshwright.errors import DriftError, InputError, Unavailable
from meshwright.model.contract import ContractObject
from meshwright.provisioning.ports import Extraction, Increment

DEALS = table("deals", column("id", "integer"), column("amount", "number", physical_type="decimal(10,2)"))


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    root = tmp_path / "mesh"
    root.mkdir()
    with duckdb.connect(str(root / "crm.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE deals AS SELECT i::INTEGER id, i * 1.25 amount FROM range(1, 6) t(i)"
        )
        connection.execute("CREATE SCHEMA archive; CREATE VIEW archive.deals AS FROM main.deals LIMIT 2")
        connection.execute(f"CREATE VIEW leak AS FROM read_text('{root}/secret.txt')")
    (root / "secret.txt").write_text("secret")
    return root


def extract(
    mesh: Path, obj: ContractObject, increment: Increment | None = None, **settings: Any
) -> Extraction:
    given = source("duckdb", obj, {"database": "crm.duckdb", **settings})
    return DuckdbReader(mesh, {}, lambda server: {}).extract(given, obj, mesh.parent / "out", increment)


def test_a_table_is_read_in_the_types_of_its_contract(mesh: Path) -> None:
    assert read(extract(mesh, DEALS))[0] == (1, Decimal("1.25"))
    assert extract(mesh, DEALS, schema="archive").rows == 2
    later = extract(mesh, DEALS, Increment("id", "5", 1.0))
    assert (later.rows, later.cursor) == (2, "5")


def test_types_are_described_exactly(mesh: Path) -> None:
    given = source("duckdb", DEALS, {"database": "crm.duckdb"})
    found = DuckdbReader(mesh, {}, lambda server: {}).describe(given, DEALS)
    assert {name: str(kind) for name, kind in found.items()} == {"id": "int32", "amount": "decimal(22,2)"}


def test_what_is_not_there_is_drift_with_a_guess(mesh: Path) -> None:
    with pytest.raises(DriftError, match=r"the schema main has no deal \(did you mean deals\?\)"):
        extract(mesh, table("deal", column("id")))


def test_a_view_reads_no_other_file(mesh: Path) -> None:
    with pytest.raises(Unavailable, match="file system operations are disabled"):
        extract(mesh, table("leak", column("content")))


def test_the_file_is_opened_read_only_and_must_be_a_database(mesh: Path) -> None:
    before = (mesh / "crm.duckdb").read_bytes()
    extract(mesh, DEALS)
    assert (mesh / "crm.duckdb").read_bytes() == before
    (mesh / "other.duckdb").write_text("x" * 100_000)
    with pytest.raises(Unavailable, match="not a valid DuckDB"):
        extract(mesh, DEALS, database="other.duckdb")
    with pytest.raises(Unavailable, match="does not exist"):
        extract(mesh, DEALS, database="nope.duckdb")
    with pytest.raises(InputError, match="leaves the mesh"):
        extract(mesh, DEALS, database="../crm.duckdb")
    assert not (mesh / "nope.duckdb").exists()
