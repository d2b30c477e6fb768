"""Counts and notes that are remembered in the user's cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meshwright.experience.cache import Cache, cache_key


@dataclass(frozen=True, slots=True)
class RememberedCounts:
    """See `provisioning.ports.Counts`; what the cache has lost is counted again."""

    cache: Cache

    def recall(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """See `provisioning.ports.Counts`."""
        named = {cache_key("count", *key): key for key in keys}
        found = self.cache.get_many(named)
        return {named[name]: int(text) for name, text in found.items()}

    def keep(self, counts: Mapping[tuple[str, str], int]) -> None:
        """See `provisioning.ports.Counts`."""
        self.cache.put_many({cache_key("count", *key): str(count) for key, count in counts.items()})


@dataclass(frozen=True, slots=True)
class RememberedNotes:
    """See `provisioning.ports.Notes`."""

    cache: Cache

    def recall(self, key: str) -> str | None:
        """See `provisioning.ports.Notes`."""
        name = cache_key("note", key)
        return self.cache.get_many([name]).get(name)

    def keep(self, key: str, text: str) -> None:
        """See `provisioning.ports.Notes`."""
        self.cache.put_many({cache_key("note", key): text})
