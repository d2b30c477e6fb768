"""What the dictionaries of Parquet files prove, and when nobody can tell what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.verification.contracts import deals
from tests.verification.stored import Remembered, verify_stored

from meshwright.adapters.duckdb.checks import dictionaries, proofs
from meshwright.adapters.duckdb.checks.dictionaries import Page, texts_in

PROP = {"name": "v", "logicalType": "string", "enum": [{"value": "a"}, {"value": "bb"}]}
CODECS = ("none", "snappy", "gzip", "zstd", "brotli", "lz4")


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    monkeypatch.setattr(proofs, "MANY", 0)
    with duckdb.connect(config={"threads": 1}) as opened:
        yield opened


def judged(
    connection: duckdb.DuckDBPyConnection, file: Path, remembered: Remembered | None = None, **more: Any
) -> tuple[str, int]:
    """How the verdict on the list of values was reached, and how many rows break it."""
    found = verify_stored(connection, deals({**PROP, **more}), "deals", [file], remembered=remembered)
    measure = found["deals.v.enum"].measure
    return measure.how, measure.value


def write(values: Any, file: Path, **options: Any) -> Path:
    pq.write_table(pa.table({"v": values}), file, **options)
    return file


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_list_that_has_all_values_of_the_dictionaries_is_proved(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, codec: str, version: Any
) -> None:
    values = pa.array(["a", None, "bb", "a"] * 50)
    options = {"compression": codec, "data_page_version": version, "row_group_size": 7}
    file = write(values, tmp_path / "a.parquet", **options)
    assert judged(connection, file) == ("proved", 0)
    file = write(pa.array(["a", "c", "bb", "c"] * 50), tmp_path / "b.parquet", **options)
    assert judged(connection, file) == ("scanned", 100)


def test_files_that_duckdb_writes_are_proved(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for compression in ("snappy", "zstd", "gzip", "lz4_raw", "brotli", "uncompressed"):
        file = tmp_path / f"{compression}.parquet"
        rows = "SELECT CASE WHEN i % 3 = 0 THEN 'a' ELSE 'bb' END AS v FROM range(5000) t(i)"
        connection.execute(f"COPY ({rows}) TO '{file}' (COMPRESSION {compression}, ROW_GROUP_SIZE 2048)")
        assert judged(connection, file) == ("proved", 0), compression


def test_a_value_that_only_the_dictionary_holds_is_no_fault(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array(["a", "bb", "never used"]))
    assert judged(connection, write(coded, tmp_path / "a.parquet")) == ("scanned", 0)


def test_values_beside_the_dictionary_are_found(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """The writer gives the dictionary up when it grows, and writes the rest plain."""
    values = ["a", "bb"] * 5000 + [f"c{i}" for i in range(5000)]
    file = write(pa.array(values), tmp_path / "a.parquet", dictionary_pagesize_limit=64, data_page_size=64)
    mixed = connection.execute(f"SELECT encodings FROM parquet_metadata('{file}')").fetchall()[0][0]
    assert "DICTIONARY" in mixed and "PLAIN" in mixed
    assert judged(connection, file) == ("scanned", 5000)


def test_a_value_of_one_row_group_is_found(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    values = ["a"] * 5000 + ["z"] + ["bb"] * 5000
    file = write(pa.array(values), tmp_path / "a.parquet", row_group_size=1000)
    assert judged(connection, file) == ("scanned", 1)


def test_null_that_breaks_a_check_is_not_taken_for_a_value(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = write(pa.array(["a", None, "bb"]), tmp_path / "a.parquet")
    rule = {
        "type": "library",
        "metric": "missingValues",
        "mustBe": 0,
        "arguments": {"missingValues": [None, "x"]},
    }
    found = verify_stored(connection, deals({**PROP, "quality": [rule]}), "deals", [file])
    assert found["deals.v.quality[0]"].measure.value == 1


def test_large_dictionaries_are_left_to_the_scan(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(pa.array(["a", "bb"] * 50), tmp_path / "a.parquet")
    monkeypatch.setattr(dictionaries, "MOST_BYTES", 10)
    assert judged(connection, file) == ("scanned", 0)


def test_few_values_are_scanned(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "MANY", 101)
    file = write(pa.array(["a", "bb"] * 50), tmp_path / "a.parquet")
    assert judged(connection, file) == ("scanned", 0)


def test_what_dictionaries_proved_is_remembered(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = write(pa.array(["a", "bb"] * 50), tmp_path / "a.parquet")
    remembered = Remembered()
    assert judged(connection, file, remembered) == ("proved", 0)
    assert judged(connection, file, remembered) == ("remembered", 0)


def pages_of(file: Path) -> tuple[bytes, Page]:
    with duckdb.connect() as connection:
        row = connection.execute(
            f"SELECT dictionary_page_offset, data_page_offset, compression FROM parquet_metadata('{file}')"
        ).fetchall()[0]
    return file.read_bytes(), Page(str(file), *row)


@given(data=st.data())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_damaged_page_tells_nothing_or_what_it_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Nothing is raised, and nothing is made up of a page that does not hang together."""
    folder = tmp_path_factory.mktemp("damaged", numbered=True)
    codec = data.draw(st.sampled_from(["none", "snappy"]))
    whole, page = pages_of(write(pa.array(["a", "bb", "ccc"] * 9), folder / "a.parquet", compression=codec))
    assert texts_in([page]) == {"a", "bb", "ccc"}
    spot = data.draw(st.integers(page.start, page.end - 1))
    kind = data.draw(st.sampled_from(["byte", "cut", "end"]))
    if kind == "byte":
        damaged = bytearray(whole)
        damaged[spot] = data.draw(st.integers(0, 255))
        (folder / "a.parquet").write_bytes(damaged)
    elif kind == "cut":
        (folder / "a.parquet").write_bytes(whole[:spot])
    else:
        page = Page(page.path, page.start, spot, page.codec)
    found = texts_in([page])
    assert found is None or len(found) <= 3


@pytest.mark.parametrize(
    "page", [b"", b"\x15", b"\x1c" * 5000, b"\x15\x04\x15\xff\xff\xff\xff\x0f\x15\x02\x5c"]
)
def test_what_is_no_page_tells_nothing(tmp_path: Path, page: bytes) -> None:
    file = tmp_path / "a"
    file.write_bytes(page + bytes(100))
    assert texts_in([Page(str(file), 0, len(page) + 100, "UNCOMPRESSED")]) is None
    assert texts_in([Page(str(tmp_path / "b"), 0, 10, "SNAPPY")]) is None
    assert texts_in([Page(str(file), 10, 10, "SNAPPY")]) is None
