"""A model is one SELECT over what its product declares; everything else is refused with its place."""

from __future__ import annotations

import subprocess
import sys

import pytest

from meshwright.errors import SqlError
from meshwright.sql.names import AddressedObject, Declared, InputObject, ModelName, classify
from meshwright.sql.order import order
from meshwright.sql.parse import parse_model


def parse(text, dialect="duckdb"):
    return parse_model(text, dialect, "models/deals.sql")


def keys(text):
    return [reference.key for reference in parse(text).references]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1", []),
        ("select * from crm.deals d join staged using (id)", ["crm.deals", "staged"]),
        ('select * from brokerage.deals."deals@2"', ["brokerage.deals.deals@2"]),
        ("from changes( crm.deals ) c", ["changes(crm.deals)"]),
        ("with r as (select * from crm.deals) select * from r", ["crm.deals"]),
        ("with deals as (select * from deals) select * from deals", ["deals"]),
        ("with recursive r as (select 1 n union all select n from r) select * from r", []),
        ("with a as (select 1), b as (with a as (from x) from a) from a, b", ["x"]),
        ("select * from (with a as (from x) from a), a", ["x", "a"]),
        ("from a union (from b except from c) order by 1", ["a", "b", "c"]),
        ("select (select max(x) from b where b.k = a.k) from a", ["b", "a"]),
        ("select * from a, lateral (select * from b where b.k = a.k)", ["a", "b"]),
        ("select * from a, unnest(a.list) u(x), generate_series(1, 3) g(i)", ["a"]),
        ("select * from (values (1, 2)) v(a, b) join c on c.a = v.a", ["c"]),
        ("select * from ((a join b using (k)) join c using (k))", ["a", "b", "c"]),
        ("select * from a pivot (sum(x) for y in ('z'))", ["a"]),
        ("(select * from a)", ["a"]),
        ("select * from a;\n-- done", ["a"]),
    ],
)
def test_references_are_the_tables_a_statement_does_not_make_itself(text, expected):
    assert keys(text) == expected


def test_a_reference_has_its_place():
    first, second = parse("select *\nfrom crm.deals d,\n  changes(crm.clients) c -- 'é'").references
    assert (first.line, first.column, first.changes) == (2, 6, False)
    assert (second.line, second.column, second.changes) == (3, 3, True)


@pytest.mark.parametrize(
    ("text", "says", "line", "column"),
    [
        ("insert into x select 1", "not `insert`", 1, 1),
        ("create table x as select 1", "not `create`", 1, 1),
        ("copy x to 'y'", "not `copy`", 1, 1),
        ("pragma version", "not `pragma`", 1, 1),
        ("attach 'x' as y", "not `attach`", 1, 1),
        ("install httpfs", "not `install`", 1, 1),
        ("explain select 1", "not `explain`", 1, 1),
        ("pivot a on b using sum(c)", "not `pivot`", 1, 1),
        ("values (1)", "not `values`", 1, 1),
        ("select 1;\nselect b", "another", 2, 8),
        ("", "empty", 1, 1),
        ("-- nothing", "empty", 1, 1),
        ("with x as (insert into y select 1 returning *) select * from x", "only a SELECT", 1, None),
        ("select * from (describe a)", "only a SELECT", 1, None),
        ("select a into b from c", "SELECT ... INTO", 1, None),
        ("select * from a for update", "a lock", None, None),
        ("select $1", "a parameter", None, None),
        ("select * from 'x.parquet'", "the file `x.parquet`", 1, 15),
        ('select *\nfrom "data/x.csv"', "the file `data/x.csv`", 2, 6),
        ("select * from 's3://b/x'", "the file", 1, 15),
        ("select * from read_csv('x')", "read_csv", 1, None),
        ("select * from read_parquet(['x'])", "read_parquet", 1, None),
        ("select * from read_text('x')", "read_text", 1, None),
        ("select * from glob('*')", "glob", 1, None),
        ("select * from parquet_scan('x')", "parquet_scan", 1, None),
        ("select * from sniff_csv('x')", "sniff_csv", 1, None),
        ("select * from query('select 1')", "query", 1, None),
        ("select * from query_table('x')", "query_table", 1, None),
        ("select * from system.main.read_text('x')", "read_text", 1, None),
        ("select * from duckdb_tables()", "duckdb_tables", 1, None),
        ("select * from duckdb_settings", "catalogue", 1, 15),
        ("select * from pragma_table_info('x')", "pragma_table_info", 1, None),
        ("select * from information_schema.tables", "catalogue", 1, 15),
        ("select * from pg_catalog.pg_class", "catalogue", 1, 15),
        ("select * from sqlite_master", "catalogue", 1, 15),
        ("select 1 where exists (from read_csv('x'))", "read_csv", 1, None),
        ("select getenv('HOME')", "getenv", 1, None),
        ("select current_setting('x')", "current_setting", 1, None),
        ("select changes(crm.deals)", "is a table", 1, None),
        ("select * from changes(deals)", "takes one input", 1, None),
        ("select * from changes(a.b, c.d)", "takes one input", 1, None),
        ("select\n  1 from", "not valid SQL", 2, 5),
        ("select 'abc", "cannot be read", None, None),
        ("select * from a at (version => 1)", "another version", None, None),
    ],
)
def test_what_is_no_model_is_refused(text, says, line, column):
    with pytest.raises(SqlError) as caught:
        parse(text)
    error = caught.value
    assert says in error.what
    assert error.where.startswith("models/deals.sql")
    assert error.way_out or error.why
    if line:
        assert error.line == line
    if column:
        assert error.column == column


