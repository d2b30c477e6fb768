"""Finding by meaning beside words: each thing's text has a place near texts that mean the same."""

from __future__ import annotations

import json
from collections.abc import Sequence

from meshwright.provisioning.ports.search import Found, Meanings, SearchView
from meshwright.supervision.search.documents import meaning_of
from meshwright.supervision.search.question import Question, Understood
from meshwright.supervision.search.ranking import Ranked

NEAR = 200
"""Meanings that are looked at; ten times as many where only some things are wanted."""

_LEAST = 0.2
_K = 3
_OF_WORDS, _OF_SENTENCES = 0.4, 0.8


def learn(meanings: Meanings, view: SearchView) -> int:
    """Know what every entry of a view means; returns how many texts were new."""

    def text_of(meaning: str) -> str | None:
        found = view.having({meaning: 1.0}, limit=1).places
        return meaning_of(json.loads(view.fetch(found)[0])) if found else None

    return meanings.learn(view.meanings(), text_of)


def near(meanings: Meanings, view: SearchView, question: Question) -> Found:
    """Entries whose meaning is near to that of a question, the nearest first."""
    limit = NEAR * 10 if question.filters else NEAR
    found = {each: score for each, score in meanings.nearest(question.text, limit) if score >= _LEAST}
    return view.having(found, question.filters)


def share_of_meaning(understood: Understood) -> float:
    """How much meaning counts against words: most where a sentence is asked, which has words around words."""
    return _OF_SENTENCES if understood.silent >= 2 else _OF_WORDS


def fused(
    by_words: Sequence[Ranked], by_meaning: Sequence[Ranked], share: float, view: SearchView
) -> list[Ranked]:
    """Both rankings as one (reciprocal rank fusion); `share` is how much meaning counts, from 0 to 1."""
    scores: dict[int, float] = {}
    things: dict[int, Ranked] = {}
    for weight, ranking in ((1 - share, by_words), (share, by_meaning)):
        for at, each in enumerate(ranking):
            key = view.key(each.place)
            things.setdefault(key, each)
            scores[key] = scores.get(key, 0.0) + weight / (_K + at)
    for key, each in things.items():
        each.score = scores[key]
    return sorted(things.values(), key=lambda each: -each.score)
