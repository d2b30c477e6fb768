"""Checks that PostgreSQL measures on its own tables: types, JSON, extremes."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.verification.contracts import contract, failed
from tests.verification.postgres_tables import verify_there

from meshwright.model.check import CheckResult


@pytest.fixture
def crm(postgres_database: Any) -> Any:
    postgres_database.execute("CREATE SCHEMA crm")
    return postgres_database


def verify(
    crm: Any, columns: str, values: str, *properties: dict[str, Any], **more: Any
) -> dict[str, CheckResult]:
    """The results for a table `deals` of these columns and rows."""
    rows = [f"INSERT INTO crm.deals VALUES {values}"] if values else []
    crm.execute(f"CREATE TABLE crm.deals ({columns})", *rows)
    declared = contract({"name": "deals", "properties": list(properties), **more})
    return verify_there(crm, "crm", declared, ["deals"])


def column(name: str, kind: str | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name, **({"logicalType": kind} if kind else {}), **more}


@pytest.mark.parametrize(
    ("stored", "declared"),
    [
        ("smallint", {"logicalType": "integer"}),
        ("bigint", {"logicalType": "integer", "physicalType": "bigint"}),
        ("numeric", {"logicalType": "number"}),
        ("numeric", {"logicalType": "number", "physicalType": "numeric"}),
        ("numeric(50,10)", {"logicalType": "number", "physicalType": "numeric(50,10)"}),
        ("numeric(5,0)", {"logicalType": "integer"}),
        ("real", {"logicalType": "number"}),
        ("varchar(20)", {"logicalType": "string", "physicalType": "varchar(36)"}),
        ("char(3)", {"logicalType": "string"}),
        ("char(3)", {"logicalType": "string", "physicalType": "CHARACTER(3)"}),
        (
            "varchar(3)[]",
            {"logicalType": "array", "items": {"logicalType": "string", "physicalType": "varchar(3)"}},
        ),
        ("crm.code", {"logicalType": "string", "physicalType": "varchar(4)"}),
        ("text", {"logicalType": "string", "physicalType": "varchar"}),
        ("inet", {"logicalType": "string", "physicalType": "inet"}),
        ("interval", {"logicalType": "string", "physicalType": "interval"}),
        ("jsonb", {"logicalType": "string", "physicalType": "jsonb"}),
        ("jsonb", {"logicalType": "object"}),
        ("text[]", {"logicalType": "array", "items": {"logicalType": "string"}}),
        ("timestamptz", {"logicalType": "timestamp"}),
        ("crm.stage", {"logicalType": "string"}),
        ("crm.stage", {"logicalType": "string", "physicalType": "crm.stage"}),
        ("crm.price", {"logicalType": "number", "physicalType": "numeric(8,2)"}),
        ("crm.price", {"logicalType": "number", "physicalType": "price"}),
        ("crm.place", {"logicalType": "object", "properties": [{"name": "city", "logicalType": "string"}]}),
        ("uuid", {"logicalType": "string", "logicalTypeOptions": {"format": "uuid"}}),
        ("bytea", {"logicalType": "string", "physicalType": "bytea"}),
    ],
)
def test_a_column_of_a_fitting_type_passes(crm: Any, stored: str, declared: dict[str, Any]) -> None:
    crm.execute(
        "CREATE TYPE crm.stage AS ENUM ('open', 'won')",
        "CREATE DOMAIN crm.price AS numeric(8,2)",
        "CREATE DOMAIN crm.code AS varchar(4)",
        "CREATE TYPE crm.place AS (city text)",
    )
    results = verify(crm, f"x {stored}", "", {"name": "x", **declared})
    assert failed(results) == {}


@pytest.mark.parametrize(
    ("stored", "declared", "found"),
    [
        ("text", {"logicalType": "integer"}, "string"),
        ("numeric", {"logicalType": "integer"}, "numeric"),
        ("bigint", {"logicalType": "integer", "physicalType": "int"}, "int64"),
        ("numeric(12,3)", {"logicalType": "number", "physicalType": "numeric(10,2)"}, "decimal(12,3)"),
        ("inet", {"logicalType": "string"}, "inet"),
        ("text", {"logicalType": "integer", "physicalType": "text"}, "string"),
        ("int", {"logicalType": "array"}, "int32"),
        ("varchar(21)", {"logicalType": "string", "physicalType": "varchar(20)"}, "varchar(21)"),
        ("char(4)", {"logicalType": "string", "physicalType": "char(3)"}, "char(4)"),
        ("text", {"logicalType": "string", "physicalType": "varchar(20)"}, "string of any length"),
        ("timestamp", {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}, "timestamp"),
    ],
)
def test_a_column_of_another_type_fails(crm: Any, stored: str, declared: dict[str, Any], found: str) -> None:
    result = verify(crm, f"x {stored}", "", {"name": "x", **declared})["deals.x.type"]
    assert (result.status, result.observed) == ("fail", f"type {found}")


def test_a_view_and_the_items_of_an_array_tell_their_lengths(crm: Any) -> None:
    crm.execute(
        "CREATE TABLE crm.t (x varchar(30), y varchar(9)[])",
        "CREATE VIEW crm.deals AS SELECT x, y FROM crm.t",
    )
    items = column("y", "array", items={"logicalType": "string", "physicalType": "varchar(8)"})
    x = column("x", "string", physicalType="varchar(20)")
    results = verify_there(crm, "crm", contract({"name": "deals", "properties": [x, items]}), ["deals"])
    assert failed(results) == {"deals.x.type": 1, "deals.y[].type": 1}
    assert (results["deals.x.type"].expected, results["deals.x.type"].observed) == (
        "type varchar(20)",
        "type varchar(30)",
    )


def test_a_column_that_is_not_there_fails_and_its_other_checks_are_skipped(crm: Any) -> None:
    results = verify(crm, "amount int", "", column("Amount", "integer", required=True))
    assert failed(results) == {
        "deals.Amount.present": 1,
        "deals.Amount.type": "skip",
        "deals.Amount.required": "skip",
    }
    assert "there is `amount`" in results["deals.Amount.present"].observed


def test_a_table_with_several_dimensions_is_no_array_of_scalars(crm: Any) -> None:
    items = column("x", "array", items={"logicalType": "integer"}, logicalTypeOptions={"maxItems": 2})
    results = verify(crm, "x int[]", "('{1,2}'), ('{{1,2},{3,4}}')", items)
    assert results["deals.x.type"].status == "fail"


def test_infinite_dates_are_outside_bounds(crm: Any) -> None:
    options = {"minimum": "2020-01-01", "maximum": "2030-01-01"}
    properties = [
        column("d", "date", logicalTypeOptions=options),
        column("t", "timestamp", logicalTypeOptions=options),
    ]
    values = "('infinity', 'infinity'), ('-infinity', '-infinity'), ('2020-01-01', '2020-01-01 00:00:01')"
    assert failed(verify(crm, "d date, t timestamptz", values, *properties)) == {
        "deals.d.bounds": 2,
        "deals.t.bounds": 2,
    }


def test_not_a_number_is_outside_every_bound_and_no_multiple(crm: Any) -> None:
    low, high = {"minimum": 0}, {"maximum": 5, "multipleOf": 0.5}
    kinds = {"n": "numeric", "m": "numeric(6,2)", "f": "real", "d": "double precision"}
    properties = [
        column(f"{name}{i}", "number", logicalTypeOptions=o)
        for name in kinds
        for i, o in enumerate((low, high))
    ]
    columns = ", ".join(f"{name}{i} {kind}" for name, kind in kinds.items() for i in (0, 1))
    found = failed(verify(crm, columns, f"({', '.join(['NaN'] * 8)})".replace("NaN", "'NaN'"), *properties))
    assert found == {
        **{f"deals.{name}{i}.bounds": 1 for name in kinds for i in (0, 1)},
        **{f"deals.{name}1.multiple_of": 1 for name in kinds},
    }


def test_wide_numbers_are_compared_exactly(crm: Any) -> None:
    options = {"maximum": 10**40, "multipleOf": 0.001}
    values = f"({10**40}), ({10**40}.0001), ({10**40 + 1}), (0.001)"
    found = failed(verify(crm, "x numeric", values, column("x", "number", logicalTypeOptions=options)))
    assert found == {"deals.x.bounds": 2, "deals.x.multiple_of": 1}


def test_texts_are_compared_byte_by_byte_whatever_the_collation(crm: Any) -> None:
    blind = "CREATE COLLATION crm.blind (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
    try:
        crm.execute(blind)
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this PostgreSQL has no ICU, and so no collation that ignores case")
    prop = column("x", "string", unique=True, enum=[{"value": "a"}], logicalTypeOptions={"pattern": "^a"})
    found = failed(verify(crm, "x text COLLATE crm.blind", "('a'), ('A'), ('á')", prop))
    assert found == {"deals.x.enum": 2, "deals.x.pattern": 2}


def test_a_padded_text_counts_without_its_padding(crm: Any) -> None:
    prop = column("x", "string", logicalTypeOptions={"maxLength": 2, "pattern": "b$"})
    assert failed(verify(crm, "x char(5)", "('ab'), ('abc')", prop)) == {
        "deals.x.length": 1,
        "deals.x.pattern": 1,
    }


PERSON = column(
    "doc",
    "object",
    required=True,
    properties=[
        column("name", "string", required=True, logicalTypeOptions={"maxLength": 3}),
        column("age", "integer", logicalTypeOptions={"minimum": 18}),
        column("born", "date", logicalTypeOptions={"minimum": "2000-01-01"}),
        column(
            "tags",
            "array",
            items=column("tag", "string", enum=[{"value": "x"}]),
            logicalTypeOptions={"uniqueItems": True},
        ),
        column("home", "object", properties=[column("zip", "string", required=True)]),
    ],
)


@pytest.mark.parametrize("kind", ["json", "jsonb"])
def test_json_is_verified_to_any_depth(crm: Any, kind: str) -> None:
    values = """
        (1, '{"name": "Ann", "age": 20, "born": "2001-02-28", "tags": ["x"], "home": {"zip": "1"}}'),
        (2, '{"name": "Bobby", "age": 17, "born": "1999-12-31", "tags": ["x", "y", "x"], "home": {}}'),
        (3, '{"age": null, "tags": [null], "home": null}'),
        (4, 'null'), (5, NULL)
    """
    results = verify(crm, f"id int, doc {kind}", values, column("id", "integer", primaryKey=True), PERSON)
    assert failed(results) == {
        "deals.doc.required": 2,
        "deals.doc.name.required": 1,
        "deals.doc.name.length": 1,
        "deals.doc.age.bounds": 1,
        "deals.doc.born.bounds": 1,
        "deals.doc.tags.unique_items": 1,
        "deals.doc.tags[].enum": 1,
        "deals.doc.home.zip.required": 1,
    }
    assert results["deals.doc.tags[].enum"].measure.samples == ({"id": 2, "doc.tags[]": "y"},)


def test_values_of_another_type_in_json_break_its_type_and_nothing_else(crm: Any) -> None:
    values = """
        ('{"name": 1, "age": 1.5, "born": "2001-02-29", "tags": {}, "home": []}'),
        ('{"name": "A", "age": "20", "born": "soon", "tags": "x", "home": "x"}'), ('[]')
    """
    results = verify(crm, "doc jsonb", values, PERSON)
    assert results["deals.doc.type"].observed == "type other than struct() in 1 row"
    assert results["deals.doc.name.type"].observed == "type other than string in 1 row"
    assert results["deals.doc.age.type"].observed == "type other than int64 in 2 rows"
    assert results["deals.doc.born.type"].observed == "type other than date in 2 rows"
    assert {results[f"deals.doc.{name}.{kind}"].status for name, kind in QUIET} == {"pass"}


QUIET = [("name", "length"), ("born", "bounds"), ("tags", "unique_items"), ("tags[]", "enum")]


def test_a_member_that_no_object_has_is_not_present(crm: Any) -> None:
    prop = column("doc", "object", properties=[column("a", "string"), column("b", "string")])
    results = verify(crm, "doc jsonb", "('{\"a\": null}'), ('{}')", prop)
    assert failed(results) == {"deals.doc.b.present": 1}


def test_a_relationship_is_followed_inside_postgresql(crm: Any) -> None:
    crm.execute(
        "CREATE TYPE crm.seat AS (seat int)",
        "CREATE TABLE crm.offices (id int, country text)",
        "INSERT INTO crm.offices VALUES (1, 'NL'), (2, 'DE'), (NULL, 'FR')",
        "CREATE TABLE crm.deals (id int, office bigint, land varchar(2), others crm.seat[])",
        "INSERT INTO crm.deals VALUES (1, 1, 'NL', ARRAY[row(1), row(7)]::crm.seat[]), (2, 9, 'DE', '{}'), "
        "(3, NULL, 'NL', NULL), (4, 1, 'DE', ARRAY[row(8), row(9), row(NULL), NULL]::crm.seat[])",
    )
    seat = column("seat", "integer", relationships=[{"to": "offices.id"}])
    declared = contract(
        {
            "name": "deals",
            "properties": [
                column("id", "integer", primaryKey=True),
                column("office", "integer", relationships=[{"to": "offices.id"}]),
                column("land", "string"),
                column("others", "array", items={"logicalType": "object", "properties": [seat]}),
            ],
            "relationships": [
                {"from": ["deals.office", "deals.land"], "to": ["offices.id", "offices.country"]}
            ],
        },
        {"name": "offices", "properties": [column("id", "integer"), column("country", "string")]},
    )
    results = verify_there(crm, "crm", declared, ["deals", "offices"])
    assert failed(results) == {
        "deals.office.relationships[0]": 1,
        "deals.relationships[0]": 2,
        "deals.seat.relationships[0]": 3,
    }
    assert results["deals.office.relationships[0]"].measure.samples == ({"id": 2, "office": 9},)


def test_classified_columns_are_withheld(crm: Any) -> None:
    prop = column(
        "ssn", "string", classification="restricted", unique=True, logicalTypeOptions={"maxLength": 2}
    )
    results = verify(
        crm,
        "id int, ssn text",
        "(1, 'secret'), (2, 'secret')",
        column("id", "integer", primaryKey=True),
        prop,
    )
    assert failed(results) == {"deals.ssn.unique": 1, "deals.ssn.length": 2}
    assert results["deals.ssn.length"].measure.samples == ({"id": 1}, {"id": 2})
    assert "secret" not in str(results)


def test_texts_are_counted_in_characters_in_any_encoding(postgres: Any) -> None:
    postgres.execute(
        "DROP DATABASE IF EXISTS latin WITH (FORCE)",
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    )
    latin = type(postgres)(postgres.host, postgres.port, postgres.user, "latin")
    try:
        latin.execute("CREATE SCHEMA crm")
        rules = {"maxLength": 1, "pattern": "^[^a]$"}
        prop = column("x", "string", enum=[{"value": "é"}], logicalTypeOptions=rules)
        assert failed(verify(latin, "x text", "(chr(233)), ('a')", prop)) == {
            "deals.x.enum": 1,
            "deals.x.pattern": 1,
        }
        beyond = column("x", "string", logicalTypeOptions={"pattern": "é"})
        refused = verify_there(latin, "crm", contract({"name": "deals", "properties": [beyond]}), ["deals"])
        assert "it has `é`" in refused["deals.x.pattern"].observed
    finally:
        postgres.execute("DROP DATABASE latin WITH (FORCE)")


def test_a_check_that_fails_to_run_leaves_the_others_their_verdicts(crm: Any) -> None:
    crm.execute(
        "CREATE TABLE crm.base (id int, x text)",
        "INSERT INTO crm.base VALUES (1, '1'), (2, 'secret')",
        "CREATE VIEW crm.deals AS SELECT id, x::int AS x FROM crm.base",
    )
    declared = contract(
        {
            "name": "deals",
            "properties": [
                column("id", "integer", required=True, logicalTypeOptions={"maximum": 1}),
                column("x", "integer", logicalTypeOptions={"maximum": 1}),
            ],
        }
    )
    results = verify_there(crm, "crm", declared, ["deals"])
    assert failed(results) == {"deals.id.bounds": 1, "deals.x.bounds": "error"}
    assert results["deals.x.bounds"].observed == "could not run: invalid input syntax for type integer"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"pattern": "(a"}, "not a regular expression that RE2 can run"),
        ({"pattern": r"(?=a)"}, "not a regular expression that RE2 can run"),
        ({"pattern": r"\pL"}, r"it has `\pL`"),
        ({"minimum": 1}, "a bound applies to numbers"),
    ],
)
def test_what_cannot_be_expressed_is_an_error_that_names_it(
    crm: Any, options: dict[str, Any], says: str
) -> None:
    results = verify(crm, "x text", "('a')", column("x", "string", logicalTypeOptions=options))
    error = next(result for result in results.values() if result.status == "error")
    assert says in error.observed


def test_formats_and_vectors(crm: Any) -> None:
    properties = [
        column("mail", "string", logicalTypeOptions={"format": "email"}),
        column("ip", "string", logicalTypeOptions={"format": "ipv6"}),
        column("small", "integer", logicalTypeOptions={"format": "u8"}),
        column("v", "vector", logicalTypeOptions={"dimensions": 2, "normalized": True}),
        column("raw", "string", physicalType="bytea", logicalTypeOptions={"maxLength": 1}),
    ]
    values = "('a@b.cd', '::1', 255, '{0.6,0.8}', '\\x00'), ('a@b', '1::x', 256, '{1,1,1}', '\\x0001')"
    assert failed(verify(crm, "mail text, ip text, small int, v real[], raw bytea", values, *properties)) == {
        "deals.mail.format": 1,
        "deals.ip.format": 1,
        "deals.small.format": 1,
        "deals.small.type": 1,
        "deals.v.size": 1,
        "deals.v.format": 1,
        "deals.raw.length": 1,
    }
