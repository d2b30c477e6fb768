"""The registry in a SQL database: each method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

from meshwright.adapters.registry import (
    counts,
    declarations,
    external,
    facts,
    locks,
    maintenance,
    publications,
    published,
)
from meshwright.adapters.registry.bulk import BulkReading
from meshwright.adapters.registry.database import Clock, Database, epoch
from meshwright.adapters.registry.schema import ensure_schema
from meshwright.model.address import ProductKey
from meshwright.model.external import External, ExternalKey
from meshwright.model.product import Bundle
from meshwright.model.publication import Candidate, Fact, Handle, ObjectKey, Publication
from meshwright.provisioning.registry import (
    AppliedDomain,
    AppliedPolicies,
    Change,
    EnvironmentState,
    Event,
    Intent,
    Lock,
    Registry,
)


def open_registry(
    url: str, password: str | None = None, *, clock: Clock | None = None, wait: float = 30.0
) -> SqlRegistry:
    """Open the registry at a SQLAlchemy URL, and create or migrate it at first use.

    `clock` replaces the time of the database server (of this machine for SQLite); `wait` is how
    many seconds a locked database is waited for.

    Raises:
        InputError: the URL names no database that a registry can live in.
        MissingPart: PostgreSQL without the extra `meshwright[postgres]`.
        Unavailable: the database does not answer, or belongs to newer code.
    """
    database = Database(url, password, clock, wait)
    try:
        ensure_schema(database)
    except BaseException:
        database.close()
        raise
    return SqlRegistry(database)


class SqlRegistry(Registry):
    """A registry in SQLite or PostgreSQL, with the Iceberg catalogue's pointers beside it.

    It may be used from several threads, and the database by several processes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- what was applied

    def state(self, environment: str) -> EnvironmentState:
        """Every applied product and domain, in four reads."""
        with self._database.reading() as tx:
            return declarations.state(tx, environment)

    def bundles(
        self, environment: str, keys: Iterable[ProductKey] | None = None
    ) -> Mapping[ProductKey, Bundle]:
        """The applied bundles of these products; unknown ones are left out."""
        with self._database.reading() as tx:
            return declarations.applied_bundles(tx, environment, keys)

    def lineages(
        self, environment: str, keys: Iterable[ProductKey] | None = None
    ) -> Mapping[ProductKey, str]:
        """The stored column lineage of these products; ones without are left out."""
        with self._database.reading() as tx:
            return declarations.applied_lineages(tx, environment, keys)

    def domains(self, environment: str) -> Mapping[str, AppliedDomain]:
        """The applied domains."""
        with self._database.reading() as tx:
            return declarations.applied_domains(tx, environment)

    def policies(self, environment: str) -> Mapping[str, AppliedPolicies]:
        """The applied policies by owner."""
        with self._database.reading() as tx:
            return declarations.applied_policies(tx, environment)

    @contextmanager
    def reading(self, environment: str) -> Iterator[BulkReading]:
        """See `provisioning.tables.Readable`."""
        with self._database.reading() as tx:
            yield BulkReading(tx, environment)

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
        """Store bundles, domains and policies and forget removed products, all or nothing."""
        with self._database.writing(durable=True) as tx:
            declarations.apply(
                *(tx, environment, expected_token, bundles, removed, domains, events),
                lineages or {},
                policies or {},
            )

    # --- what others tell

    def tell(
        self,
        environment: str,
        keys: Sequence[ExternalKey],
        fold: Callable[[External], External],
        events: Sequence[Event],
    ) -> bool:
        """Store what `fold` makes of what is known of these keys, with facts; false when nothing changed."""
        with self._database.writing() as tx:
            return external.tell(tx, environment, keys, fold, events)

    def external(self, environment: str) -> External:
        """Everything that others told of."""
        with self._database.reading() as tx:
            return external.told_after(tx, environment, 0)[1]

    # --- locks

    def acquire(self, environment: str, product: ProductKey, holder: str, seconds: float) -> Lock:
        """Take the product's lock; a holder that has it already does not get it twice."""
        with self._database.writing() as tx:
            return locks.acquire(tx, environment, product, holder, seconds)

    def renew(self, lock: Lock, seconds: float) -> Lock:
        """Hold on to a lock; one that has expired is lost, even when nobody took it."""
        with self._database.writing() as tx:
            return locks.renew(tx, lock, seconds)

    def release(self, lock: Lock) -> None:
        """Give the lock back."""
        with self._database.writing() as tx:
            locks.release(tx, lock)

    def held(self, environment: str) -> tuple[Lock, ...]:
        """The locks that are held and have not expired."""
        with self._database.reading() as tx:
            return locks.held(tx, environment)

    # --- runs

    def begin(
        self, intent: Intent, base: str | None, holder: str, seconds: float, events: Sequence[Event]
    ) -> Lock:
        """Take the product's lock and record what a run is about to write, and what it reads."""
        with self._database.writing() as tx:
            lock = locks.acquire(tx, intent.environment, intent.product, holder, seconds)
            publications.require_current(tx, lock, base)
            locks.record_intent(tx, replace(intent, fence=lock.fence))
            publications.hold_inputs(tx, intent)
            facts.append(tx, facts.hold_head(tx, intent.environment), events)
            return lock

    def abandon(self, run: str, environment: str, events: Sequence[Event]) -> None:
        """Forget a run's intent."""
        with self._database.writing() as tx:
            locks.forget_intent(tx, environment, run)
            facts.append(tx, facts.hold_head(tx, environment), events)

    def intents(self, environment: str, dead_only: bool = True) -> tuple[Intent, ...]:
        """Open intents; a run that is called dead here can never publish afterwards."""
        with self._database.reading() as tx:
            if not dead_only:
                return locks.open_intents(tx, environment)
            expired = locks.has_expired_intents(tx, environment)
        if expired:
            with self._database.writing() as tx:
                locks.fence_expired(tx, environment)
        with self._database.reading() as tx:
            live = {intent.run for intent in locks.live_intents(tx, environment)}
            return tuple(i for i in locks.open_intents(tx, environment) if i.run not in live)

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
        """The commit point.

        Raises:
            Fenced: the lock was lost.
            Conflict: the current publication is not `base`, or another tool moved a table pointer.
        """
        with self._database.writing(durable=True) as tx:
            published = publications.publish(tx, lock, publication, base, candidates, events)
            if found:
                counts.keep(tx, found)
            if release:
                locks.release(tx, lock)
            return published

    def recall_counts(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """What verification counted in files, by path and digest of what was counted."""
        with self._database.reading() as tx:
            return counts.recall(tx, keys)

    def publications(self, environment: str, product: ProductKey) -> tuple[Publication, ...]:
        """Retained publications, newest first."""
        with self._database.reading() as tx:
            return published.retained(tx, environment, product)

    def current(self, environment: str, products: Iterable[ProductKey]) -> dict[ProductKey, Publication]:
        """What readers see of each product that has something published, in one read."""
        with self._database.reading() as tx:
            return published.current(tx, environment, products)

    def handles(self, publication: str) -> Mapping[ObjectKey, Handle]:
        """Every object of a publication, with its files, in two reads.

        Raises:
            InputError: the publication is not retained.
        """
        with self._database.reading() as tx:
            return published.handles(tx, publication)

    def as_of(self, environment: str, moment: str) -> Mapping[ProductKey, Publication]:
        """What readers saw at a moment; without products whose publication of then is forgotten.

        Raises:
            InputError: `moment` is not ISO 8601.
        """
        seconds = epoch(moment)
        with self._database.reading() as tx:
            return published.as_of(tx, environment, seconds)

    def changes(self, environment: str, key: ObjectKey, after: str, until: str) -> tuple[Change, ...] | None:
        """What the publications between two did to an object, or None when that cannot be told."""
        with self._database.reading() as tx:
            return published.changes(tx, environment, key, after, until)

    def move(self, lock: Lock, to: str, pinned: bool, events: Sequence[Event]) -> Publication:
        """Make a retained publication current; moving to the current one repairs its pointers.

        Raises:
            Fenced: the lock was lost.
            InputError: the product has no such publication.
        """
        with self._database.writing(durable=True) as tx:
            return publications.move(tx, lock, to, pinned, events)

    def unpin(self, lock: Lock, events: Sequence[Event]) -> None:
        """Let the product be stale again."""
        with self._database.writing(durable=True) as tx:
            publications.unpin(tx, lock, events)

    # --- maintenance

    def sealed(self, environment: str, product: ProductKey, newest: int) -> tuple[int, frozenset[str]]:
        """How many publications of a product are retained, and the table metadata of the newest."""
        with self._database.reading() as tx:
            return published.sealed(tx, environment, product, newest)

    def expire(self, lock: Lock, keep: int) -> int:
        """Forget publications beyond the newest `keep` (at least one); gives how many.

        Data files and metadata locations are doomed. What lies below a metadata location (manifest
        lists, manifests) is for the caller to find.
        """
        with self._database.writing() as tx:
            return maintenance.expire(tx, lock, keep)

    def doomed(
        self, environment: str, grace: float = 0.0, product: ProductKey | None = None
    ) -> Mapping[ProductKey, tuple[str, ...]]:
        """Paths that were doomed for `grace` seconds; none that lies below a folder of a live run."""
        with self._database.reading() as tx:
            return maintenance.doomed_paths(tx, environment, grace, product)

    def waiting(self, environment: str, grace: float) -> tuple[int, str | None]:
        """How many doomed paths are not doomed for `grace` seconds yet, and when all will be."""
        with self._database.reading() as tx:
            return maintenance.waiting(tx, environment, grace)

    def metadata_locations(self, product: ProductKey) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """A product's table metadata in every environment: of retained publications, and doomed ones."""
        with self._database.reading() as tx:
            return maintenance.metadata_locations(tx, product)

    def orphans(self, product: ProductKey, paths: Sequence[str]) -> tuple[str, ...] | None:
        """The paths that nothing refers to; None while a run of the product may be writing."""
        with self._database.reading() as tx:
            return maintenance.orphans(tx, product, paths)

    def moment(self) -> float:
        """The registry's time, in seconds since the epoch."""
        with self._database.reading() as tx:
            return tx.seconds()

    def forget(self, environment: str, paths: Sequence[str]) -> None:
        """These doomed paths are gone."""
        with self._database.writing() as tx:
            maintenance.forget(tx, environment, paths)
            counts.forget(tx, paths)

    # --- facts

    def record(self, environment: str, events: Sequence[Event]) -> None:
        """Append facts."""
        with self._database.writing() as tx:
            facts.append(tx, facts.hold_head(tx, environment), events)

    def record_unless(
        self,
        environment: str,
        events: Sequence[Event],
        seen: int,
        kinds: Sequence[str],
        clash: Callable[[Event, Fact], bool],
    ) -> Sequence[Event]:
        """Append those facts that nobody was faster with; gives what was appended."""
        with self._database.writing() as tx:
            return facts.append_unless(tx, environment, events, seen, kinds, clash)

    def facts(
        self,
        environment: str,
        subject: str | None = None,
        kinds: Sequence[str] = (),
        limit: int | None = None,
    ) -> tuple[Fact, ...]:
        """Facts, newest first."""
        with self._database.reading() as tx:
            return facts.read(tx, environment, subject, kinds, limit)

    def last_ends(self, environment: str) -> Mapping[ProductKey, Fact]:
        """How the last run of each applied product ended."""
        with self._database.reading() as tx:
            return facts.last_ends(tx, environment)

    def verify_facts(self, environment: str) -> Fact | None:
        """The first fact that does not follow; where the newest are missing, one of kind `missing`."""
        with self._database.reading() as tx:
            return facts.first_broken(tx, environment)
