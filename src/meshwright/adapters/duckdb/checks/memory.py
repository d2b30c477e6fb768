"""Counts of earlier verifications: kept for aggregates over files that never change, never verdicts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from meshwright.adapters.duckdb.checks.parts import Parts
from meshwright.adapters.duckdb.checks.probes import KeyProbe, RowProbe
from meshwright.provisioning.ports import Counts
from meshwright.sql.duckdb_types import quote_identifier


@dataclass(frozen=True)
class CountsByFile:
    """What is remembered of the files of one relation.

    A count is found again by the file's identity and by what was counted: the aggregate's SQL,
    how its columns are found in a file and as what type, and the engine's version.
    """

    store: Counts | None
    parts: Parts
    wanted: Mapping[str, RowProbe | KeyProbe | None]

    @property
    def kept(self) -> bool:
        """Whether counts by file are worth telling apart."""
        return self.store is not None

    def recall(self, missing: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
        """The counts that are remembered, by aggregate and path."""
        if self.store is None or not missing:
            return {}
        identities = {part.path: part.identity for part in self.parts.files}
        keys = {
            (identities[path], self._digest(sql)): (sql, path)
            for sql, paths in missing.items()
            for path in paths
        }
        found: dict[str, dict[str, int]] = {}
        for key, count in self.store.recall(list(keys)).items():
            sql, path = keys[key]
            found.setdefault(sql, {})[path] = count
        return found

    def keep(self, found: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember counts; what could not be computed is asked again."""
        if self.store is None:
            return
        identities = {part.path: part.identity for part in self.parts.files}
        self.store.keep(
            {
                (identities[path], self._digest(sql)): count
                for sql, counts in found.items()
                for path, count in counts.items()
                if isinstance(count, int)
            }
        )

    def recall_longest(self, sql: str, paths: Sequence[str]) -> tuple[int, int] | None:
        """What is remembered of the most of these files together, from the first: how many, the count."""
        if self.store is None:
            return None
        keys = {key: number for number, key in enumerate(self._groups(sql, paths), start=1)}
        found = {keys[key]: count for key, count in self.store.recall(list(keys)).items()}
        return max(found.items()) if found else None

    def keep_group(self, sql: str, paths: Sequence[str], count: int) -> None:
        """Remember a count over files together."""
        if self.store is not None:
            self.store.keep({self._groups(sql, paths)[-1]: count})

    def recall_against(self, sql: str, paths: Sequence[str], others: Parts, look_back: int) -> dict[str, int]:
        """What is remembered of files against the files of another relation, by path.

        Also zeros that were found when up to `look_back` files were not there yet on the other side.
        """
        if self.store is None:
            return {}
        identities = {part.path: part.identity for part in self.parts.files}
        listed = self._against(sql, others)
        found: dict[str, int] = {}
        for missing, digest in enumerate(listed[: look_back + 1]):
            keys = {(identities[path], digest): path for path in paths if path not in found}
            told = self.store.recall(list(keys))
            found.update({keys[key]: count for key, count in told.items() if not missing or count == 0})
        return found

    def keep_against(self, sql: str, found: Mapping[str, int], others: Parts) -> None:
        """Remember counts of files against the files of another relation."""
        if self.store is not None:
            identities = {part.path: part.identity for part in self.parts.files}
            digest = self._against(sql, others)[0]
            self.store.keep({(identities[path], digest): count for path, count in found.items()})

    def _against(self, sql: str, others: Parts) -> list[str]:
        """What counting against all of the other files is called, against all but the last, and so on."""
        meanings = sorted((name, column.meaning) for name, column in others.columns.items())
        together = hashlib.blake2b(repr(meanings).encode(), digest_size=16)
        digests, own = [], self._digest(sql)
        for part in others.files:
            together.update(part.identity.encode() + b"\0")
            digests.append(f"{own}:{together.hexdigest()}")
        return digests[::-1]

    def recall_rule(self, sql: str) -> tuple[int, str | None] | None:
        """See `sandbox.Remembers`: what a statement over the files, or the first of them, returned."""
        paths = self.parts.paths
        found = self.recall_longest(sql, paths)
        if found is None or found[0] == len(paths):
            return None if found is None else (found[1], None)
        columns = ", ".join(map(quote_identifier, self.parts.columns))
        return found[1], f"SELECT {columns} FROM {self.parts.source(paths[found[0] :])}"

    def keep_rule(self, sql: str, value: int) -> None:
        """See `sandbox.Remembers`."""
        self.keep_group(sql, self.parts.paths, value)

    def _groups(self, sql: str, paths: Sequence[str]) -> list[tuple[str, str]]:
        """The key of the first file, of the first two, and so on; each lives as long as its last file."""
        identities = {part.path: part.identity for part in self.parts.files}
        keys, together = [], hashlib.blake2b(b"together", digest_size=16)
        own = self._digest(sql)
        for path in paths:
            together.update(identities[path].encode() + b"\0")
            keys.append((identities[path], f"{own}:{together.hexdigest()}"))
        return keys

    def _digest(self, sql: str) -> str:
        probe = self.wanted.get(sql)
        meanings = {name: column.meaning for name, column in self.parts.columns.items()}
        if isinstance(probe, RowProbe) and probe.column is not None:
            meanings = {probe.column: meanings.get(probe.column, "")}
        text = "\0".join((sql, duckdb.__version__, *(f"{k}\1{v}" for k, v in sorted(meanings.items()))))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
