"""What a rule in SQL counts row by row is remembered by file; what looks at rows together is not."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.verification.contracts import contract
from tests.verification.stored import Remembered, verify_stored

FILES = (
    [(1, 5, "a"), (2, None, "b"), (3, 1, "a")],
    [(4, 9, "c"), (5, 5, None), (None, 2, "a")],
    [(6, 5, "a"), (7, 7, "d"), (1, 0, "a")],
)

BY_ROW = [
    "SELECT count(*) FROM {object} WHERE a > b",
    "SELECT count(*) FILTER (WHERE b >= 5) FROM {object} x WHERE x.c IS NOT NULL",
    "SELECT count_if(b < 6) AS n FROM t",
    "SELECT count(c) FROM t AS u(x, y, c)",
    "FROM t SELECT count(*) WHERE c IN ('a', 'd')",
]
TOGETHER = [
    "SELECT count(DISTINCT c) FROM t",
    "SELECT count(*) + 1 FROM t",
    "SELECT max(a) FROM t",
    "SELECT count(*) FROM t WHERE b > (SELECT avg(b) FROM t)",
    "SELECT count(*) FROM (SELECT DISTINCT c FROM t)",
    "SELECT count(*) FROM t HAVING count(*) > 6",
    "SELECT count(*) FROM t x JOIN t y ON x.b = y.b",
    "SELECT count(*) FROM t LIMIT 1",
    "WITH k AS (SELECT c FROM t GROUP BY c) SELECT count(*) FROM k",
    "SELECT count(*) FROM t QUALIFY true",
]


def stored(folder: Path) -> list[Path]:
    paths = []
    for number, rows in enumerate(FILES):
        a, b, c = zip(*rows, strict=True)
        path = folder / f"{number}.parquet"
        columns = {"a": pa.array(a, pa.int64()), "b": pa.array(b, pa.int64()), "c": pa.array(c, pa.string())}
        pq.write_table(pa.table(columns), path)
        paths.append(path)
    return paths


def value(query: str, files: list[Path], remembered: Remembered | None) -> tuple[object, str | None]:
    declared = contract({"name": "t", "quality": [{"type": "sql", "query": query, "mustBe": 0}]})
    with duckdb.connect() as connection:
        (result,) = verify_stored(connection, declared, "t", files, remembered=remembered).values()
    return result.measure.value, result.measure.error


def spoil(path: Path) -> None:
    """Make the rows of a file unreadable, and leave what its footer tells."""
    data = bytearray(path.read_bytes())
    footer = int.from_bytes(data[-8:-4], "little") + 8
    data[4:-footer] = bytes(len(data) - footer - 4)
    path.write_bytes(data)


@pytest.mark.parametrize("query", [*BY_ROW, *TOGETHER])
def test_a_rule_over_a_file_more_returns_what_it_returns_over_all(tmp_path: Path, query: str) -> None:
    files, remembered = stored(tmp_path), Remembered()
    for end in (1, 2, 2, 3):
        fresh = value(query, files[:end], None)
        assert value(query, files[:end], remembered) == fresh
    assert value(query, [files[0], files[2]], remembered) == value(query, [files[0], files[2]], None)


@pytest.mark.parametrize("query", BY_ROW)
def test_rows_of_remembered_files_are_not_read(tmp_path: Path, query: str) -> None:
    files, remembered = stored(tmp_path), Remembered()
    expected = value(query, files, None)
    value(query, files[:2], remembered)
    for file in files[:2]:
        spoil(file)
    assert value(query, files, remembered) == expected


@pytest.mark.parametrize("query", TOGETHER[:1])
def test_rows_that_belong_together_are_read_again(tmp_path: Path, query: str) -> None:
    files, remembered = stored(tmp_path), Remembered()
    value(query, files[:2], remembered)
    spoil(files[0])
    with pytest.raises(duckdb.Error):
        found, error = value(query, files, remembered)
        assert error is not None, found
        raise duckdb.Error(error)
