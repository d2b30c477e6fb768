"""Runs, candidates and publications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from meshwright.model.address import ProductKey
from meshwright.model.types import ColumnType

Operation = Literal["full", "append", "rewrite", "keep"]
"""What a candidate does to its base: replace it, add rows only, replace some files, nothing."""


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """One object of one product and major; prints as `domain.product.object@major`.

    A landing object (what an incremental source has delivered so far) has `port` None and is
    its product's own: it is sealed with the publication and served by no port.
    """

    product: ProductKey
    name: str
    major: int
    port: str | None = None

    @property
    def identifier(self) -> tuple[str, str, str]:
        """The table's identifier in the environment's catalogue."""
        return (self.product.domain, self.product.product, f"{self.name}@{self.major}")

    def __str__(self) -> str:
        return ".".join(self.identifier)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an object's table; `field_id` is permanent (Iceberg v2, schema evolution)."""

    field_id: int
    name: str
    type: ColumnType
    description: str | None = None
    children: tuple[Column, ...] = ()  # of a struct; item of a list; key, value of a map


@dataclass(frozen=True, slots=True)
class PartitionField:
    """One partition column: `transform` is identity, year, month, day, hour, bucket[N], truncate[N]."""

    column: str
    transform: str


@dataclass(frozen=True, slots=True)
class DataFile:
    """One immutable Parquet file; `size` in bytes, `partition` by partition column."""

    path: str
    size: int
    rows: int
    partition: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Handle:
    """An immutable set of rows that engines can read: data files under one schema.

    `kind` names the table format (engines declare which they read); `metadata` is the location
    of the sealed table metadata, None before sealing.
    """

    key: ObjectKey
    columns: tuple[Column, ...]
    files: tuple[DataFile, ...]
    partitions: tuple[PartitionField, ...] = ()
    metadata: str | None = None
    kind: str = "iceberg"

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)

    @property
    def size(self) -> int:
        """Bytes in all files."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a run produced for one object, against its base in the current publication.

    `handle` is the object as consumers would see it, added and kept files together. `added`
    holds new rows; `compacted` holds files that only hold rows of `removed` again, so that they
    change no row.
    """

    handle: Handle
    operation: Operation
    base: Handle | None
    added: tuple[DataFile, ...] = ()
    removed: tuple[DataFile, ...] = ()
    compacted: tuple[DataFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What something cost: seconds, bytes, rows.

    `peak_memory_bytes` is that of the one process that held most. `read` and `written` count what
    went through; `stored` is what a publication's objects, landings included, have in data files
    after it (0 for a run that published nothing).
    """

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    rows_read: int = 0
    bytes_read: int = 0
    rows_written: int = 0
    bytes_written: int = 0
    rows_stored: int = 0
    bytes_stored: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.wall_seconds + other.wall_seconds,
            self.cpu_seconds + other.cpu_seconds,
            max(self.peak_memory_bytes, other.peak_memory_bytes),
            self.rows_read + other.rows_read,
            self.bytes_read + other.bytes_read,
            self.rows_written + other.rows_written,
            self.bytes_written + other.bytes_written,
            self.rows_stored + other.rows_stored,
            self.bytes_stored + other.bytes_stored,
        )


@dataclass(frozen=True, slots=True)
class Publication:
    """An immutable, verified set of candidates, sealed.

    `number` counts from 1 inside one environment and product; `inputs` maps each product read
    to the publication that was read; `cursors` maps `port.object` of an incremental source, with
    a digest of what is followed there, to the cursor reached, as text; `due_at` is when the
    sources are to be read again (ISO 8601, UTC; None: when somebody asks).
    """

    id: str
    environment: str
    product: ProductKey
    number: int
    run: str
    fingerprint: str
    created_at: str  # ISO 8601, UTC
    inputs: Mapping[str, str] = field(default_factory=dict)
    cursors: Mapping[str, str] = field(default_factory=dict)
    objects: tuple[str, ...] = ()
    due_at: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, recorded once (DESIGN.md, invariant 5).

    `hash` is SHA-256 over the previous fact's hash and this fact's canonical JSON.
    """

    sequence: int
    environment: str
    kind: str  # run.started, run.finished, publication.sealed, product.applied, ...
    subject: str  # domain/product, or the environment
    at: str  # ISO 8601, UTC
    payload: Mapping[str, Any]
    previous: str
    hash: str
