"""A pattern finds in PostgreSQL what RE2 finds: DuckDB is the judge."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from meshwright.adapters.extraction.exact import Inapplicable
from meshwright.adapters.postgres.checks.patterns import translated
from meshwright.experience.contracts.formats import TEXT_FORMATS

CASES = int(os.environ.get("ORACLE_CASES", "400"))

CHARACTERS = [*"abkKsSzZ019_ -.\n\t\v\r'\"\\]^[(){}|*+?$&é", "\u017f", "\u212a", "👍", "\u0301", "ß"]
TEXTS = st.text(st.sampled_from(CHARACTERS), max_size=6)

ATOMS = st.sampled_from(
    [
        *"abksKSZ09_-, ",
        *(".", "^", "$", r"\A", r"\z", r"\b", r"\B", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S"),
        *(r"\.", r"\\", r"\n", r"\t", r"\v", r"\x41", r"\x{e9}", r"\012", r"\07", r"\*", r"\-", r"\_", "é"),
        *("[ab]", "[^ab]", "[a-z]", "[^a-z0-9]", r"[\d_]", r"[^\w]", r"[\W\d]", "[]a]", "[^]a]", "[a-]"),
        *("[-a]", "[[:alpha:]]", "[[:^digit:]x]", "[^[:space:]]", r"[\x00-\x{10FFFF}]", "[é-ü]", r"[\n.]"),
        *(
            "[+--]",
            r"[\d-z]",
            "[.]",
            "[^\n]",
            "]",
            "}",
            "{",
            "{,2}",
            "\u017f",
            "👍",
            r"\Qa.b\E",
            r"[\]\\]",
            "-",
            "'",
        ),
    ]
)
QUANTIFIERS = st.sampled_from(
    ["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,1}", "{2,}", "{0}"]
)


def _sequence(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    quantified = st.tuples(inner, QUANTIFIERS).map("".join)
    return st.lists(quantified, max_size=3).map("".join)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    opening = st.sampled_from(
        ["(", "(?:", "(?P<n>", "(?i:", "(?s:", "(?m:", "(?-i:", "(?is-m:", "(?i)(", "(?m)("]
    )
    branches = st.lists(_sequence(inner), min_size=1, max_size=3).map("|".join)
    return st.one_of(
        st.tuples(opening, branches).map(lambda pair: f"{pair[0]}{pair[1]})"),
        st.tuples(st.sampled_from(["(?i)", "(?s)", "(?m)", "(?U)"]), branches).map(
            lambda pair: f"(?:{''.join(pair)})"
        ),
    )


PATTERNS = st.one_of(
    _sequence(st.recursive(ATOMS, _grown, max_leaves=6)),
    st.tuples(st.sampled_from(["", "(?i)", "^", "(?m)^"]), _sequence(ATOMS)).map("".join),
    st.sampled_from([f"^(?:{pattern})$" for pattern in TEXT_FORMATS.values()]),
)


@pytest.fixture(scope="module")
def both(postgres: Any) -> Iterator[tuple[duckdb.DuckDBPyConnection, Any]]:
    import psycopg

    with (
        duckdb.connect(config={"threads": 1}) as judge,
        psycopg.connect(postgres.url, autocommit=True) as server,
    ):
        yield judge, server


def found(server: Any, pattern: str, texts: list[str]) -> list[bool]:
    rows = server.execute(
        'SELECT t COLLATE "C" ~ %s FROM unnest(%s::text[]) WITH ORDINALITY u(t, n) ORDER BY n',
        [pattern, texts],
    )
    return [row[0] for row in rows.fetchall()]


@given(pattern=PATTERNS, texts=st.lists(TEXTS, min_size=1, max_size=8))
@settings(max_examples=CASES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_pattern_finds_what_re2_finds(both: Any, pattern: str, texts: list[str]) -> None:
    judge, server = both
    try:
        expected = judge.execute(
            "SELECT list_transform(?::VARCHAR[], lambda t: regexp_matches(t, ?))", [texts, pattern]
        ).fetchall()[0][0]
    except duckdb.Error:
        assume(False)
    try:
        ours = translated(pattern)
    except Inapplicable as refusal:
        assert pattern in str(refusal)
        return
    assert found(server, ours, texts) == expected, (pattern, ours)


@pytest.mark.parametrize(
    ("pattern", "construct"),
    [(r"\pL", r"\pL"), (r"(?i)é", "'é'"), ("a{256}", "{256}"), (r"\C", r"\C"), (r"\x00", r"\x00")],
)
def test_what_postgresql_cannot_search_for_is_named(pattern: str, construct: str) -> None:
    with pytest.raises(Inapplicable, match="PostgreSQL cannot search") as caught:
        translated(pattern)
    assert f"`{construct}`" in str(caught.value) or construct in str(caught.value)


def test_most_patterns_can_be_searched_for(both: Any) -> None:
    patterns = [
        r"^[A-Z]{2}\d{6}$",
        r"^(?:open|won|lost)$",
        r"(?i)^[a-z0-9._%+-]+@",
        r"\bfoo\b",
        "^é+$",
        r"^\S+$",
    ]
    for pattern in [*patterns, *TEXT_FORMATS.values()]:
        assert found(both[1], translated(pattern), ["x"]) in ([True], [False])
