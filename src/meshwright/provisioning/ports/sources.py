"""What reads operational systems, files and tables that others keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from meshwright.provisioning.ports.engine import Counts, Located

if TYPE_CHECKING:
    from meshwright.model.check import CheckSpec, Measure
    from meshwright.model.contract import ContractObject
    from meshwright.model.product import Source
    from meshwright.model.types import ColumnType

Secrets = Callable[[str], Mapping[str, str]]
"""Resolves a server's name to its secret values by key (`user`, `password`, `token`, ...)."""


@dataclass(frozen=True, slots=True)
class SourceCapabilities:
    """What a kind of source can do: whether it knows types, and can filter by a cursor."""

    typed: bool
    incremental: bool


@dataclass(frozen=True, slots=True)
class Increment:
    """Only rows whose `cursor` column is at or after `since` less `lookback` seconds (or units).

    `since` is None the first time: everything. Numbers and timestamps are given as text.
    """

    cursor: str
    since: str | None = None
    lookback: float = 0.0


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read of one object.

    `files` are Parquet files with the contract's columns in the contract's types;
    `cursor` is the highest cursor value read, as text (None: none, or no cursor).
    """

    files: tuple[str, ...]
    rows: int
    bytes: int
    cursor: str | None = None


class Inspection(Protocol):
    """Something that can measure checks; every `Session` is one."""

    def measure(
        self,
        name: str,
        specs: Sequence[CheckSpec],
        objects: Mapping[str, str],
        columns: Mapping[str, ColumnType] | None = None,
        counts: Counts | None = None,
    ) -> Mapping[str, Measure]:
        """What each check finds in relation `name`; see `Session.measure`."""
        ...


class SourceReader(Protocol):
    """Reads one kind of ODCS server."""

    capabilities: SourceCapabilities

    def reading(self, source: Source) -> AbstractContextManager[SourceReader]:
        """The reader for several objects of one source.

        Where the source can, they are read over one connection and as they all are at one moment,
        so that what holds between them there holds here.

        Raises:
            Unavailable: the source does not answer.
        """
        ...

    def describe(self, source: Source, obj: ContractObject) -> Mapping[str, ColumnType]:
        """The object's columns as they are at the source now; `any` where it knows no types.

        Raises:
            Unavailable: the source does not answer.
            DriftError: the object is not there.
        """
        ...

    def extract(
        self, source: Source, obj: ContractObject, folder: Path, increment: Increment | None = None
    ) -> Extraction:
        """Write the object's rows as Parquet files into `folder`.

        Raises:
            Unavailable: the source failed on the way.
            DriftError: values do not fit the contract's types; says which column, how many rows,
                and an example.
        """
        ...

    def locate(self, source: Source, obj: ContractObject, folder: Path) -> Located | None:
        """Where an engine can read the object's rows in place; None where only `extract` does.

        `folder` is an empty one, for what has to be fetched first: it is there as long as the rows
        are read.

        Raises:
            Unavailable: the source does not answer.
            DriftError: the object is not there.
        """
        ...

    def inspect(
        self, source: Source, objects: Sequence[ContractObject]
    ) -> AbstractContextManager[Inspection] | None:
        """The source as a judge of its own data; None where an engine has to read them.

        Relations are called as the objects are. On entering it

        Raises:
            Unavailable: the source does not answer.
            DriftError: an object is not there.
        """
        ...
