"""Buckets are Iceberg's, for every type that it buckets, and their hash is nobody else's to call."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyiceberg import types as ice
from pyiceberg.transforms import BucketTransform

from meshwright.adapters.duckdb.buckets import hash_functions
from meshwright.adapters.duckdb.engine import DuckEngine
from meshwright.adapters.duckdb.session import DuckSession
from meshwright.errors import BuildError, SqlError
from meshwright.model.publication import Column, DataFile, PartitionField
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Target

MOMENTS = st.datetimes(dt.datetime(1600, 1, 1), dt.datetime(9999, 1, 1))
TYPES: dict[str, tuple[ColumnType, pa.DataType, ice.IcebergType, st.SearchStrategy[Any]]] = {
    "int": (ColumnType("int32"), pa.int32(), ice.IntegerType(), st.integers(-(2**31), 2**31 - 1)),
    "long": (ColumnType("int64"), pa.int64(), ice.LongType(), st.integers(-(2**63), 2**63 - 1)),
    "decimal(9,2)": (
        ColumnType("decimal", 9, 2),
        pa.decimal128(9, 2),
        ice.DecimalType(9, 2),
        st.decimals(-9999999, 9999999, places=2)
        | st.sampled_from(list(map(Decimal, ("-0.01", "1.28", "-1.28")))),
    ),
    "decimal(38,0)": (
        ColumnType("decimal", 38, 0),
        pa.decimal128(38, 0),
        ice.DecimalType(38, 0),
        st.integers(-(10**38) + 1, 10**38 - 1).map(Decimal),
    ),
    "decimal(2,2)": (
        ColumnType("decimal", 2, 2),
        pa.decimal128(2, 2),
        ice.DecimalType(2, 2),
        st.decimals(Decimal("-0.99"), Decimal("0.99"), places=2),
    ),
    "date": (ColumnType("date"), pa.date32(), ice.DateType(), st.dates()),
    "time": (ColumnType("time"), pa.time64("us"), ice.TimeType(), st.times()),
    "timestamp": (ColumnType("timestamp"), pa.timestamp("us"), ice.TimestampType(), MOMENTS),
    "timestamptz": (
        ColumnType("timestamptz"),
        pa.timestamp("us", "UTC"),
        ice.TimestamptzType(),
        MOMENTS.map(lambda moment: moment.replace(tzinfo=dt.UTC)),
    ),
    "string": (ColumnType("string"), pa.string(), ice.StringType(), st.text(st.characters(codec="utf-8"))),
    "binary": (ColumnType("binary"), pa.binary(), ice.BinaryType(), st.binary()),
    "uuid": (ColumnType("uuid"), pa.string(), ice.UUIDType(), st.uuids().map(str)),
}


@pytest.fixture
def engine(tmp_path: Path) -> DuckEngine:
    return DuckEngine([str(tmp_path)])


@pytest.fixture
def session(engine: DuckEngine) -> Iterator[DuckSession]:
    with engine.session() as session:
        yield session


def bucketed(kind: ColumnType, folder: Path, run: str, n: int) -> Target:
    data = folder / "data"
    data.mkdir(exist_ok=True)
    return Target((Column(1, "x", kind),), (PartitionField("x", f"bucket[{n}]"),), str(data), run)


def write(
    session: DuckSession, folder: Path, kind: str, values: list[Any], run: str, n: int = 7
) -> tuple[DataFile, ...]:
    column, arrow, _, _ = TYPES[kind]
    session.offer_arrow("rows", pa.table({"x": pa.array(values, arrow)}).to_reader(), "models/rows.py")
    target = bucketed(column, folder, run, n)
    return session.write("rows", target, "models/rows.sql").files


@pytest.mark.parametrize("kind", TYPES)
def test_values_are_in_the_buckets_that_iceberg_says(session: DuckSession, tmp_path: Path, kind: str) -> None:
    _, _, iceberg, strategy = TYPES[kind]
    bucket = BucketTransform(7).transform(iceberg)
    runs = iter(range(1000))

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(strategy | st.none(), min_size=1))
    def hold(values: list[Any]) -> None:
        files = write(session, tmp_path, kind, values, f"run{next(runs)}")
        found = {}
        for file in files:
            for value in pq.ParquetFile(file.path).read()["x"].to_pylist():
                known = uuid.UUID(bytes=value) if isinstance(value, bytes) and kind == "uuid" else value
                expected = bucket(known)
                assert file.partition["x"] == (None if expected is None else str(expected))
                found[str(known)] = file
        assert sum(file.rows for file in files) == len(values)
        assert found.keys() == set(map(str, values))

    hold()


def test_the_examples_of_the_specification(session: DuckSession, tmp_path: Path) -> None:
    """Iceberg spec, appendix B: hash results, here in 2147483647 buckets."""
    examples: list[tuple[str, Any, int]] = [
        ("int", 34, 2017239379),
        ("long", 34, 2017239379),
        ("decimal(9,2)", Decimal("14.20"), -500754589),
        ("date", dt.date(2017, 11, 16), -653330422),
        ("time", dt.time(22, 31, 8), -662762989),
        ("timestamp", dt.datetime(2017, 11, 16, 22, 31, 8), -2047944441),
        ("timestamptz", dt.datetime(2017, 11, 16, 22, 31, 8, tzinfo=dt.UTC), -2047944441),
        ("string", "iceberg", 1210000089),
        ("uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7", 1488055340),
        ("binary", b"\x00\x01\x02\x03", -188683207),
    ]
    for kind, value, hashed in examples:
        (file,) = write(session, tmp_path, kind, [value], f"of-{kind}", 2**31 - 1)
        assert (kind, file.partition["x"]) == (kind, str((hashed & (2**31 - 1)) % (2**31 - 1)))


def test_a_value_is_hashed_as_it_is_stored(session: DuckSession, tmp_path: Path) -> None:
    session.offer_query("rows", "SELECT 14.2 AS x", "models/rows.sql")
    target = bucketed(ColumnType("decimal", 9, 2), tmp_path, "run", 7)
    (file,) = session.write("rows", target, "models/rows.sql").files
    bucket = BucketTransform(7).transform(ice.DecimalType(9, 2))
    assert file.partition["x"] == str(bucket(Decimal("14.20")))


def test_the_hash_can_be_called_by_no_statement_and_is_gone_afterwards(
    engine: DuckEngine, session: DuckSession
) -> None:
    cursor = session._cursor
    with hash_functions(cursor, ["int64"]) as hashes:
        call = f"SELECT {hashes['int64']}(34) AS x"
        assert cursor.execute(call).fetchall() == [(2017239379,)]
        with pytest.raises(BuildError, match="calls `iceberg_hash_long_"):
            session.offer_query("m", call, "models/m.sql")
        with pytest.raises(SqlError, match="calls `iceberg_hash_long_"):
            engine.query({}, call)
    left = "SELECT count(*) FROM duckdb_functions() WHERE function_name LIKE 'iceberg_hash%'"
    assert cursor.execute(left).fetchall() == [(0,)]


def test_sessions_of_one_engine_write_buckets_at_the_same_time(engine: DuckEngine, tmp_path: Path) -> None:
    values = list(range(5000))

    def one(number: int) -> list[tuple[Any, int]]:
        with engine.session() as session:
            files = write(session, tmp_path, "long", values, f"run{number}")
            return sorted((file.partition["x"], file.rows) for file in files)

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(one, range(12))
    assert len(first) == 7 and all(other == first for other in others)
