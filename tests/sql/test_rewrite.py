"""A model runs over the relations of a run and says what it said before."""

from __future__ import annotations

import duckdb
import pytest

from meshwright.errors import SqlError
from meshwright.sql.parse import parse_model
from meshwright.sql.rewrite import rewrite

RELATIONS = {
    "crm.deals": "in_1",
    "leasing.deals": "in_2",
    "changes(crm.deals)": "in_3",
    "brokerage.deals.deals": "in_1",
    "brokerage.deals.deals@2": "in_2",
    "staged": "in_1",
}


@pytest.fixture
def engine():
    with duckdb.connect() as connection:
        connection.execute("create table in_1 as select 1 id, 10 amount, {'city': 'Berlin'} place")
        connection.execute("create table in_2 as select 1 id, 20 amount")
        connection.execute("create table in_3 as select 2 id, 30 amount")
        yield connection


def run(engine, text):
    return engine.sql(rewrite(parse_model(text, "duckdb", "m.sql"), RELATIONS, "duckdb")).fetchall()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("select amount from crm.deals", [(10,)]),
        ("select deals.amount, crm.deals.id from crm.deals", [(10, 1)]),
        ("from brokerage.deals.deals d select d.id", [(1,)]),
        ("select brokerage.deals.deals.place.city from brokerage.deals.deals", [("Berlin",)]),
        ('select "deals@2".amount from brokerage.deals."deals@2"', [(20,)]),
        ("select amount from changes(crm.deals)", [(30,)]),
        ("select deals.amount from changes(crm.deals)", [(30,)]),
        ("select c.amount from crm.deals d left join changes( crm.deals ) as c on true", [(30,)]),
        (
            "select crm.deals.amount, leasing.deals.amount from crm.deals join leasing.deals using (id)",
            [(10, 20)],
        ),
        (
            "select (select amount from leasing.deals where leasing.deals.id = crm.deals.id) from crm.deals",
            [(20,)],
        ),
        (
            "select deals.amount from crm.deals where 20 in (select deals.amount from leasing.deals)",
            [(10,)],
        ),
        ("with deals as (select 7 amount) select deals.amount from deals", [(7,)]),
        ("with s as (select * from staged) select s.amount from s", [(10,)]),
        ("select 1 in (select id from crm.deals) and exists (from leasing.deals);", [(True,)]),
        ("select crm.deals.* exclude (place) from crm.deals -- no ; here", [(1, 10)]),
        ("select * from crm.deals pivot (sum(amount) for id in (1))", [({"city": "Berlin"}, 10)]),
        ("select d.id from crm.deals d tablesample 100%", [(1,)]),
    ],
)
def test_a_statement_keeps_its_meaning(engine, text, rows):
    assert run(engine, text) == rows


def test_in_its_own_dialect_the_text_stays_line_by_line():
    text = "select é -- a comment\n  , deals.amount\nfrom changes(\n  crm.deals\n)\nwhere x"
    assert rewrite(parse_model(text, "duckdb", "m.sql"), RELATIONS, "duckdb") == (
        'select é -- a comment\n  , deals.amount\nfrom "in_3" AS deals\n\n\nwhere x'
    )


def test_a_relation_name_is_always_quoted():
    text = rewrite(
        parse_model("select * from crm.deals d", "duckdb", "m.sql"), {"crm.deals": 'a"; drop'}, "duckdb"
    )
    assert text == 'select * from "a""; drop" d'


def test_another_dialect_is_transpiled():
    statement = parse_model("select strftime(closed, '%Y') from crm.deals", "duckdb", "m.sql")
    assert rewrite(statement, RELATIONS, "spark") == "SELECT DATE_FORMAT(closed, 'yyyy') FROM `in_1` AS deals"
    statement = parse_model("select `a` from crm.deals where crm.deals.z = 1", "bigquery", "m.sql")
    assert rewrite(statement, RELATIONS, "duckdb") == 'SELECT "a" FROM "in_1" AS deals WHERE deals.z = 1'


def test_a_with_query_cannot_take_the_place_of_a_relation():
    statement = parse_model("with in_1 as (select 1) select * from crm.deals, in_1", "duckdb", "m.sql")
    with pytest.raises(SqlError, match="names a WITH query"):
        rewrite(statement, RELATIONS, "duckdb")
