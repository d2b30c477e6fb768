"""Did you mean: near names, at a cost that does not grow with the number of questions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cached_property

_FEW = 200


class Suggester:
    """Answers for one set of names. For many names only near misses of one letter are found."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(dict.fromkeys(names))

    @cached_property
    def _by_deletion(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for name in self.names:
            for variant in _variants(name):
                found.setdefault(variant, name)
        return found

    def near(self, wrong: str) -> str | None:
        """The known name that `wrong` was most likely meant to be, or None."""
        if len(self.names) <= _FEW:
            close = difflib.get_close_matches(wrong, self.names, n=1, cutoff=0.6)
            return close[0] if close else None
        return next((self._by_deletion[v] for v in _variants(wrong) if v in self._by_deletion), None)

    def hint(self, wrong: str, otherwise: str | None = None) -> str | None:
        """``did you mean `x`?`` or `otherwise`."""
        near = self.near(wrong)
        return f"did you mean `{near}`?" if near else otherwise


def _variants(name: str) -> list[str]:
    """The name in lower case and with each single letter left out: equal for names one edit apart."""
    lower = name.lower()
    return [lower, *(lower[:i] + lower[i + 1 :] for i in range(len(lower)))]
