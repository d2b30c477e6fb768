"""What runs SQL, and judges rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from meshwright.model.check import CheckSpec, Measure
    from meshwright.model.contract import ContractObject
    from meshwright.model.publication import Column, DataFile, Handle, PartitionField
    from meshwright.model.types import ColumnType


@dataclass(frozen=True, slots=True)
class Deleted:
    """Rows of the data file `path` that are deleted (Iceberg, position delete files).

    The Parquet `file` lists them as `pos`, where its `file_path` is `named`.
    """

    path: str
    file: str
    named: str


@dataclass(frozen=True, slots=True)
class Located:
    """Where an object's rows lie, so that an engine can read them in place.

    `form` is parquet, csv, json (one document) or jsonl (a record a line), all in `files`, or
    `table`: a table of the DuckDB database `files[0]`, or `iceberg`: Parquet files, of which `columns`
    are found by their field ids, less what is `deleted`. `options` are the delimiter of CSV, the encoding
    of text that is not UTF-8, schema and table of a database. `headers` are the names of the columns of
    each CSV file, in its order, none for a file that is empty. `columns` of Parquet files are those that
    folders tell, where their types are known. `where` is for errors.

    Files in a `store` (a file system of fsspec, for reading) have `identities` that change whenever they
    do, in the same order; files on this machine are looked at.
    """

    form: str
    files: tuple[str, ...]
    where: str
    options: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[tuple[str, ...], ...] = ()
    columns: tuple[Column, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    identities: tuple[str, ...] = ()
    store: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Written:
    """Rows that an engine wrote to storage."""

    files: tuple[DataFile, ...]

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how an engine writes one object.

    `prefix` is the folder of the object's data files and `run` goes into every file's name. A file
    that has reached `file_size` bytes is ended, and the next one begun.
    """

    columns: tuple[Column, ...]
    partitions: tuple[PartitionField, ...]
    prefix: str
    run: str
    file_size: int = 512 << 20


@dataclass(frozen=True, slots=True)
class EngineCapabilities:
    """What an engine can do: SQL dialect, the handle kinds it reads, whether it isolates Python."""

    dialect: str
    reads: frozenset[str]
    python_isolation: bool


