"""What is asked for, as words with everything that counts as them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from meshwright.errors import InputError
from meshwright.provisioning.ports.search import FILTERS, SearchView, Wording
from meshwright.supervision.search.thesaurus import alike, silent
from meshwright.supervision.search.words import words_of

MOST_WORDS = 24
"""Words of a question that are looked for; what follows them is left out."""

MOST_CHARACTERS = 2000

_ALIKE = 0.5
_BEGUN = 0.7
_MISTYPED = 0.8
_COMPLETIONS = 12


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks for.

    `filters` are values by facet: an answer has one of the values of each. While somebody is `typing`, the
    last word is one that may go on.
    """

    text: str
    filters: Mapping[str, Collection[str]] = field(default_factory=dict)
    limit: int = 20
    offset: int = 0
    typing: bool = False

    def checked(self) -> Question:
        """The question, if every facet is one that there is.

        Raises:
            InputError: one is not, or numbers make no sense.
        """
        for name in self.filters:
            if name not in FILTERS:
                raise InputError(f"there is no facet `{name}`", way_out=f"use one of {', '.join(FILTERS)}")
        if self.limit < 0 or self.offset < 0:
            raise InputError("a limit or an offset is negative", way_out="count from 0")
        return self


@dataclass(frozen=True, slots=True)
class Understood:
    """The words that are looked for; `corrected` has what is looked for instead of unknown ones.

    `silent` counts the words of the question that say nothing.
    """

    words: Sequence[Wording]
    corrected: Mapping[str, Sequence[str]]
    silent: int = 0


def understand(question: Question, view: SearchView, stem: Callable[[str], str]) -> Understood:
    """The words of a question, without those that say nothing, with what else counts as them."""
    every = words_of(question.text[:MOST_CHARACTERS])
    words = [word for word in every if word not in silent()] or every
    if question.typing and every and words[-1:] != every[-1:]:
        words.append(every[-1])  # it may be the beginning of one that says something
    words = list(dict.fromkeys(words))[:MOST_WORDS]
    found: list[Wording] = []
    corrected: dict[str, Sequence[str]] = {}
    seen: dict[str, None] = {}
    for at, word in enumerate(words):
        if stem(word) in seen:
            continue
        seen[stem(word)] = None
        last = at == len(words) - 1
        variants = {word: 1.0, **dict.fromkeys(_others(word, stem), _ALIKE)}
        if last and question.typing:
            variants = {**dict.fromkeys(view.beginning(word, _COMPLETIONS), _BEGUN), **variants}
        elif not view.knows(word) and not any(view.knows(each) for each in variants):
            instead = _instead(word, view)
            if instead:
                corrected[word] = tuple(instead)
                variants.update(instead)
        found.append(Wording(variants))
    return Understood(found, corrected, sum(word in silent() for word in every))


def _others(word: str, stem: Callable[[str], str]) -> Sequence[str]:
    known = alike()
    if word in known:
        return known[word]
    stems = _by_stem(stem)
    return stems.get(stem(word), ())


_STEMMED: dict[str, Sequence[str]] = {}


def _by_stem(stem: Callable[[str], str]) -> Mapping[str, Sequence[str]]:
    if not _STEMMED:
        for word, others in alike().items():
            _STEMMED.setdefault(stem(word), others)
    return _STEMMED


def _instead(word: str, view: SearchView) -> dict[str, float]:
    """Words that somebody may have meant by one that nothing has."""
    if len(word) < 3:
        return dict.fromkeys(view.beginning(word, _COMPLETIONS), _BEGUN)
    begun = view.beginning(word, 6)
    if begun:
        return dict.fromkeys(begun, _BEGUN)
    near = view.like(word, 4)
    if near:
        return {each: _MISTYPED / (1 + 0.25 * at) for at, each in enumerate(near)}
    for at in range(len(word) - 3, 2, -1):  # two words written as one
        if view.knows(word[:at]) and view.knows(word[at:]):
            return {word[:at]: _MISTYPED, word[at:]: _MISTYPED}
    return {}
