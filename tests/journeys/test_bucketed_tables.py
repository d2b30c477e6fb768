"""Tables in buckets: PyIceberg finds in each file what its partition says, and skips the others."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, column, contract, csv_server, custom
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import EqualTo, IsNull

KEY = {"required": True, "primaryKey": True, "primaryKeyPosition": 1}


def in_buckets(name: str, logical: str, buckets: int = 5, **more: Any) -> dict[str, Any]:
    transform = custom(partitionTransform=f"bucket[{buckets}]")
    return column(name, logical, partitioned=True, partitionKeyPosition=1, customProperties=transform, **more)


def things_mesh(root: Path, declared: dict[str, Any], sql: str) -> MeshFolder:
    mesh = MeshFolder(root)
    mesh.product(
        "shop/things",
        [contract("things", {"things": [declared, column("n")]})],
        {"things.sql": sql},
        outputs=[("things", "1.0.0", "things")],
    )
    return mesh


def found(mesh: MeshFolder, name: str, value: Any) -> tuple[list[dict[str, Any]], int]:
    """The rows with a value, and how many files PyIceberg reads for them, by partitions alone."""
    with closing(SqlCatalog("dev", uri=f"sqlite:///{mesh.root}/.mesh/dev/registry.db")) as catalogue:
        table = catalogue.load_table(("shop", "things", "things@1"))
        scan = table.scan(row_filter=IsNull(name) if value is None else EqualTo(name, value))
        buckets = {task.file.partition[0] for task in scan.plan_files()}
        assert len(buckets) <= 1  # files are of one bucket: that of the value
        return scan.to_arrow().to_pylist(), len(buckets)


def spread(mesh: MeshFolder) -> Counter[Any]:
    """Rows by bucket."""
    with closing(SqlCatalog("dev", uri=f"sqlite:///{mesh.root}/.mesh/dev/registry.db")) as catalogue:
        tasks = catalogue.load_table(("shop", "things", "things@1")).scan().plan_files()
        counted: Counter[Any] = Counter()
        for task in tasks:
            counted[task.file.partition[0]] += task.file.record_count
        return counted


@pytest.mark.parametrize(
    ("declared", "expression", "values"),
    [
        (in_buckets("x", "integer"), "n * 37", [0, 37, 370]),
        (in_buckets("x", "integer", physicalType="int"), "(n * 37)::INTEGER", [0, 37, 370]),
        (
            in_buckets("x", "number", physicalType="decimal(9,2)"),
            "(n * -1.28)::DECIMAL(9,2)",
            [Decimal("0.00"), Decimal("-1.28"), Decimal("-12.80")],
        ),
        (in_buckets("x", "date"), "DATE '2026-01-01' + n::INTEGER", [dt.date(2026, 1, 3).isoformat()]),
        (in_buckets("x", "time"), "TIME '22:31:08' + to_seconds(n)", ["22:31:10"]),
        (
            in_buckets("x", "timestamp"),
            "TIMESTAMP '2026-01-01 00:00:00' + to_hours(n)",
            ["2026-01-01T02:00:00"],
        ),
        (
            in_buckets("x", "timestamp", logicalTypeOptions={"timezone": True}),
            "TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_hours(n)",
            ["2026-01-01T02:00:00+00:00"],
        ),
        (in_buckets("x", "string"), "'käufer-' || n", ["käufer-0", "käufer-11"]),
        (
            in_buckets("x", "string", physicalType="uuid"),
            "('f79c3e09-677c-4bbd-a479-3f349cb785' || lpad(n::VARCHAR, 2, '0'))::UUID",
            [uuid.UUID("f79c3e09-677c-4bbd-a479-3f349cb78507")],
        ),
        (in_buckets("x", "string", physicalType="bytea"), "encode('b' || n)", [b"b0", b"b7"]),
    ],
    ids=["long", "int", "decimal", "date", "time", "timestamp", "timestamptz", "string", "uuid", "binary"],
)
def test_a_value_is_found_in_the_files_of_its_bucket(
    tmp_path: Path, declared: dict[str, Any], expression: str, values: list[Any]
) -> None:
    sql = f"select {expression} as x, range as n from (select range, range as n from range(20))\n"
    mesh = things_mesh(tmp_path, declared, sql + "union all select null, 20\n")
    mesh.run("apply", "--yes")
    assert len(spread(mesh)) > 2 and spread(mesh)[None] == 1
    for value in (*values, None):
        rows, buckets = found(mesh, "x", value)
        assert (len(rows), buckets) == (1, 1)


def followed_mesh(root: Path, materialization: str) -> MeshFolder:
    mesh = MeshFolder(root)
    columns = [in_buckets("name", "string", **KEY), column("seen")]
    document = contract("things-file", {"things": columns}, servers=csv_server("data/things.csv"))
    document["schema"][0]["customProperties"] = custom(cursor="seen")
    mesh.product(
        "shop/things",
        [document, contract("things", {"things": columns})],
        {"things.sql": "select name, seen from changes(files.things)\n"},
        inputs=[("files", "things-file")],
        outputs=[("things", "1.0.0", "things")],
        port_custom={"materialization": materialization},
    )
    return mesh


@pytest.mark.parametrize("materialization", ["append", "merge"])
def test_added_and_changed_rows_are_in_their_buckets_too(tmp_path: Path, materialization: str) -> None:
    mesh = followed_mesh(tmp_path, materialization)
    mesh.csv("data/things.csv", "name,seen", *(f"thing-{n},{n}" for n in range(30)))
    mesh.run("apply", "--yes")
    before = spread(mesh)
    assert before.total() == 30 and len(before) == 5
    changed = ["thing-3,100"] if materialization == "merge" else []
    mesh.csv("data/things.csv", "name,seen", *changed, *(f"thing-{n},{n}" for n in range(100, 110)))
    mesh.run("run", "shop/things")
    assert spread(mesh).total() == 40
    for name, seen in (("thing-3", 100 if changed else 3), ("thing-29", 29), ("thing-105", 105)):
        assert found(mesh, "name", name) == ([{"name": name, "seen": seen}], 1)


def test_another_number_of_buckets_spreads_the_rows_again(tmp_path: Path) -> None:
    sql = "select range as x, range as n from range(100)\n"
    mesh = things_mesh(tmp_path, in_buckets("x", "integer", buckets=2), sql)
    mesh.run("apply", "--yes")
    assert len(spread(mesh)) == 2
    things_mesh(tmp_path, in_buckets("x", "integer", buckets=9), sql)
    mesh.run("apply", "--yes")
    assert len(spread(mesh)) == 9
    assert found(mesh, "x", 42) == ([{"x": 42, "n": 42}], 1)
