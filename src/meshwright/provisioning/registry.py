"""The registry: what was applied, what happened, what is published, who works on what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from meshwright.model.address import ProductKey
from meshwright.model.external import External, ExternalKey
from meshwright.model.product import Bundle
from meshwright.model.publication import Candidate, DataFile, Fact, Handle, ObjectKey, Operation, Publication

METADATA = ".metadata.json"
"""How the name of table metadata ends (Iceberg v2)."""


@dataclass(frozen=True, slots=True)
class ProductState:
    """What an environment knows of one product, without its documents.

    `digest` is that of the applied bundle. `current` is the publication readers see; `pinned`
    is set by a rollback. `last_number` is the highest publication number ever given.
    """

    key: ProductKey
    digest: str
    status: str
    applied_at: str
    current: Publication | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class EnvironmentState:
    """Everything a plan is made against. `token` changes with every change of the rest."""

    environment: str
    token: str
    products: Mapping[ProductKey, ProductState]
    domains: Mapping[str, str]  # name -> digest of the applied domain document
    owners: Mapping[str, str] = field(default_factory=dict)  # domain -> repository that applied it
    policies: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # owner -> digest, repository


@dataclass(frozen=True, slots=True)
class Lock:
    """The right to publish one product; `fence` grows with every acquisition."""

    environment: str
    product: ProductKey
    holder: str
    fence: int
    expires_at: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Intent:
    """A run that may have written files below `prefixes` and has not ended.

    `inputs` are the publications that it reads: while it lives, they are retained.
    """

    run: str
    environment: str
    product: ProductKey
    fence: int
    started_at: str
    prefixes: tuple[str, ...]
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A fact to be recorded."""

    kind: str
    subject: str
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What one publication did to one object, for readers that follow changes.

    `added` holds only files of new rows: files of a compaction hold none.
    """

    publication: str
    number: int
    operation: Operation
    added: tuple[DataFile, ...]


@dataclass(frozen=True, slots=True)
class AppliedDomain:
    """A domain's document as last applied, and the repository that owns it (`repository` of mesh.yaml)."""

    name: str
    digest: str
    document: Mapping[str, Any]
    repository: str


@dataclass(frozen=True, slots=True)
class AppliedPolicies:
    """Policies and waivers of the mesh or of a domain (`owner`) as last applied.

    `document` is as `model.policy.set_document` makes it; `repository` is the tree that applied it.
    """

    owner: str
    digest: str
    document: Mapping[str, Any]
    repository: str


