"""What the planes ask of infrastructure; adapters implement these Protocols."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from meshwright.model.address import ProductKey
from meshwright.model.check import CheckSpec, Measure
from meshwright.model.contract import ContractObject
from meshwright.model.product import Source
from meshwright.model.publication import Candidate, Column, DataFile, Handle, ObjectKey, PartitionField
from meshwright.model.types import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

Secrets = Callable[[str], Mapping[str, str]]
"""Resolves a server's name to its secret values by key (`user`, `password`, `token`, ...)."""


# --- sources


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


@dataclass(frozen=True, slots=True)
class Located:
    """Where an object's rows lie, so that an engine can read them in place.

    `form` is parquet, csv, json (one document) or jsonl (a record a line), all in `files`, or
    `table`: a table of the DuckDB database `files[0]`. `options` are the delimiter of CSV, the encoding
    of text that is not UTF-8, schema and table of a database. `headers` are the names of the columns of
    each CSV file, in its order, none for a file that is empty. `where` is for errors.
    """

    form: str
    files: tuple[str, ...]
    where: str
    options: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[tuple[str, ...], ...] = ()


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

    def locate(self, source: Source, obj: ContractObject) -> Located | None:
        """Where an engine can read the object's rows in place; None where only `extract` does.

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


# --- engine


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


# --- warehouse


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


# --- Python models


@dataclass(frozen=True, slots=True)
class Limits:
    """What a model's process may use."""

    memory_bytes: int = 4 << 30
    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class ProcessCost:
    """What a process and those that it started took, also where it was ended from outside."""

    cpu_seconds: float
    peak_memory_bytes: int  # an upper bound where the process could not tell it itself


class PythonRunner(Protocol):
    """Runs Python models in child processes."""

    isolated: bool  # whether the child is kept from files and network here

    def run(
        self,
        text: str,
        where: str,
        inputs: Mapping[str, Callable[[], pa.RecordBatchReader]],
        folder: Path,
        limits: Limits = Limits(),
        charge: Callable[[ProcessCost], None] | None = None,
        withhold: bool = False,
    ) -> AbstractContextManager[pa.RecordBatchReader]:
        """Run the model's function on its inputs (by parameter name); yields what it returns.

        `charge` is told what the child took as soon as it has ended, also when the model failed.

        Raises:
            BuildError: the model failed, ran out of memory or time; holds its traceback's last lines,
                but neither its message nor what it printed where the run is to `withhold` data.
        """
        ...


class EventSink(Protocol):
    """Takes events of runs as plain data."""

    def send(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Take events, in order.

        Raises:
            Unavailable: they are not taken; says why.
        """
        ...


class Infrastructure(Protocol):
    """Everything an environment provides; each part is made when it is first used."""

    @property
    def engine(self) -> Engine:
        """Runs SQL over handles."""
        ...

    @property
    def warehouse(self) -> Warehouse:
        """Keeps tables."""
        ...

    @property
    def python(self) -> PythonRunner:
        """Runs Python models."""
        ...

    @property
    def readers(self) -> Mapping[str, SourceReader]:
        """Source readers by ODCS server type."""
        ...

    @property
    def custom_engines(self) -> Mapping[str, CustomEngine]:
        """Engines of custom rules, by their name in lower case without signs."""
        ...

    @property
    def events(self) -> EventSink | None:
        """Where OpenLineage events go; None where nobody wants them."""
        ...
