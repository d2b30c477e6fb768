"""The order of what is found: relevance first, then trust and use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from meshwright.provisioning.ports.search import FILTERS, Hit
from meshwright.supervision.search.state import Standing, State

WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "thing": {"name": 2.0, "text": 1.0, "context": 0.3, "parts": 0.4},
    "column": {"name": 2.0, "text": 1.0, "context": 0.6},
}
"""How much a word counts in each text of an entry."""

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
_VARIED, _AGAIN = 200, 0.7


@dataclass(frozen=True, slots=True)
class Ranked:
    """A hit with what is known of it without its source."""

    hit: Hit
    score: float
    standing: Standing
    trait: tuple[str, ...]


def order(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Best first: what holds something good counts more, and what repeats the name of a better one less."""
    best: dict[tuple[int, int], float] = {}
    for each in ranked:
        place, _, number, _ = each.hit.numbers
        if each.trait[0] == "column":
            best[place, number] = max(best.get((place, number), 0.0), each.score)
    raised = [_raised(each, best) for each in ranked]
    for each in raised:
        place, _, number, _ = each.hit.numbers
        if each.trait[0] == "object":
            best[place, 0] = max(best.get((place, 0), 0.0), each.score)
    raised = [_raised(each, best) if each.trait[0] == "product" else each for each in raised]
    raised.sort(key=lambda each: (-each.score, each.hit.key))
    return _varied(raised)


def _raised(each: Ranked, best: Mapping[tuple[int, int], float]) -> Ranked:
    place, _, number, _ = each.hit.numbers
    if each.trait[0] not in ("object", "product") or (place, number) not in best:
        return each
    return replace(each, score=each.score + _INSIDE * best[place, number])


def _varied(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Columns of one name after each other count less and less."""
    seen: Counter[int] = Counter()
    found = []
    for each in ranked[:_VARIED]:
        name = each.hit.numbers[3]
        if name:
            each = replace(each, score=each.score * _AGAIN ** seen[name])
            seen[name] += 1
        found.append(each)
    found.sort(key=lambda each: (-each.score, each.hit.key))
    return [*found, *ranked[_VARIED:]]


def rank(hit: Hit, state: State) -> Ranked:
    place, trait_number = hit.numbers[:2]
    standing, trait = state.standings[place], state.traits[trait_number]
    type, status = trait[0], trait[1]
    factor = OF_TYPE[type] * OF_STATUS.get(status, 0.5)
    factor *= 1 + _TRUST * (standing.trust - 0.5) + _USE * standing.use
    if trait[3] == "key":
        factor *= _KEY
    return Ranked(hit, hit.score * factor, standing, trait)


def facets(ranked: Sequence[Ranked]) -> dict[str, list[tuple[str, int]]]:
    """How many of these have each value."""
    traits = Counter(each.trait for each in ranked)
    places = Counter((each.standing.domain, each.standing.product) for each in ranked)
    standings = {(each.standing.domain, each.standing.product): each.standing for each in ranked}
    counts: dict[str, Counter[str]] = {name: Counter() for name in FILTERS}
    for (type, status, classification, _, *tags), count in traits.items():
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
