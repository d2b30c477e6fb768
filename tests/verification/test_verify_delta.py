"""Delta tables are verified as their current versions are."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.verification.given import declare, prop, verify

INSTALLED = importlib.util.find_spec("deltalake") is not None
needed = pytest.mark.skipif(not INSTALLED, reason="the extra `delta` is not installed")


def write(folder: Path, rows: dict[str, list[Any]], **options: Any) -> None:
    from deltalake import write_deltalake

    write_deltalake(str(folder), pa.table(rows), **options)


@needed
def test_the_current_version_is_verified_and_no_other_file(tmp_path: Path) -> None:
    from deltalake import DeltaTable

    table = tmp_path / "lake" / "deals"
    write(table, {"id": [1, 2], "amount": [1.5, -2.0]})
    write(table, {"id": [3], "amount": [-1.0]}, mode="append")
    DeltaTable(str(table)).delete("id = 2")
    declare(tmp_path, prop("id", "integer", unique=True), prop("amount", "number", options={"minimum": 0}))
    for data in ("lake/deals", "lake", "lake/{object}"):
        assert verify(tmp_path, "--data", data).failed == {"deals.amount.bounds": "1 of 2 rows"}
    server = {"type": "local", "path": "lake", "format": "delta"}
    declare(tmp_path, prop("id", "integer", options={"minimum": 2}), server=server)
    assert verify(tmp_path).failed == {"deals.id.bounds": "1 of 2 rows"}


@needed
def test_columns_of_folders_have_the_tables_types(tmp_path: Path) -> None:
    rows = {
        "id": [1, 2, 3],
        "year": [2023, 2024, None],
        "day": [dt.date(2024, 1, 1)] * 3,
        "note": ["a b", "x/y%", "=é"],
        "paid": [True, False, None],
    }
    write(tmp_path / "deals", rows, partition_by=["year", "day", "note", "paid"])
    wanted = [
        prop("year", "integer", required=True),
        prop("day", "date"),
        prop("note", "string", options={"pattern": "^(a b|x/y%|=é)$"}),
        prop("paid", "boolean"),
    ]
    declare(tmp_path, prop("id", "integer"), *wanted)
    assert verify(tmp_path, "--data", "deals").failed == {"deals.year.required": "1 of 3 rows"}
    declare(tmp_path, prop("year", "string"))
    assert verify(tmp_path, "--data", "deals").failed == {"deals.year.type": "type int64"}


@needed
@pytest.mark.parametrize("partitions", [{}, {"partition_by": ["id"]}])
def test_a_column_that_was_added_is_null_in_older_files(tmp_path: Path, partitions: Any) -> None:
    from deltalake import DeltaTable, Field
    from deltalake.schema import PrimitiveType

    write(tmp_path / "deals", {"id": [1, 2], "x": ["a", "b"]}, **partitions)
    DeltaTable(str(tmp_path / "deals")).alter.add_columns([Field("note", PrimitiveType("string"))])
    declare(tmp_path, prop("id", "integer"), prop("note", "string", required=True))
    assert verify(tmp_path, "--data", "deals").failed == {"deals.note.required": "2 of 2 rows"}
    write(tmp_path / "deals", {"id": [3], "x": ["c"], "note": ["n"]}, mode="append")
    assert verify(tmp_path, "--data", "deals").failed == {"deals.note.required": "2 of 3 rows"}


@needed
def test_an_empty_table_has_columns_and_no_rows(tmp_path: Path) -> None:
    from deltalake import DeltaTable

    write(tmp_path / "deals", {"id": [1], "year": [1]}, partition_by=["year"])
    DeltaTable(str(tmp_path / "deals")).delete()
    declare(tmp_path, prop("id", "integer", required=True), prop("year", "integer", required=True))
    found = verify(tmp_path, "--data", "deals")
    assert (found.code, found.failed) == (0, {})


@needed
def test_tables_whose_files_are_not_their_rows_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "deals", {"id": [1]})
    (first,) = (tmp_path / "deals" / "_delta_log").glob("*0.json")
    actions = [json.loads(line) for line in first.read_text().splitlines()]
    for action in actions:
        if "protocol" in action:
            action["protocol"] = {"minReaderVersion": 2, "minWriterVersion": 5}
        if "metaData" in action:
            schema = json.loads(action["metaData"]["schemaString"])
            mapped = {"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "col-1"}
            schema["fields"][0]["metadata"] = mapped
            action["metaData"]["schemaString"] = json.dumps(schema)
            action["metaData"]["configuration"] = {"delta.columnMapping.mode": "name"}
    first.write_text("\n".join(map(json.dumps, actions)))
    declare(tmp_path, prop("id", "integer"))
    refused = verify(tmp_path, "--data", "deals", json_report=False)
    assert (refused.code, "uses columnMapping" in refused.err) == (2, True)
    first.write_text("{")
    broken = verify(tmp_path, "--data", "deals", json_report=False)
    assert (broken.code, "cannot be read" in broken.err) == (2, True)


@pytest.mark.skipif(INSTALLED, reason="the extra `delta` is installed")
def test_without_the_extra_one_error_names_it(tmp_path: Path) -> None:
    (tmp_path / "deals" / "_delta_log").mkdir(parents=True)
    declare(tmp_path, prop("id", "integer"))
    refused = verify(tmp_path, "--data", "deals", json_report=False)
    assert (refused.code, "pip install 'meshwright[delta]'" in refused.err) == (2, True)
