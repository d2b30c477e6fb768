"""Counts and notes that are remembered in the user's cache."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshwright.experience.cache import Cache, cache_key
from meshwright.model.check import Measure
from meshwright.provisioning.identity import file_identity

if TYPE_CHECKING:
    from meshwright.model.contract import Contract
    from meshwright.provisioning.ports import Located

_FILES = frozenset({"parquet", "csv", "json", "jsonl", "iceberg"})
"""What is files that are known by their identity; a database changes beside its file, too."""


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


@dataclass(frozen=True, slots=True)
class RememberedMeasures:
    """What all checks of a contract found in some files: for when nothing at all has changed.

    They are measures, never verdicts: how old data may be is judged anew. They hold counts and moments
    only, and all or none are kept: a failing row, a value that is no count, an error, or a rule
    that asks for the time is found out again. `engine` is what changes whenever the engine does.
    """

    cache: Cache
    engine: str

    def key(self, contract: Contract, places: Mapping[str, Located | None]) -> str | None:
        """What these checks of these files, as they are now, are called; None where nobody could tell."""
        listed: list[str] = [self.engine]
        for name, place in places.items():
            if place is None or place.form not in _FILES:
                return None
            listed += [name, place.form, json.dumps([dict(place.options), place.headers])]
            listed += [repr(place.columns), repr(place.deleted), *place.identities]
            own = () if place.identities else place.files
            deletes = dict.fromkeys(each.file for each in place.deleted)
            try:
                listed += [file_identity(file) for file in (*own, *deletes)]
            except OSError:  # whoever reads it will tell
                return None
        return cache_key("measures", json.dumps(contract.document), contract.file, *listed)

    def recall(self, key: str) -> dict[str, Measure] | None:
        """The measures by the checks' ids."""
        text = self.cache.get_many([key]).get(key)
        if text is None:
            return None
        return {
            name: Measure(value, rows, found=found, skip=skip, how=how)
            for name, (value, rows, found, skip, how) in json.loads(text).items()
        }

    def keep(self, key: str, measures: Mapping[str, Measure]) -> None:
        """Remember measures, where all of them are such that can be."""
        if not all(map(_lasts, measures.values())):
            return
        listed = {
            name: (
                one.value,
                one.rows,
                one.found,
                one.skip,
                "proved" if one.how == "proved" else "remembered",
            )
            for name, one in measures.items()
        }
        self.cache.put_many({key: json.dumps(listed)})


def _lasts(measure: Measure) -> bool:
    counted = measure.value is None or type(measure.value) is int
    return counted and not (measure.error or measure.samples or measure.changing)