class Session(Protocol):
    """The work of one run in an engine; names are given by the run and are safe identifiers.

    A relation that is offered is all that a model can read.
    """

    def offer(self, name: str, handle: Handle) -> None:
        """Make a handle readable as relation `name`."""
        ...

    def offer_files(self, name: str, files: Sequence[str], columns: Sequence[tuple[str, ColumnType]]) -> None:
        """Make extracted Parquet files readable as relation `name`."""
        ...

    def offer_located(self, name: str, located: Located, obj: ContractObject) -> None:
        """Make rows readable in place as relation `name`, in the types that they have there.

        Raises:
            Unavailable: they cannot be read.
        """
        ...

    def apart(self) -> AbstractContextManager[Session]:
        """A session with the same located relations, which another thread may use at the same time.

        Both share the engine's memory, and its bound.
        """
        ...

    def offer_rows(
        self, name: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[tuple[str, ColumnType]]
    ) -> None:
        """Make plain values (as YAML and JSON have them) readable as relation `name`.

        A column that a row leaves out is null there.

        Raises:
            BuildError: a value is none of its column's type.
        """
        ...

    def offer_query(self, name: str, sql: str, where: str, keep: bool = False) -> None:
        """Make the result of a SELECT over offered relations readable as relation `name`.

        It is computed each time it is read, or, with `keep`, once and now: whatever reads it then
        reads the same rows.

        Raises:
            BuildError: the engine refuses the statement, or with `keep` it fails; `where` names the
                model's file.
        """
        ...

    def offer_latest(self, name: str, relation: str, key: Sequence[str], order: str) -> None:
        """Make `relation` readable as `name` with one row a key: that with the highest `order`."""
        ...

    def offer_fresh(self, name: str, relation: str, before: str, cursor: str) -> None:
        """Make those rows of `relation` readable as `name` that are not in `before`.

        Rows of `before` under the lowest `cursor` of `relation` are not looked at. The names and
        order of `before`'s columns are those of `name`.
        """
        ...

    def offer_arrow(self, name: str, reader: pa.RecordBatchReader, where: str) -> None:
        """Make an Arrow stream readable as relation `name`; it is read once."""
        ...

    def describe(self, name: str) -> Mapping[str, ColumnType]:
        """The columns of a relation."""
        ...

    def arrow(self, name: str) -> pa.RecordBatchReader:
        """A relation as a stream of record batches."""
        ...

    def write(self, name: str, target: Target, where: str) -> Written:
        """Write relation `name` as Parquet files with the target's types and field ids.

        Raises:
            BuildError: a value does not fit its declared type, or the model fails while it runs.
            Unavailable: storage is full or not writable.
        """
        ...

    def merge(self, base: Handle, changed: str, key: Sequence[str], target: Target, where: str) -> Merge:
        """Write `changed` merged into `base` by `key`: the last row of a key wins."""
        ...

    def compact(self, handle: Handle, files: Sequence[DataFile], target: Target) -> Written:
        """Write the rows of some of the handle's files again as fewer files."""
        ...

    def rows(self, name: str) -> list[dict[str, Any]]:
        """All rows of a (small) relation."""
        ...

    def offer_parted(
        self,
        good: str,
        broken: str,
        rows: str,
        whole: str,
        specs: Sequence[CheckSpec],
        objects: Mapping[str, str],
        names: tuple[str, str],
        run: str,
    ) -> Parted:
        """Make the rows of relation `rows` that break none of `specs` readable as `good`, others as `broken`.

        `rows` and `whole`, in which keys are unique, do not change as long as these are read. `broken` has
        two more columns, called `names`: the ids of the checks that a row breaks, and `run`.
        Checks that say nothing about single rows are left out.
        """
        ...

    def measure(
        self,
        name: str,
        specs: Sequence[CheckSpec],
        objects: Mapping[str, str],
        columns: Mapping[str, ColumnType] | None = None,
        counts: Counts | None = None,
    ) -> Mapping[str, Measure]:
        """What each check finds in relation `name`.

        `objects` names the relations of the contract's objects; `columns` are those that the
        model produced, where they differ from what is stored. `counts` remembers what was
        counted in files.
        """
        ...


@dataclass(frozen=True, slots=True)
class Parted:
    """How many rows break checks, and how many break each."""

    rows: int
    checks: Mapping[str, int]


class Notes(Protocol):
    """Texts that were worked out of files that never change; they may be lost at any time."""

    def recall(self, key: str) -> str | None:
        """What was noted under this key, if it is still known."""
        ...

    def keep(self, key: str, text: str) -> None:
        """Note a text."""
        ...


class Counts(Protocol):
    """Counts that earlier verifications found in files; a file's identity never means other rows."""

    def recall(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """Those of the counts, by (file identity, digest of what was counted), that are known."""
        ...

    def keep(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Remember counts."""
        ...


@dataclass(frozen=True, slots=True)
class Merge:
    """The outcome of a merge: files written, and the base's files that they replace."""

    added: tuple[DataFile, ...]
    rewritten: tuple[DataFile, ...]  # files written that hold kept rows of `removed`
    removed: tuple[DataFile, ...]


class Engine(Protocol):
    """Runs SQL over handles and writes files; it never commits anything."""

    capabilities: EngineCapabilities

    def session(self) -> AbstractContextManager[Session]:
        """A session of its own for one run."""
        ...

    def inspection(self, located: Iterable[Located]) -> AbstractContextManager[Session]:
        """A session that can read what is located, and nothing else."""
        ...

    def query(self, relations: Mapping[str, Handle], sql: str) -> pa.Table:
        """Run one read-only statement over named handles (`domain.product.object`)."""
        ...


class CustomEngine(Protocol):
    """Runs the quality rules of type `custom` that are written for one engine of its own."""

    def unavailable(self) -> str | None:
        """Why it cannot run here, and what to install; None where it can."""
        ...

    def measure(
        self, specs: Sequence[CheckSpec], rows: pa.RecordBatchReader, folder: Path
    ) -> Mapping[str, Measure]:
        """What each rule finds, by its id: 0 where it is met, else how many rows break it, or 1.

        `arguments["implementation"]` is what the contract says, parsed. All rows are judged, none is
        guessed: where they are too many the rules are skipped. `folder` is for its files.
        """
        ...
