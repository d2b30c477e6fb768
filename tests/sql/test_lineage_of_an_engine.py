"""Against an engine: whatever changes when a column of an input is changed has an edge from it."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lineage_given import CASES, SCHEMAS

from meshwright.model.lineage import ANY, ROWS
from meshwright.sql.lineage import column_edges
from meshwright.sql.parse import parse_model
from meshwright.sql.rewrite import rewrite

DEALS = """
    create table deals as
    select *, case when id < 5 then {'city': substr('xyxz', id, 1), 'zip': id::varchar,
        'street': {'name': chr(108 + id)}} end as place
    from (values
        (1, 1, 'won', 10.0, 1.0, date '2026-01-01', ['a', 'b']),
        (2, 1, 'lost', 20.0, 3.0, date '2026-01-02', ['c']),
        (3, 2, 'won', 5.0, 0.5, date '2026-01-03', ['a']),
        (4, 3, 'Ulm', 7.0, 7.0, date '2026-01-04', []),
        (5, 9, null, 2.0, null, date '2026-01-05', null)
    ) t(id, client_id, status, amount, fee, closed_at, tags)
"""
CLIENTS = """
    create table clients as select * from (values
        (1, 'Ada', 'ada@x', 'Ulm', date '2025-01-01', 3),
        (2, 'Bob', 'bob@x', 'x', date '2025-02-01', 8),
        (3, 'Cy', 'cy@x', 'won', date '2026-02-01', 1)
    ) t(client_id, name, email, city, since, rating)
