"""Addresses of pages."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from meshwright.server.links import name_of, page_of, segment

NAMES = st.text(st.characters(exclude_categories=["Cs"]))


@given(NAMES)
def test_any_name_is_one_segment_that_stands_for_it(name: str) -> None:
    text = segment(name)
    assert not {"/", "?", "#", "\\", "%2F"} & {text, *text} and text not in ("", ".", "..")
    assert name_of(unquote(text)) == name_of(unquote(unquote(text))) == name


@given(NAMES, NAMES)
def test_a_column_has_a_page_below_that_of_its_object(obj: str, column: str) -> None:
    parts = urlsplit(page_of("sales", "orders", "orders", 1, obj, column)).path.split("/")
    assert parts[:5] == ["", "mesh", "sales", "orders", "orders@1"]
    assert [name_of(unquote(part)) for part in parts[5:]] == [obj, column]
