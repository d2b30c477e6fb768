"""What keeps entries to be searched by words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

GROUPS = ("thing", "column")
"""Entries of one group are ranked by how words occur in that group."""

FIELDS = ("name", "text", "context", "parts")
"""The texts of an entry: what it is called, what is said of it, what it belongs to, what is in it."""

FILTERS = ("type", "domain", "status", "classification", "owner", "tag", "source", "product_type")
"""What entries can be filtered by; an entry has any number of values of each."""


Numbers = tuple[int, int, int, int]
"""What an entry is told apart by without its source; each from 0 to 2**63 - 1."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found.

    `unit` is what it is replaced with; `group` is one of GROUPS. `texts` holds words for some of FIELDS,
    `filters` values for some of FILTERS. `numbers` come with hits; `source` with those that are fetched.
    `meaning` names what it means: entries that mean the same have the same.
    """

    unit: str
    group: str
    texts: Mapping[str, Sequence[str]]
    filters: Mapping[str, Collection[str]]
    numbers: Numbers
    source: bytes
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """One word that is looked for, and what else counts as it, with weights of at most 1."""

    variants: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WordQuery:
    """Entries of a group with as many of these words as possible; any entries where there are no words.

    `weights` are those of FIELDS; a filter is passed by an entry that has one of its values. `coverage` is
    how much it counts that a word is there at all, wherever and however often.
    """

    group: str
    words: Sequence[Wording]
    weights: Mapping[str, float]
    filters: Mapping[str, Collection[str]] = field(default_factory=dict)
    limit: int = 1000
    coverage: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits, best first: their scores, their places in the view, and their numbers, number by number.

    `total` is how many there are altogether; where it is not `exact` there are at least so many.
    """

    scores: Sequence[float]
    places: Sequence[Any]
    numbers: tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int]]
    total: int
    exact: bool = True

    @classmethod
    def nothing(cls) -> Found:
        """No hits."""
        return cls((), (), ((), (), (), ()), 0)


class SearchView(Protocol):
    """One state of an index; what is written later does not change it."""

    @property
    def state(self) -> bytes | None:
        """What was written with the last change; None where nothing was written yet."""
        ...

    def search(self, query: WordQuery) -> Found:
        """Entries by relevance (BM25 over the fields)."""
        ...

    def fetch(self, places: Iterable[Any]) -> Sequence[bytes]:
        """The sources of the entries at places of this view."""
        ...

    def key(self, place: Any) -> int:
        """What tells an entry of this view apart."""
        ...

    def meanings(self) -> Sequence[str]:
        """The meanings of entries; some that no entry has any more may be among them."""
        ...

    def having(
        self,
        meanings: Mapping[str, float],
        filters: Mapping[str, Collection[str]] | None = None,
        limit: int = 1000,
    ) -> Found:
        """Entries of these meanings, each with the score of its meaning."""
        ...

    def knows(self, word: str) -> bool:
        """Whether any entry has the word; one that only replaced entries had may still be known."""
        ...

    def beginning(self, prefix: str, limit: int) -> Sequence[str]:
        """Words that begin so, those of the most entries first."""
        ...

    def like(self, word: str, limit: int) -> Sequence[str]:
        """Words that differ by one or two letters at most, those that differ least first."""
        ...


class SearchIndex(Protocol):
    """Entries that are searched by words, kept between processes."""

    @property
    def writable(self) -> bool:
        """Whether changes are kept for other processes; if not, they are kept in memory."""
        ...

    def stem(self, word: str) -> str:
        """What words of one meaning have in common; a word is found by any other of the same stem."""
        ...

    def view(self) -> SearchView:
        """The newest state that any process has written."""
        ...

    def write(
        self,
        base: SearchView,
        gone: Collection[str] | None,
        entries: Iterable[Entry],
        state: Callable[[], bytes],
        expected: int = 0,
    ) -> int:
        """Replace entries: those of the units `gone` go (all when None), others come; all or nothing.

        `state` is asked when all entries were taken; about so many as `expected` come. Returns how many came.

        Raises:
            LockHeld: another process writes.
            Conflict: `base` is no longer the newest state.
        """
        ...


class Meanings(Protocol):
    """What tells how near texts are in meaning; what was learnt is kept between processes."""

    def learn(self, wanted: Collection[str], text_of: Callable[[str], str | None]) -> int:
        """Know these meanings and no others; `text_of` has the text of one that is new, None if it is void.

        Returns how many were new.
        """
        ...

    def nearest(self, text: str, limit: int) -> Sequence[tuple[str, float]]:
        """The known meanings that are nearest to a text, with how near: 1 is the same, 0 is unrelated."""
        ...
