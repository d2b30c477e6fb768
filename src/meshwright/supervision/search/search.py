"""Questions answered from an index: relevance first, then trust and use."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from meshwright.provisioning.ports.search import GROUPS, Meanings, SearchIndex, SearchView, WordQuery
from meshwright.supervision.search.answer import Answer, FoundThing, Spans
from meshwright.supervision.search.meaning import fused, near, share_of_meaning
from meshwright.supervision.search.question import Question, Understood, understand
from meshwright.supervision.search.ranking import WEIGHTS, Ranked, facets, order, rank
from meshwright.supervision.search.state import State
from meshwright.supervision.search.words import placed_words

BEST = 1000
"""Entries of each group that are ranked by trust and use, and counted by facet."""


class MeshSearch:
    """Answers questions from an index as it is; `renew` in `renewal` makes it what the mesh is.

    May be used by several threads.
    """

    def __init__(self, index: SearchIndex, mesh: str, meanings: Meanings | None = None) -> None:
        self._index = index
        self._mesh = mesh
        self._meanings = meanings
        self._known: tuple[bytes | None, State] = (None, State(mesh))

    def state(self, view: SearchView) -> State:
        """The state of a view."""
        known = self._known
        if view.state is not known[0]:
            known = (view.state, State.read(view.state, self._mesh) or State(self._mesh))
            self._known = known
        return known[1]

    def ask(self, question: Question, current: bool = True) -> Answer:
        """What answers a question.

        Raises:
            InputError: there is no such facet.
        """
        question = question.checked()
        view = self._index.view()
        state = self.state(view)
        understood = understand(question, view, self._index.stem)
        if question.text.strip() and not understood.words and self._meanings is None:
            return Answer(question.text, (), 0, 0, {}, {}, current)
        total, ranked = self._ranked(view, state, question, understood)
        page = ranked[question.offset : question.offset + question.limit]
        sources = view.fetch([each.hit for each in page])
        marker = _Marker(understood, self._index.stem)
        found = [_told(each, json.loads(source), marker) for each, source in zip(page, sources, strict=True)]
        counts = facets(ranked)
        return Answer(question.text, found, total, len(ranked), counts, understood.corrected, current)

    def _ranked(
        self, view: SearchView, state: State, question: Question, understood: Understood
    ) -> tuple[int, Sequence[Ranked]]:
        total, ranked = 0, []
        for group in _groups(question.filters.get("type", ())):
            query = WordQuery(group, understood.words, WEIGHTS[group], question.filters, BEST)
            found = view.search(query)
            total += found.total
            ranked += [rank(hit, state) for hit in found.hits]
        by_words = order(ranked)
        if self._meanings is None or not question.text.strip():
            return total, by_words
        by_meaning = order([rank(hit, state) for hit in near(self._meanings, view, question)])
        whole = fused(by_words, by_meaning, share_of_meaning(understood))
        return max(total, len(whole)), whole


def _groups(types: Collection[str]) -> Iterator[str]:
    """The groups that have entries of some types; all of them where none is named."""
    for group in GROUPS:
        if not types or any((type == "column") == (group == "column") for type in types):
            yield group


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


def _told(ranked: Ranked, source: Mapping[str, Any], marker: _Marker) -> FoundThing:
    _, status, classification, _, *tags = ranked.trait
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