def test_a_statement_that_could_overflow_the_parser_is_refused():
    for text in (
        "select " + "(" * 5000 + "1" + ")" * 5000,
        "select " + "not " * 5000 + "true",
        "x" * 2_000_000,
    ):
        with pytest.raises(SqlError):
            parse(text)


def test_a_dialect_that_is_none_is_refused():
    with pytest.raises(SqlError, match="no SQL dialect"):
        parse("select 1", "cobol")


def test_importing_the_package_does_not_import_the_parser():
    code = "import sys, meshwright.sql.parse, meshwright.sql.columns; sys.exit('sqlglot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- names

DECLARED = Declared(
    inputs={"crm": {"deals": "deals", "clients": "t_clients", "t_clients": "t_clients"}, "books": None},
    addresses={"assets.offices": [AddressedObject("office", m, f"offices{m}", "office") for m in (1, 2)]},
    models=("staged", "report", "report@2"),
)


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("crm.deals", InputObject("crm", "deals")),
        ("CRM.Deals", InputObject("crm", "deals")),
        ("crm.clients", InputObject("crm", "t_clients")),
        ("books.anything", InputObject("books", "anything")),
        ("assets.offices.office", InputObject("offices2", "office")),
        ('assets.offices."office@1"', InputObject("offices1", "office")),
        ("staged", ModelName("staged")),
        ("report", ModelName("report")),
        ('"report@2"', ModelName("report@2")),
    ],
)
def test_a_name_means_what_is_declared(name, means):
    (reference,) = parse(f"select * from {name}").references
    assert classify(reference, DECLARED) == means


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("leasing.leases", "declare an input port named `leasing`"),
        ("crn.deals", "did you mean `crm`?"),
        ("crm.deal", "did you mean `deals`?"),
        ("crm.zzz", "its objects are: clients, deals, t_clients"),
        ("stagged", "did you mean `staged`?"),
        ("deals", "did you mean `crm.deals`?"),
        ("zzz", "declare an input port and write input_port.zzz"),
        ("finance.ledger.books", "declare an input port with the contract of finance/ledger"),
        ('assets.offices."office@3"', "declared are: office@1, office@2"),
        ("a.b.c.d", "input_port.object"),
    ],
)
def test_a_name_that_is_not_declared_says_what_to_declare(name, way_out):
    (reference,) = parse(f"select *\nfrom {name}").references
    with pytest.raises(SqlError) as caught:
        classify(reference, DECLARED, "models/deals.sql")
    assert way_out in caught.value.way_out
    assert (caught.value.line, caught.value.column) == (2, 6)


# --- order


def test_models_come_after_those_they_read():
    assert order({"c": ["b", "a"], "b": ["a", "elsewhere"], "a": [], "d": []}) == ("a", "b", "c", "d")


def test_a_long_chain_is_no_problem():
    chain = {str(n): [str(n + 1)] for n in range(20_000)}
    assert order(chain)[0] == "19999"


def test_a_circle_is_printed():
    with pytest.raises(SqlError, match="b -> c -> b"):
        order({"a": ["b"], "b": ["c"], "c": ["b"]})
    with pytest.raises(SqlError, match="a -> a"):
        order({"a": ["a"]})
