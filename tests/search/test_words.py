"""Texts become words: identifiers taken apart, accents folded, any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshwright.supervision.search.words import LONGEST, name_words, placed_words, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lease_id", ["lease", "id"]),
        ("netRentPerSqm", ["net", "rent", "per", "sqm"]),
        ("HTTPServer2Go", ["http", "server", "2", "go"]),
        ("dépôt de Garantie", ["depot", "de", "garantie"]),
        ("Größe_in_m2", ["grosse", "in", "m", "2"]),
        ("GroßeÜberprüfung", ["grosse", "uberprufung"]),
        ("Αθήνα", ["αθηνα"]),
        ("Площадь", ["площадь"]),
        ("空室率", ["空室", "室率"]),
        ("建", ["建"]),
        ("임대료", ["임대", "대료"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("مساحة", ["مساحة"]),
        ("İstanbul", ["istanbul"]),
        ("...", []),
        ("", []),
        (None, []),
    ],
)
def test_a_text_is_taken_apart(text: str | None, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_name_is_also_one_word() -> None:
    assert name_words("lease_id") == ["lease", "id", "leaseid"]
    assert name_words("lease") == ["lease"]


@given(st.text())
def test_any_text_has_words_that_an_index_can_hold(text: str) -> None:
    for word in words_of(text):
        assert word and len(word) <= LONGEST
        assert not any(character.isspace() for character in word)
        word.encode()


@given(st.text())
def test_words_are_found_again_where_they_are(text: str) -> None:
    placed = list(placed_words(text))
    assert [word for word, _, _ in placed] == words_of(text) or not text.isascii()
    for _, start, end in placed:
        assert 0 <= start < end <= len(text)
