"""What an index holds."""

from __future__ import annotations

from functools import cache

import tantivy

from meshwright.provisioning.ports.search import FIELDS, FILTERS, GROUPS

FORMAT = "1"
"""Changes with this schema, and with what is done to words; an index of another format is made anew."""

STATE = "\0state"
"""The unit of the one document that holds the state."""

NUMBERS = ("first", "second", "third", "fourth")
"""The fields of the numbers of an entry."""

_WORDS = "words"


def text_field(group: str, field: str) -> str:
    """The field of a group's texts: each group has its own, so that a search meets no other entries."""
    return f"{group}_{field}"


def filter_field(name: str) -> str:
    """The field of a filter."""
    return f"is_{name}"


@cache
def schema() -> tantivy.Schema:
    """Entries; the words that occur, each once; and the state."""
    builder = tantivy.SchemaBuilder()
    for group in GROUPS:
        for field in FIELDS:
            name = text_field(group, field)
            builder.add_text_field(name, tokenizer_name=_WORDS, index_option="freq")
    for name in FILTERS:
        builder.add_text_field(filter_field(name), tokenizer_name="raw", index_option="basic")
    builder.add_text_field("group", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("unit", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("word", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("meaning", tokenizer_name="raw", index_option="basic")
    for name in NUMBERS:
        builder.add_unsigned_field(name, fast=True)
    builder.add_bytes_field("source", stored=True)
    return builder.build()


def register(index: tantivy.Index) -> tantivy.Index:
    """An index with the tokenizer of its texts: words are told apart and stemmed before they come here."""
    index.register_tokenizer(_WORDS, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


@cache
def _stemmer() -> tantivy.TextAnalyzer:
    english = tantivy.Filter.stemmer("english")
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).filter(english).build()


class Stems(dict[str, str]):
    """Stems of words, each found once."""

    def __missing__(self, word: str) -> str:
        found = _stemmer().analyze(word)[0] if word.isascii() and word.isalpha() else word
        if len(self) < 500_000:
            self[word] = found
        return found
