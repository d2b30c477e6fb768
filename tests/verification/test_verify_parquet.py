"""Parquet files and DuckDB databases are verified where they lie."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.verification.given import declare, prop, verify


def write(sql: str, path: Path, options: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet{options})")


@pytest.mark.parametrize("data", ["deals", "deals/*/*.parquet", "deals/**/*.parquet", "."])
def test_folders_named_by_values_are_columns_of_the_contracts_type(tmp_path: Path, data: str) -> None:
    rows = "SELECT i AS id, 2023 + i % 2 AS year FROM range(6) t(i)"
    write(rows, tmp_path / "deals", ", PARTITION_BY (year)")
    for kind, bound in (("integer", {"minimum": 2024}), ("string", {"pattern": "4$"})):
        declare(
            tmp_path, prop("id", "integer", unique=True), prop("year", kind, required=True, options=bound)
        )
        found = verify(tmp_path, "--data", data)
        assert found.code == 1
        assert [*found.failed.values()] == ["3 of 6 rows"], found.failed


def test_a_folders_value_of_another_type_fails_the_check_for_the_type(tmp_path: Path) -> None:
    write("SELECT 1 AS id", tmp_path / "deals" / "year=soon" / "a.parquet")
    declare(tmp_path, prop("id", "integer"), prop("year", "integer"))
    assert verify(tmp_path, "--data", "deals").failed == {"deals.year.type": "type string"}


def test_files_with_different_columns_are_read_by_name(tmp_path: Path) -> None:
    write("SELECT 1::BIGINT AS id, 'x' AS note", tmp_path / "deals" / "a.parquet")
    write("SELECT 'y' AS more, 2::BIGINT AS id", tmp_path / "deals" / "b.parquet")
    declare(tmp_path, prop("id", "integer", unique=True), prop("note", "string", required=True))
    found = verify(tmp_path, "--data", "deals/*.parquet")
    assert found.failed == {"deals.note.required": "1 of 2 rows"}


@pytest.mark.parametrize(
    ("declared", "stored", "fits"),
    [
        ({"physicalType": "decimal(10,2)", "logicalType": "number"}, "1.5::DECIMAL(10,2)", True),
        ({"physicalType": "decimal(10,2)", "logicalType": "number"}, "1.5::DECIMAL(12,3)", False),
        ({"physicalType": "varchar(20)", "logicalType": "string"}, "'x'", True),
        ({"physicalType": "integer", "logicalType": "integer"}, "1::BIGINT", False),
        ({"logicalType": "date"}, "DATE '2024-01-01'", True),
        ({"logicalType": "date"}, "TIMESTAMP '2024-01-01'", False),
        ({"logicalType": "integer"}, "'1'", False),
        ({"logicalType": "integer"}, "INTERVAL '1 day'", False),
    ],
)
def test_types_of_files_are_judged(tmp_path: Path, declared: dict[str, Any], stored: str, fits: bool) -> None:
    write(f"SELECT {stored} AS v", tmp_path / "d.parquet")
    declare(tmp_path, {"name": "v", **declared})
    found = verify(tmp_path, "--data", "d.parquet")
    assert (found.code, [*found.failed]) == ((0, []) if fits else (1, ["deals.v.type"]))


def test_a_table_of_a_duckdb_database(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "d.duckdb")) as connection:
        connection.execute("CREATE TABLE deals AS SELECT i AS id, 'x' AS note FROM range(3) t(i)")
    server = {"type": "duckdb", "database": "d.duckdb"}
    declare(tmp_path, prop("id", "integer", options={"maximum": 1}), prop("note", "string"), server=server)
    assert verify(tmp_path).failed == {"deals.id.bounds": "1 of 3 rows"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("none.parquet", "does not exist"),
        ("none*.parquet", "no file matches"),
        ("broken.parquet", "broken.parquet"),
        ("ftp://host/deals.parquet", "begin with s3, "),
        ("deals.xlsx", "cannot be told from its name"),
    ],
)
def test_data_that_cannot_be_read_are_one_clear_error(tmp_path: Path, data: str, says: str) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 this is not one PAR1")
    declare(tmp_path, prop("id", "integer"))
    found = verify(tmp_path, "--data", data, json_report=False)
    assert found.code == 2
    assert says in found.err
    assert not found.out


def test_a_rule_that_cannot_run_is_an_error_at_its_line(tmp_path: Path) -> None:
    write("SELECT 'a' AS v", tmp_path / "d.parquet")
    rules = [
        {"type": "sql", "query": "COPY deals TO 'out.csv'", "mustBe": 0},
        {"type": "sql", "query": "SELECT count(*) FROM read_csv('/etc/passwd')", "mustBe": 0},
    ]
    declare(tmp_path, prop("v", "string", options={"pattern": "(?=a)"}), quality=rules)
    found = verify(tmp_path, "--data", "d.parquet")
    assert found.code == 2
    stopped = {name: check for name, check in found.checks.items() if check["status"] == "error"}
    assert [*stopped] == ["deals.v.pattern", "deals.quality[0]", "deals.quality[1]"]
    assert all(check["place"].split("contract.yaml:")[1][0].isdigit() for check in stopped.values())
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("text", ["schema: [", "kind: DataContract\n", "kind: Nothing\n", ""])
def test_a_contract_that_is_none_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "contract.yaml").write_text(text)
    found = verify(tmp_path, "--data", "d.parquet", json_report=False)
    assert found.code == 2
    assert "contract.yaml" in found.err


def test_nan_that_a_files_bounds_hide_is_found(tmp_path: Path) -> None:
    declare(
        tmp_path,
        prop("price", "number", options={"maximum": 9}),
        quality=[{"type": "sql", "query": "SELECT count(*) FROM {object} WHERE isnan(price)", "mustBe": 0}],
    )
    pq.write_table(pa.table({"price": [1.0, math.nan, 2.0]}), tmp_path / "deals.parquet")
    found = verify(tmp_path, "--data", "deals.parquet")
    assert found.code == 1
    assert found.failed == {"deals.price.bounds": "1 of 3 rows", "deals.quality[0]": "1"}
    assert found.checks["deals.price.bounds"]["samples"][0]["price"] == "nan"
