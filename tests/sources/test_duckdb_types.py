"""Column types and DuckDB's names for them."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.model.types import ANY, ColumnType
from meshwright.sql.duckdb_types import duckdb_type, from_duckdb

SCALARS = st.sampled_from(
    [
        *map(
            ColumnType,
            ["boolean", "int8", "int16", "int32", "int64", "float", "double", "string", "binary"],
        ),
        *map(ColumnType, ["date", "time", "timestamp", "timestamptz", "uuid"]),
        ColumnType("decimal", 10, 2),
        ColumnType("decimal", 38, 0),
    ]
)
NAMES = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), min_size=1, max_size=8)


def nested(children: st.SearchStrategy[ColumnType]) -> st.SearchStrategy[ColumnType]:
    return st.one_of(
        children.map(lambda item: ColumnType("list", item=item)),
        st.tuples(SCALARS, children).map(lambda pair: ColumnType("map", key=pair[0], item=pair[1])),
        st.lists(st.tuples(NAMES, children), min_size=1, max_size=3, unique_by=lambda f: f[0].lower()).map(
            lambda fields: ColumnType("struct", fields=tuple(fields))
        ),
    )


@given(st.recursive(SCALARS, nested, max_leaves=6))
@settings(max_examples=200, deadline=None)
def test_every_type_survives_the_way_through_duckdb(kind: ColumnType) -> None:
    with duckdb.connect() as connection:
        cursor = connection.execute(f"SELECT NULL::{duckdb_type(kind)} AS value")
        assert cursor.description is not None
        described = connection.execute(f"DESCRIBE SELECT NULL::{duckdb_type(kind)} AS value").fetchone()
    assert described is not None
    assert from_duckdb(described[1]) == kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ENUM('a', 'b,)''c')", "string"),
        ("UBIGINT", "decimal(20,0)"),
        ("INTEGER[3]", "list(int32)"),
        ("TIMESTAMP_NS", "timestamp"),
        ("JSON", "string"),
        ("INTERVAL", "any"),
        ("TIME WITH TIME ZONE", "any"),
        ('"NULL"', "any"),
        ("UNION(a INTEGER, b VARCHAR)", "any"),
    ],
)
def test_what_only_duckdb_has_becomes_the_nearest_type(text: str, expected: str) -> None:
    assert str(from_duckdb(text)) == expected


def test_any_is_read_as_text() -> None:
    assert duckdb_type(ANY) == "VARCHAR"
