"""From contracts to Iceberg tables, as PyIceberg's own catalogue shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, column, contract, custom
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

SQL = """
select * from (values
    (1, date '2026-01-05', timestamp '2026-01-05 10:00:00', 'ada', 10.25::decimal(10,2)),
    (2, date '2026-02-07', timestamp '2026-02-07 23:30:00', 'bob', 20.50::decimal(10,2))
) t(id, sold, seen, customer, amount)
"""

NUMBERS = "select 1::integer as id, 2::integer as amount"

ID = column("id", required=True, primaryKey=True, primaryKeyPosition=1, description="Number of the sale")
SOLD = column("sold", "date", description="Day of the sale")
SEEN = column("seen", "timestamp")
CUSTOMER = column("customer", "string")
AMOUNT = column("amount", "number", physicalType="decimal(10,2)")


def sales(root: Path, columns: list[dict[str, Any]], sql: str = SQL, **port_custom: Any) -> MeshFolder:
    mesh = MeshFolder(root)
    declare(mesh, columns, sql, **port_custom)
    return mesh


def declare(mesh: MeshFolder, columns: list[dict[str, Any]], sql: str = SQL, **port_custom: Any) -> None:
    mesh.product(
        "shop/sales",
        [contract("sales", {"sales": columns})],
        {"sales.sql": f"select {', '.join(c['name'] for c in columns)} from ({sql})\n"},
        outputs=[("sales", "1.0.0", "sales")],
        port_custom=port_custom,
    )


@contextmanager
def table(mesh: MeshFolder) -> Iterator[Table]:
    """The published table, opened as any Iceberg tool would."""
    catalogue = SqlCatalog("dev", uri=f"sqlite:///{mesh.root}/.mesh/dev/registry.db")
    try:
        yield catalogue.load_table(("shop", "sales", "sales@1"))
    finally:
        catalogue.close()


def fields(mesh: MeshFolder) -> dict[str, tuple[int, str]]:
    with table(mesh) as found:
        return {field.name: (field.field_id, str(field.field_type)) for field in found.schema().fields}


def spec(mesh: MeshFolder) -> list[tuple[str, str]]:
    with table(mesh) as found:
        names = {field.field_id: field.name for field in found.schema().fields}
        return [(names[part.source_id], str(part.transform)) for part in found.spec().fields]


def partitioned(declared: dict[str, Any], position: int = 1, transform: str | None = None) -> dict[str, Any]:
    more = {"customProperties": custom(partitionTransform=transform)} if transform else {}
    return {**declared, "partitioned": True, "partitionKeyPosition": position, **more}


def test_order_types_and_descriptions_of_the_contract_become_the_schema(tmp_path: Path) -> None:
    mesh = sales(tmp_path, [CUSTOMER, AMOUNT, SEEN, SOLD, ID])
    mesh.run("apply", "--yes")
    with table(mesh) as found:
        schema = found.schema()
        assert [(f.name, str(f.field_type), f.doc, f.required) for f in schema.fields] == [
            ("customer", "string", None, False),
            ("amount", "decimal(10, 2)", None, False),
            ("seen", "timestamp", None, False),
            ("sold", "date", "Day of the sale", False),
            ("id", "long", "Number of the sale", False),
        ]
        assert found.scan().to_arrow().num_rows == 2


@pytest.mark.parametrize(
    ("declared", "transform", "expected"),
    [
        (SOLD, None, "month"),
        (SEEN, None, "month"),
        (CUSTOMER, None, "identity"),
        (SOLD, "day", "day"),
        (SEEN, "hour", "hour"),
        (SOLD, "year", "year"),
        (ID, "truncate[10]", "truncate[10]"),
        (CUSTOMER, "truncate[1]", "truncate[1]"),
        (CUSTOMER, "bucket[4]", "bucket[4]"),
    ],
)
def test_the_table_is_partitioned_as_the_contract_says(
    tmp_path: Path, declared: dict[str, Any], transform: str | None, expected: str
) -> None:
    columns = [partitioned(c, 1, transform) if c is declared else c for c in (ID, SOLD, SEEN, CUSTOMER)]
    mesh = sales(tmp_path, columns)
    mesh.run("apply", "--yes")
    assert spec(mesh) == [(declared["name"], expected)]
    with table(mesh) as found:
        assert found.scan().to_arrow().num_rows == 2


def test_several_partition_columns_keep_their_order_and_prune(tmp_path: Path) -> None:
    columns = [ID, partitioned(CUSTOMER, 2), partitioned(SOLD, 1)]
    mesh = sales(tmp_path, columns)
    mesh.run("apply", "--yes")
    assert spec(mesh) == [("sold", "month"), ("customer", "identity")]
    with table(mesh) as found:
        assert len(list(found.scan("sold >= '2026-02-01'").plan_files())) == 1
        assert len(list(found.scan().plan_files())) == 2


def history(mesh: MeshFolder) -> tuple[str, str]:
    with table(mesh) as found:
        return str(found.metadata.table_uuid), found.location()


def test_a_new_column_is_added_to_the_same_table_and_old_fields_keep_their_ids(tmp_path: Path) -> None:
    mesh = sales(tmp_path, [ID, CUSTOMER])
    mesh.run("apply", "--yes")
    before, same = fields(mesh), history(mesh)
    declare(mesh, [AMOUNT, ID, CUSTOMER])
    mesh.run("apply", "--yes")
    after = fields(mesh)
    assert history(mesh) == same
    assert list(after) == ["amount", "id", "customer"]
    assert {name: after[name] for name in before} == before
    assert after["amount"][0] > max(field_id for field_id, _ in before.values())
    with table(mesh) as found:
        assert len(found.schemas()) == 2 and len(found.snapshots()) == 2
        assert found.scan(snapshot_id=found.snapshots()[0].snapshot_id).to_arrow().num_rows == 2


def test_a_wider_type_keeps_the_field_and_a_narrower_one_gets_a_new_id(tmp_path: Path) -> None:
    small = column("amount", "integer", logicalTypeOptions={"format": "i32"})
    mesh = sales(tmp_path, [ID, small], NUMBERS)
    mesh.run("apply", "--yes")
    first = fields(mesh)["amount"]
    declare(mesh, [ID, column("amount", "integer")], NUMBERS)
    mesh.run("apply", "--yes")
    assert fields(mesh)["amount"] == (first[0], "long") and first[1] == "int"
    declare(mesh, [ID, small], NUMBERS)
    mesh.run("apply", "--yes", "--allow-breaking", "back")
    assert fields(mesh)["amount"][0] > first[0] and fields(mesh)["amount"][1] == "int"


def test_a_column_that_was_dropped_and_added_again_gets_a_new_id(tmp_path: Path) -> None:
    mesh = sales(tmp_path, [ID, CUSTOMER, AMOUNT])
    mesh.run("apply", "--yes")
    first = fields(mesh)
    declare(mesh, [ID, AMOUNT])
    mesh.run("apply", "--yes", "--allow-breaking", "nobody reads it")
    assert fields(mesh) == {name: first[name] for name in ("id", "amount")}
    declare(mesh, [ID, CUSTOMER, AMOUNT])
    mesh.run("apply", "--yes")
    again = fields(mesh)
    assert again["customer"][0] > max(field_id for field_id, _ in first.values())
    assert {name: again[name] for name in ("id", "amount")} == {
        name: first[name] for name in ("id", "amount")
    }


def test_an_added_column_of_an_append_is_empty_in_the_rows_before_it(tmp_path: Path) -> None:
    mesh = sales(tmp_path, [ID, CUSTOMER], materialization="append")
    mesh.run("apply", "--yes")
    old = fields(mesh)
    declare(mesh, [column("id", required=True), CUSTOMER, AMOUNT], materialization="append")
    mesh.run("apply", "--yes", "--allow-breaking", "rows have no key")
    assert {name: fields(mesh)[name] for name in old} == old


def test_other_partitions_hold_for_new_files_of_the_same_table(tmp_path: Path) -> None:
    mesh = sales(tmp_path, [ID, SOLD])
    mesh.run("apply", "--yes")
    same = history(mesh)
    declare(mesh, [ID, partitioned(SOLD)])
    answer = mesh.run("plan", "--format", "json").data
    assert "partition_changed" in json.dumps(answer["changes"])
    mesh.run("apply", "--yes")
    assert spec(mesh) == [("sold", "month")] and history(mesh) == same
    with table(mesh) as found:
        assert found.scan().to_arrow().num_rows == 2 and len(found.specs()) == 2


def test_a_changed_description_changes_the_schema_and_nothing_else(tmp_path: Path) -> None:
    mesh = sales(tmp_path, [ID, SOLD])
    mesh.run("apply", "--yes")
    before = fields(mesh)
    declare(mesh, [ID, {**SOLD, "description": "Day on which it was sold"}])
    mesh.run("apply", "--yes")
    assert fields(mesh) == before
    with table(mesh) as found:
        assert found.schema().find_field("sold").doc == "Day on which it was sold"


def test_nested_columns_and_lists_have_ids_of_their_own(tmp_path: Path) -> None:
    parts = [column("city", "string"), column("zip", "string")]
    address = column("address", "object", properties=parts)
    tags = column("tags", "array", items={"logicalType": "string"})
    sql = "select 1 as id, {'city': 'Paris', 'zip': '75'} as address, ['a', 'b'] as tags"
    mesh = sales(tmp_path, [ID, address, tags], sql)
    mesh.run("apply", "--yes")
    with table(mesh) as found:
        ids = [field.field_id for field in found.schema()._lazy_id_to_field.values()]
        assert sorted(ids) == list(range(1, len(ids) + 1)) and len(ids) == 6
        [row] = found.scan().to_arrow().to_pylist()
    assert row == {"id": 1, "address": {"city": "Paris", "zip": "75"}, "tags": ["a", "b"]}
