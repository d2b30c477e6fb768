"""Questions answered from an index: relevance first, then trust and use."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meshwright.provisioning.ports.search import GROUPS, Meanings, SearchIndex, SearchView, WordQuery
from meshwright.supervision.search.answer import Answer, FoundThing, Spans
from meshwright.supervision.search.meaning import fused, near, share_of_meaning
from meshwright.supervision.search.question import Question, Understood, understand
from meshwright.supervision.search.ranking import COVERAGE, WEIGHTS, Factors, Ranked, facets, ranked
from meshwright.supervision.search.state import State
from meshwright.supervision.search.words import placed_words

Filters = Mapping[str, Collection[str]]

BEST = 500
"""Entries of each group that are ranked by trust and use, and counted by facet."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The state of a view, read once."""

    written: bytes | None
    state: State
    factors: Factors


class MeshSearch:
    """Answers questions from an index as it is; `renew` in `renewal` makes it what the mesh is.

    May be used by several threads.
    """

    def __init__(self, index: SearchIndex, mesh: str, meanings: Meanings | None = None) -> None:
        self._index = index
        self._mesh = mesh
        self._meanings = meanings
        self._known: _Known | None = None

    def _known_of(self, view: SearchView) -> _Known:
        known = self._known
        if known is None or view.state is not known.written:
            state = State.read(view.state, self._mesh) or State(self._mesh)  # nothing yet, or not any more
            known = self._known = _Known(view.state, state, Factors(state))
        return known

    def ask(self, question: Question, current: bool = True) -> Answer:
        """What answers a question.

        Raises:
            InputError: there is no such facet.
        """
        question = question.checked()
        view = self._index.view()
        known = self._known_of(view)
        if known.state.token is None:  # nothing yet, or of another mesh or version
            return Answer(question.text, (), 0, 0, facets((), known.factors), {}, False)
        understood = understand(question, view, self._index.stem)
        if question.text.strip() and not understood.words and self._meanings is None:
            return Answer(question.text, (), 0, 0, {}, {}, current)
        found = [
            view.search(WordQuery(group, understood.words, WEIGHTS[group], filters, BEST, COVERAGE))
            for group, filters in _asked_of_groups(question.filters)
        ]
        wanted = question.offset + question.limit
        best = ranked(found, known.factors, wanted)
        if self._meanings is not None and question.text.strip():
            by_meaning = near(self._meanings, view, question)
            share = share_of_meaning(understood)
            best = fused(best, ranked([by_meaning], known.factors, wanted), share, view)
        page = best[question.offset : question.offset + question.limit]
        sources = view.fetch(each.place for each in page)
        marker = _Marker(understood, self._index.stem)
        told = [
            _told(each, json.loads(source), known.state, marker)
            for each, source in zip(page, sources, strict=True)
        ]
        total = max(len(best), sum(each.total for each in found))
        counted = sum(len(each.scores) for each in found)
        counts = facets(found, known.factors)
        exact = all(each.exact for each in found)
        return Answer(question.text, told, total, counted, counts, understood.corrected, current, exact)


def _asked_of_groups(filters: Filters) -> Iterator[tuple[str, Filters]]:
    """The groups that have entries of the types asked for, with what is to be filtered there.

    A group of one type is not filtered by it: a search without filters passes over what scores low.
    """
    types = filters.get("type", ())
    others = {name: values for name, values in filters.items() if name != "type"}
    for group in GROUPS:
        if not types:
            yield group, others
        elif group == "column":
            if "column" in types:
                yield group, others
        elif any(type != "column" for type in types):
            yield group, filters


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


def _told(each: Ranked, source: Mapping[str, Any], state: State, marker: _Marker) -> FoundThing:
    place, trait, _, _ = each.numbers
    _, status, classification, _, *tags = state.traits[trait]
    standing = state.standings[place]
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
        trouble=standing.trouble,
        score=round(each.score, 4),
        marks={"title": marker.spans(title), "description": marker.spans(description)},
    )