"""
CHANGED = {
    "integer": ["{0} + 1", "5 - {0}", "{0} % 2", "null"],
    "decimal": ["{0} * 10", "-{0}", "8", "null"],
    "date": ["{0} + 400", "date '2030-01-01' - ({0} - date '2020-01-01')::integer", "null"],
    "varchar": ["{0} || 'x'", "'won'", "reverse({0})", "null"],
    "list": ["list_concat({0}, ['q'])", "[]", "null"],
    "struct": ["{{'city': 'won', 'zip': {0}.zip, 'street': {0}.street}}", "null"],
}


@pytest.fixture(scope="module")
def engine():
    connection = duckdb.connect(config={"threads": "1"})
    connection.execute(DEALS)
    connection.execute(CLIENTS)
    for table in ("deals", "clients"):
        connection.execute(f"create table {table}_as_it_was as from {table}")
    return connection


def changes(engine):
    """Every (table, column, expression) to try."""
    for table in ("deals", "clients"):
        for name, kind, *_ in engine.execute(f"describe {table}").fetchall():
            family = "list" if kind.endswith("[]") else kind.split("(")[0].lower()
            for expression in CHANGED[family]:
                yield table, name, expression.format(name)


def result(engine, sql):
    """The rows of a result by column, without regard to their order; None where the engine fails."""
    try:
        found = engine.execute(sql)
        names = [column[0].lower() for column in found.description]
        rows = found.fetchall()
    except duckdb.Error:
        return None
    return {name: Counter(repr(row[n]) for row in rows) for n, name in enumerate(names)}


def check_against(engine, sql, columns=None):
    """Assert that whatever differs when a column is changed has an edge from it."""
    statement = parse_model(sql, "duckdb", "m.sql")
    relations = {"crm.deals": "deals", "crm.clients": "clients", "changes(crm.deals)": "deals"}
    text = rewrite(statement, {key: relations[key] for key in statement.keys}, "duckdb")
    before = result(engine, text)
    if before is None:
        return False
    edges = column_edges(statement, SCHEMAS, list(before))
    known = {(relations[edge.key], edge.source.split(".")[0].lower(), edge.column) for edge in edges}
    for table, column, expression in changes(engine):
        if columns is not None and column not in columns:
            continue
        changed = f"select * replace ({expression} as {column}) from {table}_as_it_was"
        engine.execute(f"create or replace table {table} as {changed}")
        try:
            after = result(engine, text)
        finally:
            engine.execute(f"create or replace table {table} as from {table}_as_it_was")
        for name in before:
            if after is not None and name in after and before[name] != after[name]:
                reached = {
                    (table, source, to) for source in (column, ANY) for to in (name, ROWS, ANY)
                } & known
                assert reached, f"{sql}\n{name} changes with {table}.{column}, and no edge says so"
    return True


RUNNABLE = [sql for sql, _, _ in CASES if "u.t" not in sql]


@pytest.mark.parametrize("sql", RUNNABLE)
def test_whatever_changes_with_a_column_has_an_edge_from_it(engine, sql):
    assert check_against(engine, sql), "the engine cannot run the statement"


NUMBERS = ("id", "client_id", "amount", "fee")
TEXTS = ("status",)


@st.composite
def relations(draw, depth=2):
    """(SQL of a relation, its columns: three numbers a, b, c and a text t)."""
    kind = draw(st.sampled_from(["table", "table", "select", "join", "union", "group", "window", "nested"]))
    if depth == 0 or kind == "table":
        if draw(st.booleans()):
            a, b, c = draw(st.permutations(NUMBERS))[:3]
            return f"(select {a} as a, {b} as b, {c} as c, status as t from crm.deals)"
        return "(select client_id as a, rating as b, length(email) as c, city as t from crm.clients)"
    one = draw(relations(depth - 1))
    x, y, z = draw(st.permutations("abc"))
    if kind == "select":
        apart = draw(relations(0))
        conditions = (
            f"{x} > 2",
            f"t = 'won' or {y} is null",
            f"{z} in (select b from {apart} q)",
            f"exists (select 1 from {apart} e where e.a = s.{x})",
            "true",
        )
        values = (
            f"{x} + {y}",
            f"case when {x} > 3 then {y} end",
            f"coalesce({z}, {x})",
            f"nullif({x}, {y})",
            f"(select max(m.b) from {apart} m where m.a = s.{y})",
            "length(md5(t))",
        )
        condition, value = draw(st.sampled_from(conditions)), draw(st.sampled_from(values))
        distinct = draw(st.sampled_from(["", "distinct "]))
        return f"(select {distinct}{value} as a, {y} as b, {z} as c, t from {one} s where {condition})"
    if kind == "join":
        other = draw(relations(depth - 1))
        how = draw(st.sampled_from(["join", "left join", "full join", "semi join", "anti join"]))
        on = draw(st.sampled_from([f"l.{x} = r.{y}", f"l.t = r.t and l.{x} >= r.{z}"]))
        if how in ("semi join", "anti join"):
            return f"(select l.a, l.{y} as b, l.c, t from {one} l {how} {other} r on {on})"
        results = f"l.{x} as a, r.{y} as b, l.c + r.c as c, coalesce(l.t, r.t) as t"
        return f"(select {results} from {one} l {how} {other} r on {on})"
    if kind == "union":
        other = draw(relations(depth - 1))
        how = draw(st.sampled_from(["union all", "union", "intersect", "except", "union all by name"]))
        return f"(select a, b, c, t from {one} {how} select {x} as a, {y} as b, {z} as c, t from {other})"
    if kind == "group":
        calls = (
            f"sum({y})",
            "count(*)",
            f"count(distinct {y})",
            f"max_by({y}, {z})",
            f"sum({y}) filter (where {z} > 2)",
        )
        call = draw(st.sampled_from(calls))
        having = draw(st.sampled_from(["", f" having max({z}) > 1"]))
        return f"(select {x} as a, {call} as b, min({z}) as c, max(t) as t from {one} group by 1{having})"
    if kind == "window":
        calls = (
            f"sum({y}) over (partition by t)",
            f"row_number() over (order by {y}, {z}, t)",
            f"lag({y}) over (partition by t order by {z})",
        )
        call = draw(st.sampled_from(calls))
        qualify = draw(st.sampled_from(["", f" qualify rank() over (partition by t order by {x}) = 1"]))
        return f"(select {x} as a, {call} as b, {z} as c, t from {one}{qualify})"
    return f"(with w as (from {one}), v as (select * replace ({x} * 2 as b) from w) select * from v)"


@settings(max_examples=60, deadline=None)
@given(relation=relations())
def test_no_edge_is_lost_in_statements_nobody_thought_of(engine, relation):
    check_against(engine, f"select * from {relation}", ("id", "client_id", "status", "amount", "rating"))
