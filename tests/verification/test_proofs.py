"""When statistics are a proof, and when they are not."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.verification.contracts import deals
from tests.verification.stored import Remembered, Shape, store, verify_stored

from meshwright.adapters.duckdb.checks import Judged, measure
from meshwright.adapters.duckdb.checks.parts import parts_of_handle
from meshwright.adapters.duckdb.located import BELIEVING_BOUNDS
from meshwright.adapters.duckdb.relations import scan_handle
from meshwright.experience.contracts.compile import compile_contract
from meshwright.model.address import ProductKey
from meshwright.model.check import CheckResult
from meshwright.model.publication import Column, DataFile, Handle, ObjectKey
from meshwright.model.types import ColumnType


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        opened.execute(f"SET disabled_optimizers = '{BELIEVING_BOUNDS}'")
        yield opened


def verified(
    connection: duckdb.DuckDBPyConnection, folder: Path, values: pa.Array, prop: dict[str, Any], **shape: Any
) -> dict[str, CheckResult]:
    """The results for one column `v` that is stored in files."""
    files = store(pa.table({"v": values}), folder, Shape(**shape))
    found = verify_stored(connection, deals({"name": "v", **prop}), "deals", files)
    return {name.removeprefix("deals.v."): result for name, result in found.items()}


def reached(result: CheckResult) -> tuple[str, int]:
    return result.measure.how, result.measure.value


INTEGER = {"logicalType": "integer", "logicalTypeOptions": {"minimum": 0, "maximum": 9}}
NUMBER = {"logicalType": "number", "logicalTypeOptions": {"minimum": 0, "maximum": 9}}


def test_bounds_within_the_limits_prove_and_beyond_them_are_counted(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    found = verified(connection, tmp_path, pa.array([0, 9, None, 3]), INTEGER, group=2)
    assert reached(found["bounds"]) == ("proved", 0)
    found = verified(connection, tmp_path, pa.array([0, 10, 11, 3]), INTEGER, group=2)
    assert reached(found["bounds"]) == ("scanned", 2)


def test_only_files_that_prove_nothing_are_read(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    written = ("arrow", "arrow, no statistics")
    found = verified(connection, tmp_path, pa.array([1, 2, 30, 4]), INTEGER, cuts=(2,), writers=written)
    assert reached(found["bounds"]) == ("scanned", 1)


def test_nulls_are_counted_from_footers_and_a_column_of_nulls_breaks_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    values = pa.array([None, None, "x", None], pa.string())
    prop = {"logicalType": "string", "required": True, "logicalTypeOptions": {"pattern": "^y$"}}
    found = verified(connection, tmp_path, values, prop, cuts=(2,))
    assert reached(found["required"]) == ("proved", 3)
    assert reached(found["pattern"]) == ("scanned", 1)
    nothing = verified(connection, tmp_path, pa.array([None] * 3, pa.string()), prop)
    assert reached(nothing["pattern"]) == ("proved", 0)


@pytest.mark.parametrize("writer", ["arrow", "duckdb"])
def test_nan_hides_behind_bounds(connection: duckdb.DuckDBPyConnection, tmp_path: Path, writer: str) -> None:
    values = pa.array([1.0, math.nan, 2.0])
    found = verified(connection, tmp_path, values, NUMBER, writers=(writer,))
    assert reached(found["bounds"]) == ("scanned", 1)


def test_floats_are_proved_where_the_writer_counted_nan(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    values = pa.array([1.0, -0.0, 2.0])
    assert reached(verified(connection, tmp_path, values, NUMBER, writers=("duckdb",))["bounds"]) == (
        "proved",
        0,
    )
    assert reached(verified(connection, tmp_path, values, NUMBER, writers=("arrow",))["bounds"]) == (
        "scanned",
        0,
    )


def test_texts_are_never_proved_by_their_bounds(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    prop = {"logicalType": "string", "enum": [{"value": "a" * 200}]}
    found = verified(connection, tmp_path, pa.array(["a" * 200, "a" * 199 + "b"]), prop)
    assert reached(found["enum"]) == ("scanned", 1)


def test_whole_numbers_in_a_narrow_range_prove_any_check(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    prop = {"logicalType": "integer", "enum": [{"value": n} for n in (1, 2, 3)]}
    assert reached(verified(connection, tmp_path, pa.array([1, 3, 1]), prop)["enum"]) == ("proved", 0)
    gap = {"logicalType": "integer", "enum": [{"value": n} for n in (1, 3)]}
    assert reached(verified(connection, tmp_path, pa.array([1, 3, 1]), gap)["enum"]) == ("scanned", 0)


def test_bounds_of_nanoseconds_would_be_rounded_so_they_prove_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    limit = {"logicalType": "timestamp", "logicalTypeOptions": {"maximum": "2020-01-01T00:00:00"}}
    late = pa.array([1577836800_000000001], pa.timestamp("ns"))
    files = [tmp_path / "ns.parquet"]
    pq.write_table(pa.table({"v": late}), files[0], version="2.6")
    found = verify_stored(connection, deals({"name": "v", **limit}), "deals", files)["deals.v.bounds"]
    assert reached(found) == ("scanned", 1)


@pytest.mark.parametrize(
    ("values", "prop"),
    [
        (pa.array([1, 2**63 + 5], pa.uint64()), {"logicalType": "integer", "physicalType": "decimal(20,0)"}),
        (
            pa.array([Decimal("-1.50"), Decimal("12345678901234567890.12")], pa.decimal128(30, 2)),
            {"logicalType": "number", "physicalType": "decimal(30,2)"},
        ),
        (pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31)]), {"logicalType": "date"}),
    ],
)
def test_bounds_of_wide_types_are_exact(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, values: pa.Array, prop: dict[str, Any]
) -> None:
    highest = values[1].as_py()
    for limit, expected in ((highest, ("proved", 0)), (_before(highest), ("scanned", 1))):
        options = {"logicalTypeOptions": {"maximum": str(limit)}}
        assert reached(verified(connection, tmp_path, values, {**prop, **options})["bounds"]) == expected


def _before(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value - dt.timedelta(days=1)
    return value - (Decimal("0.01") if isinstance(value, Decimal) else 1)


def test_columns_that_swapped_their_names_are_found_by_field_id(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "old.parquet"
    schema = pa.schema(
        [
            pa.field("a", pa.int64(), metadata={"PARQUET:field_id": "1"}),
            pa.field("b", pa.int64(), metadata={"PARQUET:field_id": "2"}),
        ]
    )
    pq.write_table(pa.table({"a": [1, 2], "b": [100, None]}, schema=schema), path)
    kind = ColumnType("int64")
    file = DataFile(str(path), path.stat().st_size, 2)
    key = ObjectKey(ProductKey("web", "x"), "deals", 1, "deals")
    handle = Handle(key, (Column(1, "b", kind), Column(2, "a", kind)), (file,))
    connection.execute(f"CREATE TEMP VIEW deals AS {scan_handle(handle)}")
    declared = deals(
        {"name": "a", "logicalType": "integer", "required": True, "logicalTypeOptions": {"maximum": 9}},
        {"name": "b", "logicalType": "integer", "required": True, "logicalTypeOptions": {"maximum": 9}},
    )
    specs = compile_contract(declared, ["deals"])
    parts = parts_of_handle(connection, handle)
    judged = Judged("deals", {"a": kind, "b": kind}, parts)
    found = measure(connection, judged, specs, {"deals": "deals"})
    values = {name: (one.how, one.value) for name, one in found.items()}
    assert values["deals.a.required"] == ("proved", 1)
    assert values["deals.b.required"] == ("proved", 0)
    assert values["deals.a.bounds"] == ("scanned", 1)
    assert values["deals.b.bounds"] == ("proved", 0)


def test_a_key_is_counted_anew_only_where_ranges_meet(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    declared = deals({"name": "v", "logicalType": "integer", "unique": True})
    remembered = Remembered()
    table = pa.table({"v": pa.array([*range(100), *range(200, 300), *range(250, 350)])})
    files = store(table, tmp_path, Shape(cuts=(100, 200)))

    def unique(count: int) -> tuple[str, int]:
        found = verify_stored(connection, declared, "deals", files[:count], remembered=remembered)
        return reached(found["deals.v.unique"])

    assert unique(2) == ("scanned", 0)
    assert unique(2) == ("remembered", 0)
    assert unique(3) == ("scanned", 50)
    assert unique(3) == ("remembered", 50)


def test_what_another_meaning_of_a_column_gave_is_not_remembered(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    remembered = Remembered()
    files = store(pa.table({"v": pa.array(["a", "bb"])}), tmp_path, Shape())
    short = {"name": "v", "logicalType": "string", "logicalTypeOptions": {"maxLength": 1}}
    first = verify_stored(connection, deals(short), "deals", files, remembered=remembered)
    assert reached(first["deals.v.length"]) == ("scanned", 1)
    longer = {**short, "logicalTypeOptions": {"maxLength": 2}}
    second = verify_stored(connection, deals(longer), "deals", files, remembered=remembered)
    assert reached(second["deals.v.length"]) == ("scanned", 0)
    again = verify_stored(connection, deals(short), "deals", files, remembered=remembered)
    assert reached(again["deals.v.length"]) == ("remembered", 1)


def test_what_a_rule_gave_in_another_time_zone_is_not_remembered(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    remembered = Remembered()
    late = pa.array([dt.datetime(2020, 1, 1, 23, 30, tzinfo=dt.UTC)], pa.timestamp("us", "UTC"))
    files = store(pa.table({"v": late}), tmp_path, Shape())
    rule = {"type": "sql", "query": "SELECT count(*) FROM {object} WHERE day(v) = 2", "mustBe": 0}
    declared = deals({"name": "v", "logicalType": "timestamp"}, quality=[rule])
    found = {}
    for zone in ("UTC", "Asia/Tokyo", "UTC"):
        connection.execute(f"SET TimeZone = '{zone}'")
        results = verify_stored(connection, declared, "deals", files, remembered=remembered)
        found[zone] = reached(results["deals.quality[0]"])
    assert found == {"UTC": ("remembered", 0), "Asia/Tokyo": ("scanned", 1)}


def test_two_columns_of_one_name_are_not_taken_for_one(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Their nulls together are as many as there are rows."""
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table([pa.array([99, None]), pa.array([1, None])], names=["v", "v"]), file)
    found = verify_stored(connection, deals({"name": "v", "required": True, **INTEGER}), "deals", [file])
    assert reached(found["deals.v.bounds"]) == ("scanned", 1)
    assert reached(found["deals.v.required"]) == ("scanned", 1)


def test_many_columns_of_many_types_cost_little_each(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Minutes, where what is asked of the engine grows with the square of the columns."""
    values = (
        pa.array([1, 5]),
        pa.array([dt.date(2020, 1, 1)] * 2),
        pa.array(["a", "b"]),
        pa.array([0.5, 2.5]),
    )
    columns = {f"v{index}": values[index % 4] for index in range(800)}
    files = store(pa.table(columns), tmp_path, Shape())
    bounds = [{"minimum": 0, "maximum": 9}, {"minimum": "2019-01-01"}, {"maxLength": 1}, {"maximum": 2}]
    kinds = ("integer", "date", "string", "number")
    props = [
        {
            "name": name,
            "logicalType": kinds[index % 4],
            "required": True,
            "logicalTypeOptions": bounds[index % 4],
        }
        for index, name in enumerate(columns)
    ]
    found = verify_stored(connection, deals(*props), "deals", files)
    broken = {name for name, result in found.items() if result.measure.value}
    assert broken == {f"deals.v{index}.bounds" for index in range(3, 800, 4)}
    assert {result.measure.how for name, result in found.items() if name.endswith(".required")} == {"proved"}
