"""What is found, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Spans = Sequence[tuple[int, int]]
"""Where in a text words begin and end that were asked for."""


@dataclass(frozen=True, slots=True)
class FoundThing:
    """One thing of the mesh that answers a question.

    `type` is one of `documents.TYPES`, `address` its permanent address (for a term the address of its
    definition on the web). `trust` and `use` are from 0 to 1; `trouble` says what speaks against it. `marks`
    say where in `title` and `description` words of the question are.
    """

    type: str
    address: str
    title: str
    description: str | None
    domain: str
    product: str | None
    port: str | None
    object: str | None
    label: str | None
    data_type: str | None
    status: str | None
    classification: str | None
    tags: Sequence[str]
    owner: str | None
    trust: float
    use: float
    trouble: str | None
    score: float
    marks: Mapping[str, Spans]

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        found = {name: getattr(self, name) for name in self.__slots__}
        found["tags"] = list(self.tags)
        found["marks"] = {name: [list(span) for span in spans] for name, spans in self.marks.items()}
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers a question, best first.

    `total` is how many things have a word of it; where it is not `exact`, there are more. `facets` counts
    values among the best `counted` of them, the most frequent first. `corrected` says for words that nothing
    has what was looked for instead. `current` is false where the index is behind the mesh, because another
    process is renewing it.
    """

    question: str
    found: Sequence[FoundThing]
    total: int
    counted: int
    facets: Mapping[str, Sequence[tuple[str, int]]]
    corrected: Mapping[str, Sequence[str]]
    current: bool = True
    exact: bool = True

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "question": self.question,
            "total": self.total,
            "exact": self.exact,
            "counted": self.counted,
            "current": self.current,
            "corrected": {word: list(others) for word, others in self.corrected.items()},
            "found": [each.as_json() for each in self.found],
            "facets": {
                name: [{"value": value, "count": count} for value, count in values]
                for name, values in self.facets.items()
            },
        }
