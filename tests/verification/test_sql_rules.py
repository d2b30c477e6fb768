"""Rules in SQL: they read their contract's objects, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.verification.contracts import contract, deals, verify, verify_in

from meshwright.model.check import CheckResult

ROWS = "SELECT * FROM (VALUES (1, 10.5), (2, NULL), (3, -1)) t(id, amount)"


def run(query: str, operator: dict[str, Any] | None = None, **more: Any) -> CheckResult:
    rule = {"type": "sql", "query": query, **(operator or {"mustBe": 1})}
    amount = {"name": "amount", "logicalType": "number", "quality": [rule], **more}
    declared = deals({"name": "id", "logicalType": "integer"}, amount, physicalName="deals_v2")
    return verify(declared, deals=ROWS)["deals.amount.quality[0]"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM ${table} WHERE ${column} < 0",
        "SELECT count(*) FROM {object} WHERE {property} < 0",
        "SELECT count(*) FROM ${object} WHERE ${property} < 0;",
        'SELECT count(*) FROM "{model}" WHERE "{property}" < 0 -- a comment',
        "SELECT count(*) FROM deals WHERE deals.amount < 0",
        "SELECT count(*) FROM DEALS_V2 d WHERE d.amount < 0",
        "WITH bad AS (FROM deals WHERE amount < 0), n AS (SELECT count(*) c FROM bad) SELECT c FROM n",
        "SELECT count(*) FROM (SELECT amount FROM deals UNION ALL SELECT 5) WHERE amount < 0",
        "SELECT count(*) FROM deals a JOIN deals b USING (id) WHERE b.amount < 0",
        "SELECT count(*) FILTER (WHERE amount < 0) FROM deals",
        "SELECT sum(CASE WHEN amount < 0 THEN 1 ELSE 0 END) FROM deals WHERE id BETWEEN 1 AND 3",
        "SELECT count(*) FROM deals WHERE id IN (SELECT id FROM deals WHERE amount < 0)",
        "SELECT count(*) FROM range(1)",
        "SELECT count(*) FROM (SELECT row_number() OVER (ORDER BY id) AS n FROM deals) WHERE n = 1",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT min(i) FROM n",
        "SELECT len(list_filter([1, 2], lambda x: x > 1))",
        "SELECT count(*) > 0 FROM deals WHERE current_date > DATE '2020-01-01' - INTERVAL 3 DAY",
    ],
)
def test_a_rule_returns_one_value_of_its_object(query: str) -> None:
    result = run(query)
    assert (result.status, result.observed in ("1", "true")) == ("pass", True), result.observed


def test_a_value_is_judged_as_it_is() -> None:
    assert run("SELECT min({property}) FROM {object}", {"mustBeLessThan": 0}).status == "pass"
    assert run("SELECT '{property}'", {"mustBe": "amount"}).status == "pass"
    assert run("SELECT max(amount) FROM deals WHERE id > 9", {"mustBeGreaterThan": 0}).observed == "null"
    assert run("SELECT max(amount) FROM deals WHERE id > 9", {"mustBeGreaterThan": 0}).status == "fail"


def test_a_rule_may_read_the_other_objects_of_its_contract() -> None:
    rule = {"type": "sql", "query": "SELECT count(*) FROM deals, offices", "mustBe": 6}
    declared = contract(
        {"name": "deals", "properties": [{"name": "id", "logicalType": "integer"}], "quality": [rule]},
        {"name": "offices", "properties": []},
    )
    both = verify(declared, deals=ROWS, offices="SELECT 1 AS x UNION ALL SELECT 2")
    assert both["deals.quality[0]"].status == "pass"
    alone = verify(declared, deals=ROWS)["deals.quality[0]"]
    assert "not available" in alone.observed


REFUSED = [
    "DELETE FROM deals",
    "SELECT 1; DROP TABLE deals",
    "WITH x AS (INSERT INTO deals VALUES (1, 2) RETURNING id) SELECT count(*) FROM x",
    "CREATE TABLE x AS SELECT 1",
    "COPY deals TO '/tmp/out.csv'",
    "ATTACH '/tmp/x.db'",
    "INSTALL httpfs",
    "SET memory_limit = '1GB'",
    "PRAGMA database_list",
    "SELECT count(*) FROM '/etc/passwd'",
    "SELECT count(*) FROM read_text('/etc/passwd')",
    "SELECT count(*) FROM read_csv('/etc/passwd')",
    "SELECT count(*) FROM glob('/*')",
    "SELECT count(*) FROM query('SELECT 1')",
    "SELECT count(*) FROM query_table('hidden')",
    "SELECT count(*) FROM duckdb_settings()",
    "SELECT count(*) FROM json_execute_serialized_sql('{}')",
    "SELECT count(*) FROM hidden",
    "SELECT count(*) FROM information_schema.tables",
    "SELECT count(*) FROM main.hidden",
    "SELECT count(*) FROM (WITH hidden AS (SELECT 1) SELECT * FROM hidden), hidden",
    "WITH hidden AS (SELECT * FROM hidden) SELECT count(*) FROM hidden",
    "SELECT (SELECT count(*) FROM hidden)",
    "SELECT count(*) FROM deals WHERE EXISTS (SELECT 1 FROM hidden)",
    "SELECT count(*) FROM (SUMMARIZE deals)",
    "SELECT count(*) FROM (DESCRIBE deals)",
    "SELECT getenv('HOME')",
    "SELECT current_setting('memory_limit')",
    "SELECT getvariable('x')",
    "SELECT nextval('s')",
    "SELECT main.count(id) FROM deals",
    "SELECT count(*) FROM deals AT (VERSION => 1)",
    "SELECT ?",
    "SELECT $1",
]


@pytest.mark.parametrize("query", REFUSED)
def test_a_rule_that_does_more_than_read_its_objects_is_refused(query: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE hidden AS SELECT 1 AS secret")
        connection.execute("SET VARIABLE x = 1")
        connection.execute("CREATE SEQUENCE s")
        rule = {"type": "sql", "query": query, "mustBe": 1}
        declared = deals({"name": "id", "logicalType": "integer"}, quality=[rule])
        result = verify_in(connection, declared, deals=ROWS)["deals.quality[0]"]
        assert (result.status, result.stops) == ("error", True)
        assert result.observed.startswith("could not run: the query ")
        assert connection.execute("SELECT count(*) FROM hidden").fetchone() == (1,)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELEC 1", "does not parse"),
        ("SELECT id FROM deals", "several rows"),
        ("SELECT id FROM deals WHERE false", "no row"),
        ("SELECT 1, 2", "2 columns"),
        ("SELECT count(*) FROM deals WHERE nope = 1", "nope"),
        ("SELECT count(*) FROM deal", "did you mean `deals`"),
        ("SELECT count(*) FROM ${tabel}", "`${tabel}` means nothing"),
        ("SELECT CAST('abc' AS INTEGER)", "Could not convert string (withheld) to INT32"),
        ("", "no query"),
    ],
)
def test_a_wrong_query_is_an_error_that_says_what_is_wrong(query: str, says: str) -> None:
    result = run(query)
    assert result.status == "error"
    assert says in result.observed


def test_an_error_shows_no_classified_value() -> None:
    rule = {"type": "sql", "query": "SELECT max(CAST(ssn AS INTEGER)) FROM deals", "mustBe": 0}
    largest = {"type": "sql", "query": "SELECT max(ssn) FROM deals", "mustBe": 0}
    declared = deals(
        {"name": "ssn", "logicalType": "string", "classification": "restricted"}, quality=[rule, largest]
    )
    results = verify(declared, deals="SELECT 'secret' AS ssn")
    assert "withheld" in results["deals.quality[0]"].observed
    assert all("secret" not in result.observed for result in results.values())


def test_a_rule_that_writes_leaves_no_file_behind(tmp_path: Path) -> None:
    target = tmp_path / "stolen.csv"
    assert run(f"COPY (SELECT * FROM deals) TO '{target}'").status == "error"
    assert not target.exists()
