"""The engine's own boundary: what DuckDB sees in a text decides what is executed."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from meshwright.adapters.duckdb.boundary import FUNCTIONS
from meshwright.adapters.duckdb.checks.sandbox import run_rule
from meshwright.adapters.duckdb.engine import DuckEngine
from meshwright.errors import BuildError, MeshwrightError, SqlError
from meshwright.model.address import ProductKey
from meshwright.model.check import CheckSpec
from meshwright.model.publication import Column, DataFile, Handle, ObjectKey
from meshwright.model.types import ColumnType

KEY = ObjectKey(ProductKey("sales", "orders"), "orders", 1, "orders")
NAME = "sales.orders.orders"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    folder = tmp_path / "warehouse"
    folder.mkdir()
    (tmp_path / "scratch").mkdir()
    for name in ("orders", "other"):
        duckdb.execute(
            f"COPY (SELECT 1::BIGINT AS id, {{'a': 1}} AS s) TO '{folder}/{name}.parquet' "
            "(FORMAT parquet, FIELD_IDS {id: 1, s: {__duckdb_field_id: 2, a: 3}})"
        )
    return folder


@pytest.fixture
def engine(warehouse: Path) -> DuckEngine:
    scratch = warehouse.parent / "scratch"
    return DuckEngine([str(warehouse), str(scratch)], {"scratch": str(scratch)})


def orders(warehouse: Path, *columns: Column) -> Handle:
    path = warehouse / "orders.parquet"
    file = DataFile(str(path), path.stat().st_size, 1)
    return Handle(KEY, columns or (Column(1, "id", ColumnType("int64")),), (file,))


REACHING = [
    "from read_parquet('{warehouse}/other.parquet')",
    "from '{warehouse}/other.parquet'",
    "from read_parquet('{warehouse}/orders.parquet')",
    "from glob('{warehouse}/*')",
    "from read_text('{warehouse}/orders.parquet')",
    "from duckdb_settings()",
    "from duckdb_settings",
    "with duckdb_settings as (from duckdb_settings) from duckdb_settings",
    "from information_schema.tables",
    "from pg_catalog.pg_class",
    "from sales.orders.hidden",
    "from sales.orders",
    "from orders",
    "from temp.sales.orders.orders",
    "select current_setting('temp_directory')",
    "select current_query()",
    "select getvariable('x')",
    "select system.main.current_setting('temp_directory')",
    "select id from sales.orders.orders order by current_setting('temp_directory')",
    "select list_transform([1], lambda x: current_setting('temp_directory'))",
    "select sum(id) over (order by txid_current()) from sales.orders.orders",
    "from range(length(current_setting('temp_directory')))",
    "select * from (select 1) limit txid_current()",
    "from (describe sales.orders.orders)",
    "from (show all tables)",
    "show tables",
    "with w as materialized (insert into x values (1) returning *) from w",
    "select 1; select 2",
    "select map {{#1: 1}} from (select 1) t; copy (select 666) to '{warehouse}/orders.parquet' "
    "(format parquet, use_tmp_file false); select -- #}}\n 1",
    "copy (select 666::bigint as id) to '{warehouse}/orders.parquet' (format parquet, use_tmp_file false)",
    "attach '{warehouse}/x.db'",
    "pragma version",
    "explain select 1",
    "set threads = 1",
    "call pragma_version()",
    "execute x",
    "select ?",
    "select \0",
    "",
    "select " + "+".join(["1"] * 20_000),
]


@pytest.mark.parametrize("sql", REACHING)
def test_a_query_reads_its_own_relations_only_and_writes_nothing(
    engine: DuckEngine, warehouse: Path, sql: str
) -> None:
    content = (warehouse / "orders.parquet").read_bytes()
    text = sql.format(warehouse=warehouse) if "{" in sql else sql
    for relations in ({NAME: orders(warehouse)}, {}):
        with pytest.raises(MeshwrightError):
            engine.query(relations, text)
    assert (warehouse / "orders.parquet").read_bytes() == content
    assert {file.name for file in warehouse.iterdir()} == {"orders.parquet", "other.parquet"}


@pytest.mark.parametrize(
    "sql",
    [
        "select id from sales.orders.orders",
        "SELECT o.id FROM Sales.ORDERS.Orders o",
        "with o as (from sales.orders.orders), p as (from o) select id from p",
        "with recursive n(id) as (select 1 union all select id + 1 from n where id < 1) from n",
        "select id from sales.orders.orders where id in (select id from sales.orders.orders)",
        "select range as id from range(1, 2)",
        "from (select 1 as id, 2 as x) pivot (sum(x) as total for x in (3)) select id",
        "select 1 as id",
    ],
)
def test_a_query_may_say_anything_over_its_relations(engine: DuckEngine, warehouse: Path, sql: str) -> None:
    assert engine.query({NAME: orders(warehouse)}, sql).to_pylist() == [{"id": 1}]


def test_another_major_is_a_name_of_its_own(engine: DuckEngine, warehouse: Path) -> None:
    sql = 'select id from sales.orders."orders@1"'
    assert engine.query({f"{NAME}@1": orders(warehouse)}, sql).num_rows == 1
    with pytest.raises(SqlError, match=r"reads `sales\.orders\.orders@1`"):
        engine.query({NAME: orders(warehouse)}, sql)


def test_a_connection_for_no_file_can_touch_none(engine: DuckEngine, warehouse: Path) -> None:
    connection = engine._start([])
    with pytest.raises(duckdb.PermissionException):
        connection.execute(f"FROM read_parquet('{warehouse}/orders.parquet')")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT current_setting('temp_directory') AS place",
        "SELECT lower(CURRENT_SETTING('temp_directory')) AS place",
        "SELECT nextval('x') AS n",
        "SELECT sleep_ms(1) AS n",
        "SELECT write_log('x') AS n",
        "SELECT json_serialize_plan('SELECT 1') AS n",
        "FROM (SHOW ALL TABLES)",
        "WITH duckdb_settings AS (FROM duckdb_settings) FROM duckdb_settings",
    ],
)
def test_a_model_calls_nothing_that_reaches_outside(engine: DuckEngine, sql: str) -> None:
    with engine.session() as session, pytest.raises(BuildError, match="the model"):
        session.offer_query("m", sql, "models/m.sql")


def test_a_function_that_is_none_is_told_with_one_that_is_near(engine: DuckEngine) -> None:
    with engine.session() as session, pytest.raises(BuildError, match="did you mean `upper`"):
        session.offer_query("m", "SELECT uper('x') AS x", "models/m.sql")


_REACHING_FUNCTIONS = """
col_description combine combine_aggr current_catalog current_connection_id current_database current_query
current_query_id current_role current_schema current_schemas current_setting current_transaction_id
current_user currval finalize format_pg_type format_type get_block_size getvariable
hive_partition_component in_search_path index_key inet_client_addr inet_client_port inet_server_addr
inet_server_port invoke json_copy_strftime_if_date json_copy_strftime_if_timestamp json_deserialize_sql
json_serialize_plan json_serialize_sql map_to_pg_oid nextval obj_description parse_duckdb_log_message
session_user setseed setval shobj_description sleep_ms st_crs st_setcrs stats to_aggregate_state
txid_current user vector_type version write_log can_cast_implicitly cast_to_type get_type make_type
replace_type timetz_byte_comparable bitstring_byte_comparable variant_bytes_to_variant variant_comparator
variant_to_parquet_variant
"""


def test_every_function_of_this_duckdb_is_judged() -> None:
    """A new version's functions are looked at before anybody may call them, or are missed."""
    rows = duckdb.execute(
        "SELECT DISTINCT lower(function_name) FROM duckdb_functions() "
        "WHERE function_type IN ('scalar', 'aggregate', 'macro')"
    ).fetchall()
    kept_out = ("__internal", "collate_", "icu_collate_", "pg_", "has_", "is distinct", "is not distinct")
    judged = FUNCTIONS | set(_REACHING_FUNCTIONS.split())
    assert not FUNCTIONS & set(_REACHING_FUNCTIONS.split())
    assert {
        name for (name,) in rows if name not in judged and not name.startswith(kept_out) and name != "__cast"
    } == set()


