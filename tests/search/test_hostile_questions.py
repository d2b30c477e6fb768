"""Whatever is asked or declared, the answer is an answer: no query language, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.metamodel.test_hostile_texts import HOSTILE
from tests.search.searching import MESH, Searched, product

from meshwright.supervision.search.question import Question
from meshwright.supervision.search.search import MeshSearch

QUERIES = [
    *HOSTILE,
    *("*", "?", '"', "(", ")", "[a TO b]", "{a TO *}", "a AND", "NOT", "-rent", "+rent", "rent^99", "rent~2"),
    *(
        "unit:state",
        "is_domain:a",
        "thing_name:rent",
        "thing_name:[a TO z]",
        "/.*/",
        "_exists_:x",
        "\\",
        "\\u0000",
    ),
    *(
        "rent OR 1=1",
        "' or ''='",
        "%00",
        "\udcff\udcfe",
        "\u202e\u200b",
        "a" * 5000,
        "a b " * 20_000,
        "\x00state",
    ),
]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    many = product("a/b", {"rent": ["rent", "area", "name", "state"]})
    return Searched(tmp_path_factory.mktemp("index"), [many])


@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("typing", [False, True])
def test_no_question_is_more_than_words(searched: Searched, text: str, typing: bool) -> None:
    answer = searched.ask(text, typing=typing)
    assert answer.total >= len(answer.found)
    searched.ask(text, domain=[text], tag=[text], type=["column", text])


def test_signs_of_a_query_language_mean_nothing(searched: Searched) -> None:
    rent = searched.places("rent")
    assert rent
    for text in ('"rent"', "+rent", "-rent", "rent~", "rent*", "(rent)", "rent^5", "[rent]", "rent?"):
        assert searched.places(text) == rent, text
    assert searched.places("thing_name:zzzz") == searched.places("thing name zzzz")


@given(st.text(max_size=200), st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_be_asked(searched: Searched, text: str, typing: bool) -> None:
    search = MeshSearch(searched.index, MESH)
    answer = search.ask(Question(text, typing=typing))
    for each in answer.found:
        for name, spans in each.marks.items():
            marked = each.title if name == "title" else each.description or ""
            assert all(0 <= start < end <= len(marked) for start, end in spans)


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_declared(tmp_path: Path, text: str) -> None:
    made = product(
        "a/b",
        {
            "t": [
                {
                    "name": text,
                    "description": text,
                    "tags": [text],
                    "classification": text,
                    "examples": [text],
                }
            ]
        },
        name=text,
        description={"purpose": text},
        tags=[text],
        type=text,
        team={"name": text, "members": [{"username": text, "role": "owner"}]},
        authoritativeDefinitions=[{"type": "businessDefinition", "url": text, "description": text}],
        synonyms=[{"synonym": text}],
    )
    searched = Searched(tmp_path, [made], domains={"a": text})
    found = searched.ask("", domain=["a"])
    assert {each.type for each in found.found} >= {"column", "product", "port", "object", "domain"}
    searched.ask(text, type=["column"])
