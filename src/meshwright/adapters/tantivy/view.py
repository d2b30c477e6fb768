"""One state of an index, to be searched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log
from typing import Any

from tantivy import DocAddress, Occur, Query, Searcher

from meshwright.adapters.tantivy.schema import NUMBERS, STATE, Stems, filter_field, schema, text_field
from meshwright.provisioning.ports.search import FIELDS, GROUPS, Found, Wording, WordQuery

_MANY = 50_000
"""Entries of the words of a question above which not all of them are looked at."""

_REMEMBERED = 20_000
"""Words of fields of which it is remembered how many entries have them; a tenth of it are beginnings."""

_EXAMINED = 200
"""Words that are ordered by use, where more begin alike."""

_LONG = 5
"""Letters from which on a beginning is looked up among words; a shorter one also begins their stems."""


class TantivyView:
    """A `SearchView`."""

    def __init__(self, searcher: Searcher, stems: Stems) -> None:
        self._searcher = searcher
        self._stems = stems
        self._entries_with = lru_cache(_REMEMBERED)(searcher.doc_freq)
        self._begun: dict[tuple[str, int], Sequence[str]] = {}

    @cached_property
    def state(self) -> bytes | None:
        hits = self._searcher.search(_is("unit", STATE), limit=1).hits
        return self._source(hits[0][1]) if hits else None

    def search(self, query: WordQuery) -> Found:
        passing = [(Occur.Must, _passing(name, values)) for name, values in query.filters.items()]
        if not query.words:
            group = Query.const_score_query(_is("group", query.group), 1.0)
            return self._found(Query.boolean_query([(Occur.Must, group), *passing]), query.limit)
        words = [word for each in query.words if (word := self._word(query, each)).terms]
        if not words:
            return Found.nothing()
        often = sum(word.entries for word in words) > _MANY
        scores = [(Occur.Should, each) for word in words for each in word.scores(often, len(words) > 1)]
        asked = Query.boolean_query(scores)
        if passing:
            asked = Query.boolean_query([(Occur.Must, asked), *passing])
        return self._found(asked, query.limit, exactly=not often)

    def meanings(self) -> Sequence[str]:
        return [meaning for meaning, _ in self._searcher.terms_with_prefix("meaning", "")]

    def having(
        self,
        meanings: Mapping[str, float],
        filters: Mapping[str, Collection[str]] | None = None,
        limit: int = 1000,
    ) -> Found:
        terms = [
            (
                Occur.Should,
                Query.const_score_query(Query.term_query(schema(), "meaning", each, "basic"), score),
            )
            for each, score in meanings.items()
        ]
        if not terms:
            return Found.nothing()
        passing = [(Occur.Must, _passing(name, values)) for name, values in (filters or {}).items()]
        return self._found(Query.boolean_query([(Occur.Must, Query.boolean_query(terms)), *passing]), limit)

    def fetch(self, places: Iterable[Any]) -> Sequence[bytes]:
        return [self._source(place) for place in places]

    def key(self, place: Any) -> int:
        return int(place.segment_ord << 32 | place.doc)

    def knows(self, word: str) -> bool:
        stem = self._stems[word]
        return any(self._entries_with(text_field(group, field), stem) for group in GROUPS for field in FIELDS)

    def beginning(self, prefix: str, limit: int) -> Sequence[str]:
        known = self._begun.get((prefix, limit))
        if known is None:
            if len(self._begun) >= _REMEMBERED // 10:
                self._begun.clear()
            known = self._begun[prefix, limit] = self._words_begun(prefix)[:limit]
        return known

    def _words_begun(self, prefix: str) -> Sequence[str]:
        found: dict[str, int] = {}
        if len(prefix) < _LONG:
            for group in GROUPS:
                for stem, entries in self._searcher.terms_with_prefix(
                    text_field(group, "name"), prefix, limit=_EXAMINED
                ):
                    found[stem] = found.get(stem, 0) + entries
        else:
            words = self._searcher.terms_with_prefix("word", prefix, limit=_EXAMINED)
            found = {word: self._uses(word) for word, _ in words}
        return sorted(found, key=lambda word: (-found[word], len(word), word))

    def like(self, word: str, limit: int) -> Sequence[str]:
        found: dict[str, int] = {}
        for distance in (1, 2) if len(word) > 6 else (1,):
            asked = Query.fuzzy_term_query(schema(), "word", word, distance=distance)
            for _, place in self._searcher.search(asked, limit=50, count=False).hits:
                found.setdefault(str(self._searcher.doc(place).get_first("word")), distance)
            if len(found) >= limit:
                break
        ordered = sorted(found, key=lambda near: (found[near], near[0] != word[0], -self._uses(near), near))
        return ordered[:limit]

    # --- inside

    def _found(self, asked: Query, limit: int, exactly: bool = True) -> Found:
        found = self._searcher.search(asked, limit=limit, count=exactly)
        places = [place for _, place in found.hits]
        numbers: Any = tuple(self._searcher.fast_field_values(name, places) for name in NUMBERS)
        total = found.count if exactly else len(places)  # type: ignore[attr-defined]  # it is there
        return Found([score for score, _ in found.hits], places, numbers, total, exactly)

    def _source(self, place: DocAddress) -> bytes:
        return bytes(self._searcher.doc(place).get_first("source") or b"")

    def _uses(self, word: str) -> int:
        """About how many entries have a word; entries that are gone may count."""
        stem = self._stems[word]
        fields = (text_field(group, field) for group in GROUPS for field in ("name", "text"))
        return sum(self._entries_with(field, stem) for field in fields)

    def _word(self, query: WordQuery, word: Wording) -> _Word:
        best: dict[str, float] = {}
        for variant, weight in word.variants.items():
            stem = self._stems[variant]
            best[stem] = max(best.get(stem, 0.0), weight)
        terms = [
            _Term(field, stem, weight, of_field, entries)
            for name, of_field in query.weights.items()
            for field in (text_field(query.group, name),)
            for stem, weight in best.items()
            if (entries := self._entries_with(field, stem))
        ]
        return _Word(terms, self._searcher.num_docs, query.coverage)


@dataclass(frozen=True, slots=True)
class _Term:
    """A stem in a field: its weight among the variants of a word, that of the field, how many have it."""

    field: str
    stem: str
    weight: float
    of_field: float
    entries: int


@dataclass(frozen=True, slots=True)
class _Word:
    """A word that is looked for, in every field and with everything that counts as it."""

    terms: Sequence[_Term]
    every: int
    coverage: float

    @property
    def entries(self) -> int:
        """How many entries have it at most."""
        return sum(term.entries for term in self.terms)

    def scores(self, often: bool, covered: bool) -> Iterator[Query]:
        """How relevant it is in each field; and the same for all that have it, the more the rarer.

        Where many entries are asked for there is none of the latter, nor of what counts little and is often:
        what is left can be searched without a look at every entry.
        """
        best = max(term.weight for term in self.terms)
        for term in self.terms:
            little = term.of_field < 1 or term.weight < 0.6 * best
            if not (often and little and self.entries > _MANY // 8):
                one = Query.term_query(schema(), term.field, term.stem, "freq")
                yield Query.boost_query(one, term.weight * term.of_field)
        if covered and self.coverage and not often:
            of_stem: dict[str, int] = {}
            for term in self.terms:
                of_stem[term.stem] = max(of_stem.get(term.stem, 0), term.entries)
            yield Query.disjunction_max_query(
                [
                    Query.const_score_query(
                        Query.term_query(schema(), term.field, term.stem, "basic"),
                        self.coverage
                        * term.weight
                        * min(1.0, term.of_field)
                        * log(1 + self.every / of_stem[term.stem]),
                    )
                    for term in self.terms
                ]
            )


def _is(field: str, value: str) -> Query:
    value = value.encode("utf-8", "backslashreplace").decode()  # nothing that is kept has lone surrogates
    return Query.term_query(schema(), field, value, "basic")


def _passing(name: str, values: Collection[str]) -> Query:
    terms = [(Occur.Should, _is(filter_field(name), value)) for value in values]
    return Query.const_score_query(Query.boolean_query(terms), 0.0)
