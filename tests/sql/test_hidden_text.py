"""What the model's reader and DuckDB read in one text: never less than DuckDB executes."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meshwright.errors import SqlError
from meshwright.sql.parse import parse_model

HIDING = [
    "select map {#1: 1} from (select 1) t; copy (select 666) to 'x'; select -- #}\n 1",
    "select 1 {# ; select 2 #}",
    "select /* a /* b */ 1 */",
    "select /*+ '*/ 1; select 2 --' */ 3",
    "select 1 as ` -- ` ; select 2",
    "select `a`",
    "select 1 \0",
    "select {% raw %} 1",
    "select 1 -- x\r; select 2",
    "select 1e'\\' ; select 2 --'",
    "select 1 // ; select 2",
    "select 1 # ; select 2",
]


@pytest.mark.parametrize("text", HIDING)
def test_a_text_that_could_hide_something_is_refused(text: str) -> None:
    with pytest.raises(SqlError):
        parse_model(text, "duckdb", "models/deals.sql")


def test_the_place_of_a_comment_that_is_none_is_told() -> None:
    with pytest.raises(SqlError, match="a comment is written") as caught:
        parse_model("select 1,\n  2 {# x #} from a", "duckdb", "models/deals.sql")
    assert (caught.value.line, caught.value.column) == (2, 5)


@pytest.mark.parametrize(
    "text",
    [
        "-- one\r\n/* two; ' */ select 1 --three; '\n , /**/ 2 /***/ -- four",
        "select 'it''s -- no /* comment', \"a \"\"b; \", $$ ; -- $$, $a$ $$ ; $a$, e'a\\'; \\\\'",
        "select date'2026-01-01', a.b::int[], x->>'$.y', t.*, 1e5, 0.5, not_b, a$b from t",
        'select näme, 価格, "🦆" from t -- é \'',
        "select {'a': {'b': 1}}, map {'a': 1}, [x for x in y if x > 1] from t",
        "select\u00a01",
        "select /*+ leading(a) */ a from t where a glob 'x*'",
    ],
)
def test_comments_and_quotes_that_all_read_alike_are_fine(text: str) -> None:
    assert parse_model(text, "duckdb", "models/deals.sql")


@pytest.mark.parametrize("dialect", ["postgres", "spark", "snowflake", "bigquery", "mysql", "tsql"])
def test_template_comments_are_none_in_any_dialect(dialect: str) -> None:
    with pytest.raises(SqlError):
        parse_model("select a {# , b #} from t", dialect, "models/deals.sql")


PIECES = st.sampled_from(
    [
        *"'\"`$;#{}%+*/-\\()[],.:@!~|&?\n\r\t\v\f ",
        *("--", "/*", "*/", "/*+", "{#", "#}", "{{", "}}", "{%", "%}", "$$", "$a$", "''", '""', "//"),
        *("e'", "E'", "x'", "b'", "n'", "U&'", "r'", "\\'", "\u00a0", "\u2028", "\ufeff", "\u200b"),
        *(" select 1 ", "; select 2 ", " copy t to 'x' ", " a ", "1", "é", " map {#1: 1} ", "e", " from t "),
        *(" as ", "1e", "date", "a$", "_"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12), st.lists(PIECES, max_size=4))
@example(["{#", "; select 2 ", "--", "#}", "\n"], [])
@example(["-- ", "\r", "; select 2 "], [])
@example([" as ", "`", "--", "`", "; select 2 "], [])
def test_what_is_read_as_one_select_is_one_select_to_duckdb(after: list[str], before: list[str]) -> None:
    text = f"{''.join(before)}select 1 {''.join(after)}"
    try:
        parse_model(text, "duckdb", "m")
    except SqlError:
        return
    with duckdb.connect() as connection:
        try:
            statements = connection.extract_statements(text)
        except duckdb.Error:
            return
    assert [statement.type for statement in statements] == [duckdb.StatementType.SELECT]
