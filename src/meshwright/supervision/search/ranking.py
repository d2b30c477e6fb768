"""The order of what is found: relevance first, then trust and use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, repeat
from typing import Any

from meshwright.provisioning.ports.search import FILTERS, Found, Numbers
from meshwright.supervision.search.state import State

WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "thing": {"name": 2.0, "text": 1.0, "context": 0.3, "parts": 0.4},
    "column": {"name": 2.0, "text": 1.0, "context": 0.6},
}
"""How much a word counts in each text of an entry."""

COVERAGE = 0.4
"""How much it counts that a word is there at all."""

OF_TYPE: Mapping[str, float] = {
    "product": 1.1,
    "object": 1.1,
    "column": 0.9,
    "port": 0.5,
    "domain": 0.9,
    "term": 1.0,
}
"""How much relevance counts by type, where the same words are in several; a port says little of its own."""

OF_STATUS: Mapping[str, float] = {"active": 1.0, "": 1.0, "proposed": 0.9, "draft": 0.9, "deprecated": 0.75}
"""How much it counts by status; a retired one half."""

_TRUST, _USE = 0.15, 0.1
_KEY = 0.6
_INSIDE = 0.5
_BELOW = 0.98
_AGAIN = 0.75


RANKED = 150
"""The best by relevance whose order follows from what they hold, and from each other's names."""


@dataclass(slots=True)
class Ranked:
    """Something that was found, with what is known of it without its source; its score grows and shrinks."""

    score: float
    place: Any
    numbers: Numbers
    type: str


class Factors:
    """What counts for relevance and what is counted, by the numbers of entries; once for a state."""

    def __init__(self, state: State) -> None:
        standings = state.standings
        self.of_place = [1 + _TRUST * (each.trust - 0.5) + _USE * each.use for each in standings]
        same: dict[str, str] = {}  # equal texts as one are counted in a third of the time
        self.facets_of_place = {
            "domain": [same.setdefault(each.domain, each.domain) for each in standings],
            "owner": [same.setdefault(each.owner or "", each.owner or "") for each in standings],
            "product_type": [
                same.setdefault(each.product_type or "", each.product_type or "") for each in standings
            ],
        }
        self.sources_of_place = [each.sources or () for each in standings]
        self.traits = state.traits
        self.of_trait = [
            OF_TYPE[type] * OF_STATUS.get(status, 0.5) * (_KEY if role == "key" else 1.0)
            for type, status, _, role, *_ in state.traits
        ]
        self.types = [trait[0] for trait in state.traits]


def ranked(found: Sequence[Found], factors: Factors, wanted: int) -> list[Ranked]:
    """The best of what was found: by relevance, trust and use, by what they hold, and varied.

    They are as many as are `wanted`, or RANKED where these are more.
    """
    of_place, of_trait, types = factors.of_place, factors.of_trait, factors.types
    every: list[tuple[float, int, int]] = []
    for which, each in enumerate(found):
        places, traits, *_ = each.numbers
        weighed = [
            -score * of_place[place] * of_trait[trait]
            for score, place, trait in zip(each.scores, places, traits, strict=True)
        ]
        every += zip(weighed, repeat(which), count())
    every.sort()
    best = []
    for score, which, at in every[: max(wanted, RANKED)]:
        one = found[which]
        place, trait, number, name = one.numbers
        numbers = (place[at], trait[at], number[at], name[at])
        best.append(Ranked(-score, one.places[at], numbers, types[numbers[1]]))
    return [*_ordered(best[:RANKED]), *best[RANKED:]]


def _ordered(best: list[Ranked]) -> list[Ranked]:
    """What holds something good counts more, and a column that repeats the name of a better one less."""
    seen: dict[int, float] = {}
    for each in best:
        name = each.numbers[3]
        if name:
            factor = seen.get(name, 1.0)
            each.score *= factor
            seen[name] = factor * _AGAIN
    held: dict[tuple[int, int], float] = {}
    for type, inside in (("object", "column"), ("product", "object")):
        for each in best:
            if each.type == inside:
                where = (each.numbers[0], each.numbers[2] if type == "object" else 0)
                held[where] = max(held.get(where, 0.0), each.score)
        for each in best:
            if each.type == type:
                inner = held.get((each.numbers[0], each.numbers[2]), 0.0)
                each.score = max(each.score, min(each.score + _INSIDE * inner, _BELOW * inner))
    best.sort(key=lambda each: -each.score)
    return best


def facets(found: Sequence[Found], factors: Factors) -> dict[str, list[tuple[str, int]]]:
    """How many of what was found have each value."""
    places = [place for each in found for place in each.numbers[0]]
    counts = {name: Counter(map(of.__getitem__, places)) for name, of in factors.facets_of_place.items()}
    counts["source"] = Counter(chain.from_iterable(map(factors.sources_of_place.__getitem__, places)))
    of_trait: Mapping[str, Counter[str]] = {
        "type": Counter(),
        "status": Counter(),
        "classification": Counter(),
        "tag": Counter(),
    }
    traits = Counter(trait for each in found for trait in each.numbers[1])
    for trait, times in traits.items():
        type, status, classification, _, *tags = factors.traits[trait]
        of_trait["type"][type] += times
        of_trait["status"][status] += times
        of_trait["classification"][classification] += times
        for tag in tags:
            of_trait["tag"][tag] += times
    counts |= of_trait
    return {
        name: sorted(((v, n) for v, n in counts[name].items() if v), key=lambda each: (-each[1], each[0]))
        for name in FILTERS
    }
