"""Questions answered from an index: relevance first, then trust and use."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meshwright.provisioning.ports.search import FILTERS, GROUPS, Hit, SearchIndex, SearchView, WordQuery
from meshwright.supervision.search.answer import Answer, FoundThing, Spans
from meshwright.supervision.search.question import Question, Understood, understand
from meshwright.supervision.search.state import Standing, State
from meshwright.supervision.search.words import placed_words

BEST = 1000
"""Entries of each group that are ranked by trust and use, and counted by facet."""

WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "thing": {"name": 2.0, "text": 1.0, "context": 0.3, "parts": 0.4},
    "column": {"name": 2.0, "text": 1.0, "context": 0.6},
}
"""How much a word counts in each text of an entry."""

OF_TYPE: Mapping[str, float] = {
    "product": 1.1,
    "object": 1.1,
    "column": 0.9,
    "port": 0.8,
    "domain": 0.9,
    "term": 1.0,
}
"""How much relevance counts by type, where the same words are in several."""

OF_STATUS: Mapping[str, float] = {"active": 1.0, "": 1.0, "proposed": 0.9, "draft": 0.9, "deprecated": 0.75}
"""How much it counts by status; a retired one half."""

_TRUST, _USE = 0.15, 0.1


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A hit with what is known of it without its source."""

    hit: Hit
    score: float
    standing: Standing
    trait: tuple[str, ...]


class MeshSearch:
    """Answers questions from an index as it is; `renew` in `renewal` makes it what the mesh is.

    May be used by several threads once `view` is taken.
    """

    def __init__(self, index: SearchIndex, mesh: str) -> None:
        self._index = index
        self._mesh = mesh
        self._known: tuple[bytes | None, State] = (None, State(mesh))

    def state(self, view: SearchView) -> State:
        """The state of a view."""
        written = view.state
        if written is not self._known[0]:
            self._known = (written, State.read(written, self._mesh) or State(self._mesh))
        return self._known[1]

    def ask(self, question: Question, current: bool = True) -> Answer:
        """What answers a question.

        Raises:
            InputError: there is no such facet.
        """
        question = question.checked()
        view = self._index.view()
        state = self.state(view)
        understood = understand(question, view, self._index.stem)
        if question.text.strip() and not understood.words:
            return Answer(question.text, (), 0, 0, {}, {}, current)
        total, ranked = self._ranked(view, state, question, understood)
        page = ranked[question.offset : question.offset + question.limit]
        sources = view.fetch([each.hit for each in page])
        marker = _Marker(understood, self._index.stem)
        found = [_told(each, json.loads(source), marker) for each, source in zip(page, sources, strict=True)]
        facets = _facets(ranked)
        return Answer(question.text, found, total, len(ranked), facets, understood.corrected, current)

    def _ranked(
        self, view: SearchView, state: State, question: Question, understood: Understood
    ) -> tuple[int, Sequence[_Ranked]]:
        total, ranked = 0, []
        for group in _groups(question.filters.get("type", ())):
            query = WordQuery(group, understood.words, WEIGHTS[group], question.filters, BEST)
            found = view.search(query)
            total += found.total
            ranked += [_rank(hit, state) for hit in found.hits]
        ranked.sort(key=lambda each: (-each.score, each.hit.key))
        return total, ranked


def _groups(types: Collection[str]) -> Iterator[str]:
    """The groups that have entries of some types; all of them where none is named."""
    for group in GROUPS:
        if not types or any((type == "column") == (group == "column") for type in types):
            yield group


def _rank(hit: Hit, state: State) -> _Ranked:
    place, trait_number = hit.numbers
    standing, trait = state.standings[place], state.traits[trait_number]
    type, status = trait[0], trait[1]
    factor = OF_TYPE[type] * OF_STATUS.get(status, 0.5)
    factor *= 1 + _TRUST * (standing.trust - 0.5) + _USE * standing.use
    return _Ranked(hit, hit.score * factor, standing, trait)


def _facets(ranked: Sequence[_Ranked]) -> dict[str, list[tuple[str, int]]]:
    """How many of these have each value."""
    traits = Counter(each.trait for each in ranked)
    places = Counter((each.standing.domain, each.standing.product) for each in ranked)
    standings = {(each.standing.domain, each.standing.product): each.standing for each in ranked}
    counts: dict[str, Counter[str]] = {name: Counter() for name in FILTERS}
    for (type, status, classification, *tags), count in traits.items():
        counts["type"][type] += count
        counts["status"][status] += count
        counts["classification"][classification] += count
        for tag in tags:
            counts["tag"][tag] += count
    for key, count in places.items():
        standing = standings[key]
        counts["domain"][standing.domain] += count
        counts["owner"][standing.owner or ""] += count
        counts["product_type"][standing.product_type or ""] += count
        for source in standing.sources:
            counts["source"][source] += count
    return {
        name: sorted(((v, n) for v, n in values.items() if v), key=lambda each: (-each[1], each[0]))
        for name, values in counts.items()
    }


class _Marker:
    """Finds the words of a question in texts."""

    def __init__(self, understood: Understood, stem: Callable[[str], str]) -> None:
        self._stem = stem
        self._wanted = {stem(each) for word in understood.words for each in word.variants}

    def spans(self, text: str | None) -> Spans:
        """Where they are; neighbours that touch are one."""
        found: list[tuple[int, int]] = []
        for word, start, end in placed_words(text or ""):
            if self._stem(word) in self._wanted:
                if found and start <= found[-1][1]:
                    found[-1] = (found[-1][0], max(end, found[-1][1]))
                else:
                    found.append((start, end))
        return found


def _told(ranked: _Ranked, source: Mapping[str, Any], marker: _Marker) -> FoundThing:
    _, status, classification, *tags = ranked.trait
    standing = ranked.standing
    title, description = source["title"], source.get("description")
    return FoundThing(
        type=source["type"],
        address=source["address"],
        title=title,
        description=description,
        domain=standing.domain,
        product=standing.product,
        port=source.get("port"),
        object=source.get("object"),
        label=source.get("label"),
        data_type=source.get("data_type"),
        status=status or None,
        classification=classification or None,
        tags=tags,
        owner=standing.owner,
        trust=standing.trust,
        use=standing.use,
        score=round(ranked.score, 4),
        marks={"title": marker.spans(title), "description": marker.spans(description)},
    )
