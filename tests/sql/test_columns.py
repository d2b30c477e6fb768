"""Which columns a statement uses is told from its text and the schemas of what it reads."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.sql.columns import columns_used, output_columns, unknown_columns
from meshwright.sql.parse import parse_model
from meshwright.sql.product import columns_used_by_product
from meshwright.sql.rewrite import rewrite

SCHEMAS = {
    "crm.deals": ["id", "Amount", "client_id", "status", "closed_at"],
    "crm.clients": ["client_id", "name", "city"],
}
ALL_DEALS = set(SCHEMAS["crm.deals"])


def used(text, schemas=SCHEMAS, wanted=None):
    found = columns_used(parse_model(text, "duckdb", "m.sql"), schemas, wanted)
    return {key: None if columns is None else set(columns) for key, columns in found.items()}


@pytest.mark.parametrize(
    ("text", "deals"),
    [
        ("select * from crm.deals", ALL_DEALS),
        ("from crm.deals", ALL_DEALS),
        ("select count(*) from crm.deals", set()),
        ("select 1 from crm.deals where status = 'won'", {"status"}),
        ("select id from crm.deals order by closed_at", {"id", "closed_at"}),
        ("select count(*) from crm.deals group by status having max(amount) > 1", {"status", "Amount"}),
        ("select d.ID from crm.deals d", {"id"}),
        ("select deals.id, crm.deals.amount from crm.deals", {"id", "Amount"}),
        ("select amount * 2 as x, x + 1 as y from crm.deals", {"Amount"}),
        ("select id as amount2 from crm.deals order by amount2", {"id"}),
        ("with r as (select * from crm.deals) select id from r", {"id"}),
        ("with r(a, b) as (select * from crm.deals) select b from r", {"Amount"}),
        ("with r as (select distinct * from crm.deals) select id from r", ALL_DEALS),
        ("select id from (select * exclude (status) from crm.deals)", {"id", "status"}),
        ("select x from (select * rename (id as x) from crm.deals)", {"id"}),
        ("select a from crm.deals as t(a, b)", {"id"}),
        ("select d from crm.deals d", ALL_DEALS),
        ("select columns('a.*') from crm.deals", ALL_DEALS),
        ("select columns(*) from crm.deals", ALL_DEALS),
        ("select count(d.*) from crm.deals d", set()),
        (
            "select sum(amount) over (partition by status order by closed_at) from crm.deals",
            {"Amount", "status", "closed_at"},
        ),
        ("select id from crm.deals qualify row_number() over (order by amount) = 1", {"id", "Amount"}),
        ("select amount.part, d.status.part from crm.deals d", {"Amount", "status"}),
        ("select list_transform([1], x -> x + amount) from crm.deals", {"Amount"}),
        ("select * from crm.deals pivot (sum(amount) for status in ('won'))", ALL_DEALS),
        ("select id from crm.deals union all select client_id from crm.deals", {"id", "client_id"}),
        ("select id from (select * from crm.deals union all select * from crm.deals)", {"id"}),
        ("select id from (select * from crm.deals union select * from crm.deals)", ALL_DEALS),
        ("select id from (select * from crm.deals union all by name select * from crm.deals)", {"id"}),
        ("select * from crm.deals order by 1", ALL_DEALS),
        (
            "with recursive r as (select id, client_id from crm.deals union all "
            "select d.id, d.client_id from crm.deals d join r on r.id = d.client_id) select id from r",
            {"id", "client_id"},
        ),
    ],
)
def test_columns_used_of_one_table(text, deals):
    assert used(text) == {"crm.deals": deals}


@pytest.mark.parametrize(
    ("text", "deals", "clients"),
    [
        (
            "select name from crm.deals join crm.clients using (client_id)",
            {"client_id"},
            {"client_id", "name"},
        ),
        ("select name from crm.deals natural join crm.clients", {"client_id"}, {"client_id", "name"}),
        (
            "select amount, city from crm.deals d, crm.clients c where d.client_id = c.client_id",
            {"Amount", "client_id"},
            {"city", "client_id"},
        ),
        (
            "select (select max(name) from crm.clients c where c.client_id = d.client_id) from crm.deals d",
            {"client_id"},
            {"name", "client_id"},
        ),
        (
            "select id from crm.deals where exists (select * from crm.clients where city = status)",
            {"id", "status"},
            {"city"},
        ),
        (
            "select id from crm.deals where client_id in (select client_id from crm.clients)",
            {"id", "client_id"},
            {"client_id"},
        ),
        (
            "select name from crm.deals d, (select name from crm.clients c where c.client_id = d.client_id)",
            {"client_id"},
            {"name", "client_id"},
        ),
        ("select d.*, name from crm.deals d cross join crm.clients", ALL_DEALS, {"name"}),
        (
            "with r as (from crm.deals d join crm.clients using (client_id)) select name from r",
            {"client_id"},
            {"client_id", "name"},
        ),
        (
            "select name from (crm.deals d join crm.clients c on c.client_id = d.client_id)",
            {"client_id"},
            {"name", "client_id"},
        ),
        ("select id from crm.deals semi join crm.clients on city = status", {"id", "status"}, {"city"}),
    ],
)
def test_columns_used_of_two_tables(text, deals, clients):
    assert used(text) == {"crm.deals": deals, "crm.clients": clients}


def test_without_a_schema_named_columns_are_known_and_stars_are_not():
    assert used("select a, t.b from u.t") == {"u.t": {"a", "b"}}
    assert used("select * from u.t") == {"u.t": None}
    assert used("select a from u.t, v.s") == {"u.t": None, "v.s": None}
    assert used("select a from (select * from u.t)") == {"u.t": {"a"}}
    assert used("select id, other from crm.deals, u.t") == {"crm.deals": {"id"}, "u.t": {"other"}}


def test_the_changes_of_an_input_have_its_columns():
    text = "select c.* from changes(crm.deals) c join crm.deals d on d.id = c.id"
    assert used(text) == {"changes(crm.deals)": ALL_DEALS, "crm.deals": {"id"}}


def test_what_is_wanted_of_the_result_decides_what_a_star_uses():
    assert used("select * from crm.deals where status = 'won'", wanted=["ID"]) == {
        "crm.deals": {"id", "status"}
    }


def test_the_columns_of_a_result_are_told_where_they_have_names():
    def outputs(text):
        return output_columns(parse_model(text, "duckdb", "m.sql"), SCHEMAS)

    assert outputs("select *, 1 as one from crm.clients") == ("client_id", "name", "city", "one")
    assert outputs("select * exclude (name) from crm.clients") == ("client_id", "city")
    assert outputs("select client_id, name as n from crm.clients") == ("client_id", "n")
    assert outputs("select count(*) from crm.clients") is None
    assert outputs("select * from u.t") is None


def test_a_column_that_cannot_be_there_is_found_with_its_place():
    statement = parse_model("select d.id,\n       d.amuont\nfrom crm.deals d", "duckdb", "m.sql")
    (lacking,) = unknown_columns(statement, SCHEMAS)
    assert (lacking.key, lacking.name, lacking.line, lacking.column) == ("crm.deals", "amuont", 2, 10)


def test_a_column_without_qualifier_that_cannot_be_there_is_found_and_counts_as_used():
    text = "select client_id as who, sum(revenue) as revenue\nfrom crm.clients group by client_id"
    statement = parse_model(text, "duckdb", "m.sql")
    (lacking,) = unknown_columns(statement, SCHEMAS)
    assert (lacking.key, lacking.name, lacking.line, lacking.column) == ("crm.clients", "revenue", 1, 30)
    assert columns_used(statement, SCHEMAS)["crm.clients"] == {"client_id", "revenue"}


def test_variables_and_words_of_the_session_are_no_columns():
    text = "select [x + 1 for x in [client_id] if x > 2] as l, user as u from crm.clients"
    statement = parse_model(text, "duckdb", "m.sql")
    assert unknown_columns(statement, SCHEMAS) == ()
    assert columns_used(statement, SCHEMAS)["crm.clients"] == {"client_id"}


def test_intermediate_models_pass_on_what_is_wanted_of_them():
    models = {
        "staged": parse_model("select * from crm.deals", "duckdb", "staged.sql"),
        "middle": parse_model("select *, amount > 9 as big from staged", "duckdb", "middle.sql"),
        "report": parse_model("select id, big from middle", "duckdb", "report.sql"),
    }
    resolved = {
        "staged": {"crm.deals": ("crm", "deals")},
        "middle": {"staged": "staged"},
        "report": {"middle": "middle"},
    }
    found = columns_used_by_product(
        models, ["staged", "middle", "report"], resolved, {("crm", "deals"): SCHEMAS["crm.deals"]}, ["report"]
    )
    assert found["staged"].used == {"crm.deals": {"id", "Amount"}}
    assert found["middle"].made == ("id", "amount", "client_id", "status", "closed_at", "big")


# --- against DuckDB itself: a statement runs on a table without the columns that it does not use

COLUMNS = ["a", "b", "c", "d"]
names = st.sampled_from(COLUMNS)
parts = st.sampled_from(
    ["{x}", "{x} + 1 as {x}", "sum({x}) over () as {x}", "t.{x}", "coalesce({x}, 0) as y"]
)
results = st.one_of(
    st.just("*"),
    st.lists(st.builds(lambda part, x: part.format(x=x), parts, names), min_size=1, max_size=3).map(
        ", ".join
    ),
)
filters = st.one_of(
    st.just(""), names.map(lambda x: f" where {x} > 0"), names.map(lambda x: f" order by {x}")
)
inner = st.builds(lambda r, f: f"select {r} from p.t as t{f}", results, filters)
wrapped = st.builds(
    lambda q, x: f"with w as (select * from p.t as t), v as ({q}) select {x} from w", inner, names
)
nested = st.builds(
    lambda q, x: f"select {x} from ({q}) u, p.s as s where s.{x} = 1",
    st.just("select a as {x} from p.t as t"),
    names,
)
statements = st.one_of(
    inner,
    wrapped,
    names.map(lambda x: f"select s.{x} from p.s s where exists (select * from p.t as t where t.{x} = s.{x})"),
)


@settings(max_examples=60, deadline=None)
@given(statements)
def test_a_statement_runs_without_the_columns_it_does_not_use(text):
    statement = parse_model(text, "duckdb", "m.sql")
    schemas = {"p.t": COLUMNS, "p.s": COLUMNS}
    found = columns_used(statement, schemas)
    with duckdb.connect() as connection:
        connection.execute("create table t (a int, b int, c int, d int)")
        connection.execute("create table s (a int, b int, c int, d int)")
        sql = rewrite(statement, {"p.t": "t", "p.s": "s"}, "duckdb")
        try:
            columns = connection.sql(sql).columns
        except duckdb.BinderException:
            return
        for key, columns_of in found.items():
            for column in set(COLUMNS) - columns_of if len(columns_of) else ():
                connection.execute(f"alter table {key[2:]} drop column {column}")
        assert connection.sql(sql).columns == columns
