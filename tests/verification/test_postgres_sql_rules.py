"""Rules in SQL that PostgreSQL runs: they read their contract's objects, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from tests.verification.contracts import contract
from tests.verification.postgres_tables import verify_there

from meshwright.model.check import CheckResult

TABLES = (
    "CREATE SCHEMA crm",
    "CREATE TABLE crm.deals_v2 (id int, amount numeric(10,2), doc jsonb, tags text[], at timestamptz)",
    "INSERT INTO crm.deals_v2 VALUES (1, 10.5, '{\"a\": 1}', '{x,y}', '2020-01-01'), "
    "(2, NULL, NULL, NULL, NULL), (3, -1, '[]', '{}', now())",
    "CREATE TABLE crm.hidden (secret text)",
    "CREATE TABLE public.hidden (secret text)",
    "CREATE SEQUENCE public.s",
    "CREATE FUNCTION public.count_secrets() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM crm.hidden'",
    "CREATE FUNCTION public.abs(text) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM crm.hidden'",
)


@pytest.fixture(scope="module")
def server(postgres: Any) -> Any:
    postgres.execute("DROP DATABASE IF EXISTS rules WITH (FORCE)", "CREATE DATABASE rules")
    database = type(postgres)(postgres.host, postgres.port, postgres.user, "rules")
    database.execute(*TABLES)
    yield database
    postgres.execute("DROP DATABASE rules WITH (FORCE)")


def run(server: Any, query: str, operator: dict[str, Any] | None = None, **more: Any) -> CheckResult:
    rule = {"type": "sql", "query": query, **(operator or {"mustBe": 1})}
    amount = {"name": "amount", "logicalType": "number", "quality": [rule], **more}
    identity = {"name": "id", "logicalType": "integer"}
    declared = contract({"name": "deals", "physicalName": "deals_v2", "properties": [identity, amount]})
    return verify_there(server, "crm", declared, ["deals"])["deals.amount.quality[0]"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM ${table} WHERE ${column} < 0",
        "SELECT count(*) FROM {object} WHERE {property} < 0;",
        'SELECT count(*) FROM "{model}" WHERE "{property}" < 0 -- a comment',
        "SELECT count(*) /* of deals */ FROM deals WHERE deals.amount < 0",
        "SELECT count(*) FROM DEALS_V2 d WHERE d.amount < 0",
        "SELECT count(*) FROM crm.deals_v2 WHERE Amount < 0",
        "WITH bad AS (SELECT * FROM deals WHERE amount < 0), n AS (SELECT count(*) c FROM bad) "
        "SELECT c FROM n",
        "WITH deals AS (SELECT * FROM deals WHERE amount < 0) SELECT count(*) FROM deals",
        "SELECT count(*) FROM (SELECT amount FROM deals UNION ALL SELECT 5) x WHERE amount < 0",
        "SELECT count(*) FROM deals a JOIN deals b USING (id) WHERE b.amount < 0",
        "SELECT count(*) FROM deals a LEFT JOIN deals b ON a.id = b.id + 1 WHERE b.id IS NULL",
        "SELECT count(*) FILTER (WHERE amount < 0) FROM deals",
        "SELECT sum(CASE WHEN amount < 0 THEN 1 ELSE 0 END) FROM deals WHERE id BETWEEN 1 AND 3",
        "SELECT count(*) FROM deals WHERE id IN (SELECT id FROM deals WHERE amount < 0)",
        "SELECT count(*) FROM deals a WHERE amount > 0 AND NOT EXISTS (SELECT 1 FROM deals b WHERE "
        "b.id = a.id + 3)",
        "SELECT count(*) FROM generate_series(1, 1) AS g(i)",
        "SELECT count(*) FROM (SELECT row_number() OVER (PARTITION BY id % 1 ORDER BY id) AS n "
        "FROM deals) x WHERE n = 1",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT min(i) FROM n",
        "SELECT count(*) FROM deals WHERE at > now() - interval '1 day'",
        "SELECT count(*) FROM deals WHERE at::date < DATE '2020-06-01' AND extract(year FROM at) = 2020",
        "SELECT count(*) FROM deals WHERE (doc ->> 'a')::int = 1 AND doc @> '{\"a\": 1}'::jsonb",
        "SELECT count(*) FROM deals, unnest(tags) AS t(tag) WHERE tag = 'x'",
        "SELECT count(*) FROM deals WHERE tags[1] = 'x' OR 'x' = ANY(tags)",
        "SELECT count(DISTINCT lower(trim(tag))) FROM deals CROSS JOIN LATERAL unnest(tags) u(tag) "
        "WHERE tag LIKE 'x%'",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id) - 1 FROM deals",
        "SELECT count(*) FROM deals WHERE amount IS DISTINCT FROM 10.5 AND amount IS NOT NULL",
        "SELECT count(*) FROM (VALUES (1), (2)) AS v(x) WHERE x > 1",
        "SELECT count(*) FROM deals WHERE concat(id, '--x') ~ '^1' AND coalesce(amount, 0) <> 0",
        "(SELECT count(*) FROM deals WHERE amount < 0)",
        "SELECT round(stddev_pop(1) + 1, 0) FROM deals",
        "SELECT count(*) FROM deals WHERE 'it''s' <> 'x' AND amount < - -0",
        "SELECT avg(id) - 1 FROM deals",
        "SELECT count(*) > 0 FROM deals WHERE current_date > DATE '2020-01-01' - INTERVAL '3 days'",
    ],
)
def test_a_rule_returns_one_value_of_its_object(server: Any, query: str) -> None:
    result = run(server, query)
    assert (result.status, result.observed in ("1", "true")) == ("pass", True), result.observed


def test_a_value_is_judged_as_it_is(server: Any) -> None:
    assert run(server, "SELECT min({property}) FROM {object}", {"mustBeLessThan": 0}).status == "pass"
    assert run(server, "SELECT '{property}'", {"mustBe": "amount"}).status == "pass"
    assert (
        run(server, "SELECT max(amount) FROM deals WHERE id > 9", {"mustBeGreaterThan": 0}).status == "fail"
    )
    assert run(server, "SELECT 0.1::float8", {"mustBe": 0.1}).status == "pass"
    assert run(server, "SELECT 100000000000000000000.5", {"mustBeGreaterThan": 10**20}).status == "pass"


REFUSED = [
    "DELETE FROM deals",
    "SELECT 1; DROP TABLE crm.deals_v2",
    "WITH x AS (INSERT INTO deals VALUES (1) RETURNING id) SELECT count(*) FROM x",
    "CREATE TABLE x AS SELECT 1",
    "COPY deals TO '/tmp/out.csv'",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "SET statement_timeout = 0",
    "SHOW data_directory",
    "VACUUM",
    "TABLE hidden",
    "VALUES (1)",
    "DO $$ BEGIN PERFORM 1; END $$",
    "CALL x()",
    "EXPLAIN SELECT 1",
    "SELECT count(*) INTO x FROM deals",
    "SELECT id FROM deals LIMIT 1 FOR UPDATE",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT PG_READ_FILE('/etc/passwd')",
    "SELECT \"pg_read_file\"('/etc/passwd')",
    "SELECT pg_catalog.pg_read_file('/etc/passwd')",
    'SELECT "pg_catalog"."pg_read_file"(\'/etc/passwd\')',
    "SELECT pg_catalog.abs(1)",
    "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT count(*) FROM pg_ls_dir('/')",
    "SELECT pg_stat_file('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/x')",
    "SELECT dblink('x', 'SELECT 1')",
    "SELECT pg_sleep(1)",
    "SELECT count(*) FROM deals WHERE pg_sleep(1) IS NULL",
    "SELECT count(*) FROM pg_sleep(1)",
    "SELECT set_config('statement_timeout', '0', false)",
    "SELECT current_setting('data_directory')",
    "SELECT setval('public.s', 5)",
    "SELECT nextval('public.s')",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_terminate_backend(1)",
    "SELECT pg_notify('a', 'b')",
    "SELECT txid_current()",
    "SELECT setseed(0.1)",
    "SELECT random()",
    "SELECT query_to_xml('SELECT * FROM crm.hidden', true, true, '')",
    "SELECT table_to_xml('crm.hidden', true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    "SELECT ts_stat('SELECT 1')",
    "SELECT count_secrets()",
    "SELECT public.count_secrets()",
    "SELECT abs('x'::text)",
    "SELECT current_user",
    "SELECT session_user",
    "SELECT user",
    "SELECT current_catalog",
    "SELECT current_schema",
    "SELECT current_schema()",
    "SELECT version()",
    "SELECT inet_server_addr()",
    "SELECT count(*) FROM hidden",
    "SELECT count(*) FROM crm.hidden",
    "SELECT count(*) FROM public.hidden",
    "SELECT count(*) FROM pg_authid",
    "SELECT count(*) FROM pg_catalog.pg_authid",
    "SELECT count(*) FROM pg_shadow",
    "SELECT count(*) FROM information_schema.tables",
    "SELECT count(*) FROM (WITH hidden AS (SELECT 1) SELECT * FROM hidden) x, hidden",
    "WITH hidden AS (SELECT * FROM hidden) SELECT count(*) FROM hidden",
    "SELECT count(*) FROM (WITH pg_authid AS (SELECT 1) SELECT * FROM pg_authid) x, pg_authid",
    "SELECT (SELECT count(*) FROM hidden)",
    "SELECT count(*) FROM deals WHERE EXISTS (SELECT 1 FROM hidden)",
    "SELECT count(*) FROM ONLY deals",
    "SELECT count(*) FROM deals TABLESAMPLE SYSTEM (10)",
    "SELECT 'crm.hidden'::regclass",
    "SELECT 'pg_sleep'::regproc",
    "SELECT 'x'::\"regclass\"",
    "SELECT CAST('x' AS pg_catalog.regrole)",
    "SELECT E'\\x41'",
    "SELECT U&'\\0041'",
    "SELECT B'1'",
    "SELECT 1 OPERATOR(pg_catalog.+) 1",
    "SELECT xmlparse(document '<a/>')",
    "SELECT has_table_privilege('crm.hidden', 'select')",
    "SELECT to_regclass('crm.hidden')",
    "SELECT pg_get_viewdef(1)",
    "SELECT $1",
    "SELECT ?",
    "SELECT :name",
    "SELECT jsonb_path_query('{}', '$')",
    "SELECT 'a\\' || pg_sleep(1) || '",
]


@pytest.mark.parametrize("query", REFUSED)
def test_a_rule_that_does_more_than_read_its_objects_is_refused(server: Any, query: str) -> None:
    result = run(server, query)
    assert (result.status, result.stops) == ("error", True)
    assert result.observed.startswith("could not run: the query ")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELEC 1", "does not parse"),
        ("SELECT (1", "does not parse"),
        ("SELECT id FROM deals", "several rows"),
        ("SELECT id FROM deals WHERE false", "no row"),
        ("SELECT 1, 2", "2 columns"),
        ("SELECT * FROM deals", "5 columns"),
        ("SELECT count(*) FROM deals WHERE nope = 1", "nope"),
        ("SELECT count(*) FROM deal", "did you mean `deals`"),
        ("SELECT count(*) FROM ${tabel}", "`${tabel}` means nothing"),
        ("SELECT CAST('abc' AS INTEGER)", "invalid input syntax for type integer"),
        ("SELECT 1 / 0", "division by zero"),
        ("", "no query"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "too"),
    ],
)
def test_a_wrong_query_is_an_error_that_says_what_is_wrong(server: Any, query: str, says: str) -> None:
    result = run(server, query)
    assert result.status == "error"
    assert says in result.observed


def test_an_error_quotes_no_value(server: Any) -> None:
    result = run(server, "SELECT max(CAST(tag AS INTEGER)) FROM deals, unnest(tags) t(tag)")
    assert result.status == "error"
    assert '"x"' not in result.observed


def test_other_checks_are_measured_after_a_rule_failed(server: Any) -> None:
    rule = {"type": "sql", "query": "SELECT 1 / 0", "mustBe": 0}
    amount = {"name": "amount", "logicalType": "number", "required": True}
    declared = contract(
        {"name": "deals", "physicalName": "deals_v2", "properties": [amount], "quality": [rule, {**rule}]}
    )
    results = verify_there(server, "crm", declared, ["deals"])
    assert results["deals.quality[1]"].status == "error"
    assert results["deals.amount.required"].measure.value == 1


def test_a_rule_that_takes_too_long_is_an_error(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meshwright.adapters.postgres.checks.measure.RULE_SECONDS", 0.001)
    result = run(
        server, "SELECT sum(a * b) FROM generate_series(1, 1000000) AS x(a), generate_series(1, 1000) AS y(b)"
    )
    assert result.status == "error"
    assert "canceling statement due to statement timeout" in result.observed


def test_null_of_a_row_keeps_its_meaning(server: Any) -> None:
    query = "SELECT count(*) FROM deals a LEFT JOIN deals b ON a.id = b.id - 1 WHERE b IS NOT NULL"
    assert run(server, query, {"mustBe": 1}).status == "pass"
    assert "operator `^`" in run(server, "SELECT -2 ^ 2").observed
