"""How often the rows of an object are read."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from tests.verification.contracts import deals, verify_in

ROWS = 5_000

MERGEABLE = deals(
    {
        "name": "stage",
        "logicalType": "string",
        "required": True,
        "logicalTypeOptions": {"minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"},
        "enum": [{"value": "open"}, {"value": "won"}],
    },
    {
        "name": "amount",
        "logicalType": "integer",
        "required": True,
        "logicalTypeOptions": {"minimum": 0, "maximum": 10_000, "multipleOf": 1},
        "quality": [
            {"type": "library", "metric": "nullValues", "mustBe": 0},
            {"type": "library", "metric": "invalidValues", "arguments": {"validValues": [1]}, "mustBe": 4999},
            {"type": "library", "metric": "missingValues", "arguments": {"missingValues": [-1]}, "mustBe": 0},
        ],
    },
    quality=[{"type": "library", "metric": "rowCount", "mustBe": ROWS}],
)


@pytest.fixture
def read() -> list[int]:
    """The sizes of the batches of the column `amount` that have been read."""
    return []


@pytest.fixture
def connection(read: list[int]) -> duckdb.DuckDBPyConnection:
    def counted(batch: pa.ChunkedArray) -> pa.ChunkedArray:
        read.append(len(batch))
        return batch

    connection = duckdb.connect(config={"threads": 1})
    connection.create_function(
        "counted", counted, ["BIGINT"], "BIGINT", type="arrow", side_effects=True, null_handling="special"
    )
    return connection


def test_all_checks_that_can_be_merged_take_one_scan(
    connection: duckdb.DuckDBPyConnection, read: list[int]
) -> None:
    rows = f"SELECT 'open' AS stage, counted(range) AS amount FROM range({ROWS})"
    results = verify_in(connection, MERGEABLE, few=[False], deals=rows)
    assert {result.status for result in results.values()} == {"pass"}
    assert len(results) >= 15
    assert sum(read) == ROWS


@pytest.mark.parametrize(("few", "scans"), [(False, 2), (True, 1)])
def test_a_key_takes_one_scan_more_where_rows_are_many(
    connection: duckdb.DuckDBPyConnection, read: list[int], few: bool, scans: int
) -> None:
    declared = deals({"name": "amount", "logicalType": "integer", "required": True, "unique": True})
    rows = f"SELECT counted(range) AS amount FROM range({ROWS})"
    results = verify_in(connection, declared, few=[few], deals=rows)
    assert {result.status for result in results.values()} == {"pass"}
    assert sum(read) == scans * ROWS