class Registry(Protocol):
    """One store for all environments of a mesh; every row carries its environment.

    Each method is one transaction. Methods raise `Unavailable` when the store does not answer.
    Facts are recorded in the transaction of what they tell of.
    """

    # --- what was applied

    def state(self, environment: str) -> EnvironmentState:
        """Every applied product and domain, without documents, in a constant number of reads."""
        ...

    def bundles(
        self, environment: str, keys: Iterable[ProductKey] | None = None
    ) -> Mapping[ProductKey, Bundle]:
        """The applied bundles of these products (of all when None)."""
        ...

    def lineages(
        self, environment: str, keys: Iterable[ProductKey] | None = None
    ) -> Mapping[ProductKey, str]:
        """The stored column lineage (`model.lineage`) of these products, of all when None.

        Products that were applied before lineage was stored have none.
        """
        ...

    def domains(self, environment: str) -> Mapping[str, AppliedDomain]:
        """The applied domains."""
        ...

    def policies(self, environment: str) -> Mapping[str, AppliedPolicies]:
        """The applied policies and waivers by owner: `mesh`, or a domain."""
        ...

    def apply(
        self,
        environment: str,
        expected_token: str | None,
        bundles: Sequence[tuple[Bundle, str]],
        removed: Sequence[ProductKey],
        domains: Sequence[AppliedDomain],
        events: Sequence[Event],
        lineages: Mapping[ProductKey, str] | None = None,
        policies: Mapping[str, AppliedPolicies | None] | None = None,
    ) -> None:
        """Store applied bundles (with status and lineage), domains and policies; forget removed products.

        `policies` are by owner; None forgets those of one.
        A removed product loses its publications, its table pointers and its lock; its files are
        doomed. Its facts stay.

        Raises:
            Conflict: the environment's token is not `expected_token` (when one is given).
        """
        ...

    # --- what others tell

    def tell(
        self,
        environment: str,
        keys: Sequence[ExternalKey],
        fold: Callable[[External], External],
        events: Sequence[Event],
    ) -> bool:
        """Store what `fold` makes of what is known of these datasets and jobs, and record the events.

        `fold` gets those of `keys` that are known; there is at least one event. False when it changes
        nothing: nothing is recorded then.
        """
        ...

    def external(self, environment: str) -> External:
        """Everything that others told of datasets and jobs outside the mesh."""
        ...

    # --- locks

    def acquire(self, environment: str, product: ProductKey, holder: str, seconds: float) -> Lock:
        """Take the product's lock for `seconds`, with a fence higher than any before.

        Raises:
            LockHeld: somebody holds it and it has not expired; says who and until when.
        """
        ...

    def renew(self, lock: Lock, seconds: float) -> Lock:
        """Hold on for `seconds` from now.

        Raises:
            Fenced: the lock was lost.
        """
        ...

    def release(self, lock: Lock) -> None:
        """Give the lock back; nothing happens when it was lost already."""
        ...

    def held(self, environment: str) -> tuple[Lock, ...]:
        """The locks that are held and have not expired."""
        ...

    # --- runs

    def begin(
        self, intent: Intent, base: str | None, holder: str, seconds: float, events: Sequence[Event]
    ) -> Lock:
        """Take the product's lock for a run that is about to write, and record what it reads.

        The lock's fence takes the place of the intent's.

        Raises:
            LockHeld: somebody holds the lock and it has not expired; says who and until when.
            Conflict: the current publication is not `base`, or one that the intent names is not
                retained any more.
        """
        ...

    def abandon(self, run: str, environment: str, events: Sequence[Event]) -> None:
        """Forget the intent of a run whose files are gone."""
        ...

    def intents(self, environment: str, dead_only: bool = True) -> tuple[Intent, ...]:
        """Open intents; `dead_only` leaves out those whose lock is still held with their fence."""
        ...

    # --- publications

    def publish(
        self,
        lock: Lock,
        publication: Publication,
        base: str | None,
        candidates: Sequence[Candidate],
        events: Sequence[Event],
        found: Mapping[tuple[str, str], int] | None = None,
        release: bool = False,
    ) -> Publication:
        """The commit point: make `publication` the one that readers see, in one transaction.

        Checks the lock's fence, that the current publication is `base`, and that every table
        pointer is where the base left it; records handles, inputs and cursors; swaps all table
        pointers; removes the intent of `publication.run`; unpins the product. Returns the
        publication with its number. `publication.id` makes it idempotent: one that is already
        recorded is returned as it is. `found` holds what verification counted in its files, by
        path and digest of what was counted; with `release` the lock is given back too.

        Raises:
            Fenced: the lock was lost.
            Conflict: the current publication is not `base`.
        """
        ...

    def recall_counts(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """What verification counted in files, by path and digest; gone with the files."""
        ...

    def publications(self, environment: str, product: ProductKey) -> tuple[Publication, ...]:
        """Retained publications, newest first."""
        ...

    def current(self, environment: str, products: Iterable[ProductKey]) -> dict[ProductKey, Publication]:
        """What readers see of each product that has something published, in one read."""
        ...

    def handles(self, publication: str) -> Mapping[ObjectKey, Handle]:
        """Every object of a publication, with its files."""
        ...

    def as_of(self, environment: str, moment: str) -> Mapping[ProductKey, Publication]:
        """What readers saw at `moment` (ISO 8601, UTC), rollbacks included."""
        ...

    def changes(self, environment: str, key: ObjectKey, after: str, until: str) -> tuple[Change, ...] | None:
        """What the publications after `after` up to `until` did to an object, oldest first.

        None when that cannot be told: `after` is no longer retained, comes later than `until`,
        or a rollback lies between them.
        """
        ...

    def move(self, lock: Lock, to: str, pinned: bool, events: Sequence[Event]) -> Publication:
        """Make an older (or newer) retained publication the current one: rollback.

        Raises:
            Fenced: the lock was lost.
        """
        ...

    def unpin(self, lock: Lock, events: Sequence[Event]) -> None:
        """Let the product be stale again."""
        ...

    # --- maintenance

    def sealed(self, environment: str, product: ProductKey, newest: int) -> tuple[int, frozenset[str]]:
        """How many publications of a product are retained, and the table metadata of the newest."""
        ...

    def expire(self, lock: Lock, keep: int) -> int:
        """Forget publications beyond the newest `keep`; gives how many.

        The current one stays, and so does what a run under way reads. Files and metadata that no
        retained publication refers to are doomed.
        """
        ...

    def doomed(
        self, environment: str, grace: float = 0.0, product: ProductKey | None = None
    ) -> Mapping[ProductKey, tuple[str, ...]]:
        """Paths to delete from storage, of one product or of all: doomed for `grace` seconds or longer.

        Products that a live run works on are not among them.
        """
        ...

    def waiting(self, environment: str, grace: float) -> tuple[int, str | None]:
        """How many doomed paths are not doomed for `grace` seconds yet, and when all will be (ISO 8601)."""
        ...

    def metadata_locations(self, product: ProductKey) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """A product's table metadata in every environment: of retained publications, and doomed ones."""
        ...

    def orphans(self, product: ProductKey, paths: Sequence[str]) -> tuple[str, ...] | None:
        """The paths that no publication holds and that are not doomed, in any environment.

        None while a run of the product, in any environment, may be writing. What lies below a
        metadata location (manifest lists, manifests) the registry does not know.
        """
        ...

    def moment(self) -> float:
        """The registry's time, in seconds since the epoch."""
        ...

    def forget(self, environment: str, paths: Sequence[str]) -> None:
        """These doomed paths are gone from storage."""
        ...

    # --- facts

    def record(self, environment: str, events: Sequence[Event]) -> None:
        """Append facts."""
        ...

    def record_unless(
        self,
        environment: str,
        events: Sequence[Event],
        seen: int,
        kinds: Sequence[str],
        clash: Callable[[Event, Fact], bool],
    ) -> Sequence[Event]:
        """Append those facts that nobody was faster with; gives what was appended.

        One that `clash` finds at odds with a fact of `kinds` whose sequence is above `seen` is left out. So
        several processes may decide by what they saw and record it once.
        """
        ...

    def facts(
        self,
        environment: str,
        subject: str | None = None,
        kinds: Sequence[str] = (),
        limit: int | None = None,
    ) -> tuple[Fact, ...]:
        """Facts, newest first."""
        ...

    def last_ends(self, environment: str) -> Mapping[ProductKey, Fact]:
        """How the last run of each applied product ended: a `run.finished` or a `run.died`.

        Runs of declarations that are no longer the applied ones do not count. One read.
        """
        ...

    def verify_facts(self, environment: str) -> Fact | None:
        """The first fact whose hash does not follow from the one before it; None when all do."""
        ...
