"""The embedded engine's sessions: what a model can reach, what is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from meshwright.adapters.duckdb.engine import DuckEngine
from meshwright.adapters.duckdb.session import DuckSession
from meshwright.errors import BuildError
from meshwright.model.address import ProductKey
from meshwright.model.publication import Column, Handle, ObjectKey, PartitionField
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Target

KEY = ObjectKey(ProductKey("sales", "orders"), "orders", 1, "orders")
COLUMNS = (
    Column(1, "id", ColumnType("int64")),
    Column(2, "day", ColumnType("date")),
    Column(
        3,
        "tags",
        ColumnType("list", item=ColumnType("string")),
        None,
        (Column(4, "element", ColumnType("string")),),
    ),
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[DuckSession]:
    (tmp_path / "warehouse" / "data").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with DuckEngine([str(tmp_path / "warehouse")]).session() as session:
        session.offer_rows(
            "orders",
            [{"id": n, "day": f"2026-0{1 + n % 3}-11", "tags": ["x"] * n} for n in range(1, 7)],
            [(column.name, column.type) for column in COLUMNS],
        )
        yield session


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT (SELECT count(*) FROM duckdb_settings()) AS n",
        "SELECT * FROM orders, glob('/*')",
        "WITH a AS (SELECT * FROM pragma_version()) SELECT * FROM a",
        "SELECT * FROM orders WHERE id IN (SELECT id FROM other)",
        "SELECT 1; SELECT 2",
        "COPY orders TO '/tmp/x'",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM temp.main.orders",
    ],
)
def test_a_model_reads_only_what_is_offered(session: DuckSession, sql: str) -> None:
    with pytest.raises(BuildError):
        session.offer_query("m", sql, "models/m.sql")


def test_a_model_may_use_ctes_and_functions_of_its_arguments(session: DuckSession) -> None:
    session.offer_query(
        "m",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a WHERE n < 3), "
        "b AS (SELECT * FROM a) "
        "SELECT b.n, r.range FROM b, range(2) r JOIN orders ON true, unnest(tags) t",
        "models/m.sql",
    )
    assert set(session.describe("m")) == {"n", "range"}


def test_partitions_are_written_one_file_each_with_their_values(session: DuckSession, tmp_path: Path) -> None:
    target = Target(COLUMNS, (PartitionField("day", "month"),), str(tmp_path / "warehouse" / "data"), "run7")
    files = session.write("orders", target, "models/orders.sql").files
    assert sorted((file.rows, file.partition["day"]) for file in files) == [
        (2, "672"),
        (2, "673"),
        (2, "674"),
    ]
    assert all(
        Path(file.path).name.startswith("run7") and Path(file.path).stat().st_size == file.size
        for file in files
    )
    session.offer("back", Handle(KEY, COLUMNS, files, target.partitions))
    assert sorted(row["id"] for row in session.rows("back")) == [1, 2, 3, 4, 5, 6]


def test_columns_are_found_by_field_id_so_a_renamed_one_keeps_its_values(
    session: DuckSession, tmp_path: Path
) -> None:
    files = session.write(
        "orders", Target(COLUMNS, (), str(tmp_path / "warehouse" / "data"), "run1"), "m"
    ).files
    renamed = (Column(1, "order_id", ColumnType("int64")), Column(9, "id", ColumnType("string")))
    session.offer("back", Handle(KEY, renamed, files))
    assert {(row["order_id"], row["id"]) for row in session.rows("back")} == {(n, None) for n in range(1, 7)}


def test_a_merge_rewrites_only_files_that_hold_a_changed_key(session: DuckSession, tmp_path: Path) -> None:
    place = str(tmp_path / "warehouse" / "data")
    parts = []
    for number, condition in enumerate(("id <= 3", "id > 3")):
        session.offer_query(f"part{number}", f"SELECT * FROM orders WHERE {condition}", "m")
        parts += session.write(f"part{number}", Target(COLUMNS, (), place, f"run{number}"), "m").files
    session.offer_query("changed", "SELECT id, DATE '2030-01-01' AS day, tags FROM orders WHERE id = 2", "m")
    merged = session.merge(
        Handle(KEY, COLUMNS, tuple(parts)), "changed", ["id"], Target(COLUMNS, (), place, "run2"), "m"
    )
    assert merged.removed == (parts[0],)
    assert [file.rows for file in merged.rewritten] == [2]
    assert [file.rows for file in merged.added] == [1]


def test_an_empty_result_leaves_no_file(session: DuckSession, tmp_path: Path) -> None:
    session.offer_query("none", "SELECT * FROM orders WHERE id > 99", "m")
    assert (
        session.write("none", Target(COLUMNS, (), str(tmp_path / "warehouse" / "data"), "run3"), "m").files
        == ()
    )
