"""Column lineage of statements: an own list, and what sqlglot finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from lineage_given import CASES, SCHEMAS

from meshwright.model.lineage import ROWS
from meshwright.sql.lineage import column_edges
from meshwright.sql.parse import parse_model


def edges_of(sql, wanted=None, schemas=SCHEMAS, dialect="duckdb"):
    return column_edges(parse_model(sql, dialect, "m.sql"), schemas, wanted)


def shown(edges):
    found = {}
    for edge in edges:
        source = f"{edge.key.removeprefix('crm.')}.{edge.source or 'rows'}"
        found.setdefault(edge.column or "rows", set()).add(
            f"{source} {edge.subtype}{'!' if edge.masking else ''}"
        )
    return found


@pytest.mark.parametrize(("sql", "wanted", "expected"), CASES, ids=[case[0] for case in CASES])
def test_the_edges_of_a_statement(sql, wanted, expected):
    assert shown(edges_of(sql, wanted)) == expected


def test_there_are_enough_cases():
    assert len(CASES) >= 80


@pytest.mark.parametrize(
    ("sql", "dialect", "column", "edges"),
    [
        (
            "select x from crm.deals lateral view explode(tags) e as x",
            "spark",
            "x",
            {"deals.tags transformation"},
        ),
        (
            "select listagg(name) within group (order by city) as l from crm.clients",
            "snowflake",
            "l",
            {"clients.name aggregation", "clients.city sort"},
        ),
        ("select d.amount::numeric as a from crm.deals d", "postgres", "a", {"deals.amount transformation"}),
    ],
)
def test_other_dialects(sql, dialect, column, edges):
    assert shown(edges_of(sql, dialect=dialect))[column] == edges


def test_a_column_that_the_statement_does_not_tell_comes_from_everything():
    found = shown(edges_of("select id from crm.deals", ["id", "surprise"]))
    assert found["id"] == {"deals.id identity"}
    assert found["surprise"] == {f"deals.{name} unknown" for name in SCHEMAS["crm.deals"]}


def test_columns_of_a_star_over_an_unknown_table_have_their_names():
    assert shown(edges_of("select * exclude (b) from u.t", ["a"]))["a"] == {"u.t.a identity"}


def test_long_chains_and_wide_joins_of_ctes_are_told():
    chain = ["c0 as (select id, amount from crm.deals)"]
    chain += [f"c{n} as (select * from c{n - 1} where id > {n})" for n in range(1, 400)]
    found = shown(edges_of(f"with {', '.join(chain)} select amount from c399"))
    assert found == {"amount": {"deals.amount identity"}, "rows": {"deals.rows rows", "deals.id filter"}}
    doubled = ["c0 as (from crm.deals)"]
    doubled += [f"c{n} as (select x.* from c{n - 1} x join c{n - 1} y using (id))" for n in range(1, 60)]
    assert shown(edges_of(f"with {', '.join(doubled)} select fee from c59"))["fee"] == {"deals.fee identity"}


def test_deep_nesting_is_told_or_comes_from_everything():
    sql = "select amount from crm.deals"
    for _ in range(110):
        sql = f"select * from ({sql}) where amount in (select rating from crm.clients)"
    edges = edges_of(sql, ["amount"])
    assert ("crm.deals", "amount") in {(edge.key, edge.source) for edge in edges if edge.column == "amount"}


def test_spelling_is_that_of_the_schemas():
    edges = edges_of("select AMOUNT as a from u.t", schemas={"u.t": ["Amount"]})
    assert [edge.source for edge in edges if edge.column == "a"] == ["Amount"]


# --- against sqlglot's own lineage

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))


def sqlglot_leaves(sql, schema):
    from sqlglot import exp, parse_one
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    tree = qualify(
        parse_one(sql, read="duckdb"), dialect="duckdb", schema=schema, validate_qualify_columns=False
    )
    scope = build_scope(tree)
    for name in tree.named_selects:
        root = lineage(name, tree, schema, dialect="duckdb", scope=scope, copy=False, trim_selects=False)
        yield (
            name,
            {
                (f"{node.expression.db}.{node.expression.name}", node.name.split(".")[-1].strip('"'))
                for node in root.walk()
                if isinstance(node.expression, exp.Table)
            },
        )


def test_sources_of_realistic_models_are_those_that_sqlglot_finds():
    import models

    schema = {}
    for table, columns in models.TABLES.items():
        database, name = table.split(".")
        schema.setdefault(database, {})[name] = dict.fromkeys(columns, "text")
    for model in models.realistic_models(25, seed=7):
        edges = edges_of(model.sql, schemas=models.TABLES)
        named = {}
        for edge in edges:
            if edge.source != ROWS and edge.column != ROWS:
                named.setdefault(edge.column, set()).add((edge.key, edge.source))
        for column, leaves in sqlglot_leaves(model.sql, schema):
            assert named.get(column, set()) == leaves, (column, model.sql)
