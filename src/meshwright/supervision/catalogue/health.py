"""How a product is: one word, and the reasons for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["bad", "warning", "good", "none"]
"""`bad`: the last run failed, so data get no newer; `warning`: a promise is broken or somebody should look;
`none`: no data are expected yet, or any more."""

LEVELS: tuple[Level, ...] = ("bad", "warning", "good", "none")
"""The most urgent first."""


@dataclass(frozen=True, slots=True)
class Health:
    """A level, and in words what it comes from; without reasons all is well."""

    level: Level
    reasons: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The level for people."""
        return {"bad": "Failing", "warning": "Needs a look", "good": "Healthy", "none": "Not live"}[
            self.level
        ]


NOT_LIVE = Health("none")
"""That of a product from which nobody may expect data yet, or any more."""

GOOD = Health("good")
