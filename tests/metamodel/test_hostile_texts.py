"""Documents hold any text; the tables hold it as it is, and nothing is lost or run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metamodel.declared import bundle, rows_of, tables_of

from meshwright.adapters.duckdb.engine import DuckEngine
from meshwright.errors import SqlError
from meshwright.provisioning.tables import TablesSession

HOSTILE = [
    "<script>alert(1)</script>",
    "'; drop table mesh.products; --",
    '"mesh"."products"',
    "価格 и цена ثمن 🏢",
    "a\x00b\r\n\t",
    "\ud800 alone",
    "{{ x }} ${y} %s {#",
    "",
    "x" * 100_000,
]


def made(text: str) -> Any:
    column = {"name": text, "description": text, "tags": [text], "examples": [text, 1, None, {"a": text}]}
    quality = [{"name": text, "metric": "rowCount", "mustBeGreaterThan": 0, "description": text}]
    schema = [{"name": text, "description": text, "properties": [column], "quality": quality}]
    ports = {
        "name": text,
        "description": {"purpose": text},
        "outputPorts": [{"name": "out", "version": text, "contractId": "c", "description": text}],
        "team": {"name": text, "members": [{"username": text, "role": "Owner"}]},
        "customProperties": [{"property": text, "value": {"x": text}}],
    }
    return bundle("d/p", ports, {"id": "c", "version": "1.0.0", "name": text, "schema": schema})


def as_stored(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_texts_stay_what_they_are(text: str) -> None:
    one = made(text)
    tables = tables_of({one.key: one})
    kept = as_stored(text)
    (product,) = rows_of(tables, "products")
    assert (product["name"], product["purpose"], product["team"], product["owner"]) == (kept,) * 4
    (column,) = rows_of(tables, "columns")
    assert (column["path"], column["description"], column["tags"]) == (kept, kept, [kept])
    assert column["address"].endswith(f"#{kept}.{kept}")
    assert column["examples"][:2] == [kept, "1"]
    (port,) = rows_of(tables, "ports")
    assert (port["version"], port["description"]) == (kept or "1.0.0", kept)
    assert {row["tag"] for row in rows_of(tables, "tags")} == {kept}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[TablesSession]:
    many = {f"d/p{number}": made(text) for number, text in enumerate(HOSTILE)}
    bundles = {
        each.key: each
        for each in (
            bundle(key, one.documents["product.yaml"], one.documents["contracts/0.yaml"])
            for key, one in many.items()
        )
    }
    tables = {f"mesh.{name}": table for name, table in tables_of(bundles).tables.items()}
    with DuckEngine([], {"scratch": str(tmp_path)}).tables(tables) as session:
        yield session


def test_sql_sees_them_whole(session: TablesSession) -> None:
    found = session.query("select distinct description from mesh.columns").column(0).to_pylist()
    assert set(found) == {as_stored(text) for text in HOSTILE}
    hit = session.query("select count(*) as n from mesh.products where name = ?", parameters=[HOSTILE[1]])
    assert hit.to_pylist() == [{"n": 1}]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "copy (select 1) to '/tmp/x'",
        "delete from mesh.products",
        "create table t as select 1",
        "select 1; select 2",
        "select * from information_schema.tables",
        "from duckdb_settings()",
        "select current_setting('temp_directory')",
        'select * from "mw:table:0"',
        "select * from query('select 1')",
        "select * from query_table('mesh.products')",
        "selec 1",
        "",
        "set memory_limit = '1TB'",
    ],
)
def test_a_statement_that_reaches_out_is_an_error_of_that_statement_only(
    session: TablesSession, sql: str
) -> None:
    with pytest.raises(SqlError):
        session.query(sql, "policy.yaml")
    assert session.query("select 1 as one").to_pylist() == [{"one": 1}]


def test_no_more_rows_come_than_are_wanted(session: TablesSession) -> None:
    wide = "select * from mesh.columns a, mesh.columns b where a.depth = $depth"
    assert session.query(wide, parameters={"depth": 1}, limit=5).num_rows == 5


def test_a_wrong_column_is_told_with_its_line(session: TablesSession) -> None:
    with pytest.raises(SqlError) as told:
        session.query("select domain,\n  nope\nfrom mesh.products", "policy.yaml")
    assert (told.value.line, told.value.column, told.value.where) == (2, 3, "policy.yaml:2:3")


def test_a_statement_without_end_is_stopped_and_the_next_one_runs(session: TablesSession) -> None:
    endless = "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t"
    with pytest.raises(SqlError, match="was stopped"):
        session.query(endless, seconds=0.2)
    assert session.query("select count(*) as n from mesh.products").to_pylist() == [{"n": len(HOSTILE)}]


def test_a_statement_that_wants_more_memory_than_there_is_fails_alone(tmp_path: Path) -> None:
    with DuckEngine([], {}).tables({}, memory="64MiB") as session:
        with pytest.raises(SqlError, match="memory"):
            session.query("select count(distinct repeat(x::varchar, 40)) from range(20000000) t(x)")
        assert session.query("select 1 as one").to_pylist() == [{"one": 1}]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("description", "required", "unique", "classification", "tags", "primaryKeyPosition", "examples")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), ANY), min_size=1, max_size=4))
def test_values_that_no_standard_means_break_nothing(parts: list[dict[str, Any]]) -> None:
    properties = [{"name": f"c{number}", **part} for number, part in enumerate(parts)]
    one = bundle(
        "d/p", {}, {"id": "c", "version": "1.0.0", "schema": [{"name": "o", "properties": properties}]}
    )
    rows = rows_of(tables_of({one.key: one}), "columns")
    assert [row["name"] for row in rows] == [part["name"] for part in properties]
    for row, part in zip(rows, properties, strict=True):
        if isinstance(part.get("description"), str):
            assert row["description"] == as_stored(part["description"])
        if isinstance(part.get("required"), bool):
            assert row["required"] is part["required"]
