"""`mesh query` and models read what is published and declared, whatever their text says."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.journeys.mesh_folder import MeshFolder, orders_mesh


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    folder = orders_mesh(tmp_path_factory.mktemp("sandbox") / "mesh")
    folder.run("apply", "--yes")
    return folder


def hidden(statement: str) -> str:
    """A query that runs `statement` in between, where a reader takes `{#` for a comment."""
    return (
        f"select map {{#1: 1}} from (select 1) t; {statement}; "
        "select -- #}\n ([1],[2]) as x from sales.orders.orders"
    )


@pytest.mark.parametrize(
    "sql",
    [
        hidden("copy (select 666::bigint as id) to '{file}' (format parquet, use_tmp_file false)"),
        hidden("create table t as from duckdb_settings()"),
        hidden("select 1"),
        "select map {{#1: current_setting('temp_directory')}} from (select 1) t -- #}}",
        "select {{# from glob('{warehouse}/**') #}} 1 from sales.orders.orders",
        "from duckdb_settings()",
        "select current_setting('temp_directory')",
        "from glob('{warehouse}/**')",
        "from read_parquet('{file}')",
        "from '{file}'",
        "select /*+ '*/ 1; copy (select 1) to '{file}' --' */ 2",
        "select 1 as ` -- ` ; copy (select 1) to '{file}'",
        "copy (select 666::bigint as id) to '{file}' (format parquet, use_tmp_file false)",
        "select 1; select 2",
        "from information_schema.tables",
    ],
)
def test_a_query_that_reaches_out_is_refused_and_nothing_changes(mesh: MeshFolder, sql: str) -> None:
    warehouse = mesh.root / ".mesh" / "dev" / "warehouse"
    data = next(path for path in sorted(warehouse.rglob("*.parquet")) if "orders" in str(path))
    before = {path: path.read_bytes() for path in warehouse.rglob("*") if path.is_file()}
    text = sql.replace("{{", "{").replace("}}", "}")
    text = text.replace("{file}", str(data)).replace("{warehouse}", str(warehouse))
    answer = mesh.run("query", text, code=2)
    assert "temp_directory" not in answer.out and "way out" in answer.text
    assert {path: path.read_bytes() for path in warehouse.rglob("*") if path.is_file()} == before
    assert mesh.rows("select sum(id) as n from sales.orders.orders") == [{"n": 6}]


@pytest.mark.parametrize(
    "expression",
    [
        "current_setting('temp_directory')",
        "system.main.current_setting('temp_directory')",
        "map {#1: current_setting('temp_directory')}::varchar -- #}\n",
        "list_transform(['x'], lambda x: current_query())[1]",
    ],
)
def test_a_model_publishes_nothing_that_it_does_not_read_from_its_inputs(
    tmp_path: Path, expression: str
) -> None:
    mesh = orders_mesh(tmp_path / "mesh")
    model = mesh.root / "domains/sales/orders/models/orders.sql"
    model.write_text(f"select id, {expression} as customer, amount from files.orders\n")
    answer = mesh.run("apply", "--yes", code=None)
    assert answer.code != 0
    assert not [file for file in mesh.files() if file.endswith(".parquet") and "/orders/" in file]
