"""One state of an index, to be searched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from tantivy import DocAddress, Occur, Query, Searcher

from meshwright.adapters.tantivy.schema import NUMBERS, STATE, Stems, filter_field, schema, text_field
from meshwright.provisioning.ports.search import FIELDS, GROUPS, Found, WordQuery

_EXAMINED = 400
"""Words that are ordered by use, where more begin alike."""


class TantivyView:
    """A `SearchView`."""

    def __init__(self, searcher: Searcher, stems: Stems) -> None:
        self._searcher = searcher
        self._stems = stems

    @cached_property
    def state(self) -> bytes | None:
        hits = self._searcher.search(_is("unit", STATE), limit=1).hits
        return self._source(hits[0][1]) if hits else None

    def search(self, query: WordQuery) -> Found:
        asked = self._asked(query)
        if asked is None:
            return Found.nothing()
        return self._found(asked, query.limit)

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
        anywhere = [
            (Occur.Should, Query.term_query(schema(), text_field(group, field), stem, "basic"))
            for group in GROUPS
            for field in FIELDS
        ]
        return bool(self._searcher.search(Query.boolean_query(anywhere), limit=1, count=False).hits)

    def beginning(self, prefix: str, limit: int) -> Sequence[str]:
        words = [word for word, _ in self._searcher.terms_with_prefix("word", prefix, limit=_EXAMINED)]
        return sorted(words, key=lambda word: (-self._uses(word), len(word), word))[:limit]

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

    def _found(self, asked: Query, limit: int) -> Found:
        found = self._searcher.search(asked, limit=limit)
        places = [place for _, place in found.hits]
        numbers: Any = tuple(self._searcher.fast_field_values(name, places) for name in NUMBERS)
        total = int(found.count)  # type: ignore[attr-defined]  # its stubs have it not
        return Found([score for score, _ in found.hits], places, numbers, total)

    def _source(self, place: DocAddress) -> bytes:
        return bytes(self._searcher.doc(place).get_first("source") or b"")

    def _uses(self, word: str) -> int:
        """About how many entries have a word; entries that are gone may count."""
        stem = self._stems[word]
        fields = (text_field(group, field) for group in GROUPS for field in ("name", "text"))
        return sum(self._searcher.doc_freq(field, stem) for field in fields)

    def _asked(self, query: WordQuery) -> Query | None:
        words = self._worded(query)
        passing = [(Occur.Must, _passing(name, values)) for name, values in query.filters.items()]
        if words is None:
            if query.words:
                return None
            group = _is("group", query.group)
            return Query.boolean_query([(Occur.Must, Query.const_score_query(group, 1.0)), *passing])
        return Query.boolean_query([(Occur.Must, words), *passing]) if passing else words

    def _worded(self, query: WordQuery) -> Query | None:
        weights: dict[tuple[str, str], float] = {}
        for word in query.words:
            best: dict[str, float] = {}
            for variant, weight in word.variants.items():
                stem = self._stems[variant]
                best[stem] = max(best.get(stem, 0.0), weight)
            for stem, weight in best.items():
                for field, of_field in query.weights.items():
                    key = (text_field(query.group, field), stem)
                    weights[key] = weights.get(key, 0.0) + weight * of_field
        terms = [
            (Occur.Should, Query.boost_query(Query.term_query(schema(), field, stem, "freq"), weight))
            for (field, stem), weight in weights.items()
        ]
        return Query.boolean_query(terms) if terms else None


def _is(field: str, value: str) -> Query:
    return Query.term_query(schema(), field, value, "basic")


def _passing(name: str, values: Collection[str]) -> Query:
    terms = [
        (Occur.Should, Query.term_query(schema(), filter_field(name), value, "basic")) for value in values
    ]
    return Query.const_score_query(Query.boolean_query(terms), 0.0)