def test_a_crash_of_duckdb_does_not_outlive_its_session(engine: DuckEngine, warehouse: Path) -> None:
    kind = ColumnType("struct", fields=(("a", ColumnType("int32")), ("b", ColumnType("string"))))
    parts = (Column(3, "a", ColumnType("int32")), Column(4, "b", ColumnType("string")))
    handle = orders(warehouse, Column(1, "id", ColumnType("int64")), Column(2, "s", kind, None, parts))
    with pytest.raises(MeshwrightError) as caught, engine.session() as session:
        session.offer("orders", handle)
        session.offer_query("m", "SELECT s.b AS b FROM orders", "models/m.sql")
        session.rows("m")
    assert isinstance(caught.value.__cause__, duckdb.InternalException | duckdb.FatalException)
    with engine.session() as session:
        session.offer("orders", orders(warehouse))
        assert session.rows("orders") == [{"id": 1}]


def test_a_fault_of_a_statement_keeps_the_instance(engine: DuckEngine) -> None:
    with engine.session():
        first = engine._connection
    with pytest.raises(BuildError), engine.session() as session:
        session.offer_query("m", "SELECT error('no') AS x", "models/m.sql")
        session.rows("m")
    assert engine._connection is first


@pytest.mark.parametrize(
    "sql",
    [
        "select map {#1: 1} from (select 1) t; copy (select 666) to 'x'; select -- #}\n 1",
        "select count(*) from deals; select -- #}\n 1",
        "select current_setting('temp_directory')",
        "with recursive duckdb_settings as (select name from duckdb_settings union select 'x') "
        "select count(*) from duckdb_settings",
        "select count(*) from (show all tables)",
        "with w as materialized (insert into deals values (1) returning *) select count(*) from w",
        "select \0 1",
    ],
)
def test_a_rule_hides_nothing_either(sql: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE deals AS SELECT 1 AS id")
        spec = CheckSpec("rule", "schema[0].quality[0]", "deals", "sql", arguments={"query": sql})
        assert run_rule(connection, "deals", spec, {}).error
