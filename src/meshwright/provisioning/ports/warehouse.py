"""What keeps published tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from meshwright.model.address import ProductKey
    from meshwright.model.publication import Candidate, ObjectKey


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in storage: its size in bytes, and when it was last changed (seconds since the epoch)."""

    path: str
    size: int
    modified: float


class Warehouse(Protocol):
    """Storage and table format: makes candidates immutable, deletes what is doomed."""

    def data_prefix(self, key: ObjectKey) -> str:
        """The folder of an object's data files; it exists afterwards."""
        ...

    def prefix(self, product: ProductKey) -> str:
        """The folder of everything a product has in storage."""
        ...

    def last_field_id(self, metadata: str) -> int:
        """The highest field id that a sealed table ever used."""
        ...

    def seal(
        self,
        candidates: Sequence[Candidate],
        publication: str,
        beside: Collection[str] = (),
        list_kept: bool = False,
    ) -> tuple[Candidate, ...]:
        """Write what makes each candidate immutable and readable as a table.

        Idempotent by publication id. The candidates come back with `handle.metadata` set. A table lists,
        beside its new snapshot, those that the metadata at `beside` show: the ones of publications
        that stay. With `list_kept` that holds for candidates that keep their base, too.
        """
        ...

    def metadata_files(
        self, locations: Iterable[str], without: frozenset[str] = frozenset(), going: bool = False
    ) -> frozenset[str]:
        """Every file below some metadata locations: themselves, manifest lists, manifests.

        Files in `without`, and what is only below them, are left out. `going` says that they are
        being deleted, so that what is gone already is fine.

        Raises:
            Unavailable: one cannot be read.
        """
        ...

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """All files below a folder."""
        ...

    def table_files(self, product: ProductKey) -> Iterator[StoredFile]:
        """All files of a product that lie where those of a table lie."""
        ...

    def products(self) -> Iterator[ProductKey]:
        """Every product that has a folder in this storage, whoever knows it."""
        ...

    def others(self) -> tuple[str, ...]:
        """Other registries that keep tables in this storage, and what says so."""
        ...

    def delete(self, paths: Sequence[str]) -> None:
        """Delete files; one that is not there is fine."""
        ...
