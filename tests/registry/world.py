"""A small product that publishes, for tests of the registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from meshwright.adapters.registry import SqlRegistry
from meshwright.model.address import ProductKey
from meshwright.model.product import Bundle
from meshwright.model.publication import (
    Candidate,
    Column,
    DataFile,
    Handle,
    ObjectKey,
    Operation,
    PartitionField,
    Publication,
)
from meshwright.model.types import ColumnType
from meshwright.provisioning.registry import Event, Lock

DEALS = ProductKey("brokerage", "deals")
COLUMNS = (
    Column(1, "id", ColumnType("int64"), "the key"),
    Column(2, "amount", ColumnType("decimal", 12, 2)),
)


class FakeClock:
    """Seconds since the epoch, as told."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


def file(name: str, rows: int = 10) -> DataFile:
    return DataFile(f"/warehouse/{name}.parquet", rows * 100, rows, {})


def bundle(product: ProductKey = DEALS, digest: str = "d1") -> Bundle:
    folder = f"domains/{product.domain}/{product.product}"
    documents = {"product.yaml": {"name": product.product, "tags": None, "z": 1, "a": [1.5, "x"]}}
    texts = {"models/deals.sql": "SELECT 'é\x00' AS odd"}
    return Bundle(product.domain, product.product, folder, digest, documents, texts)


class World:
    """Publishes objects of one product, one lock for each thing it does."""

    def __init__(
        self, registry: SqlRegistry, product: ProductKey = DEALS, environment: str = "dev", tag: str = ""
    ) -> None:
        self.registry = registry
        self.product = product
        self.environment = environment
        self.tag = tag
        self.count = 0

    def key(self, name: str = "deals", major: int = 1, port: str | None = "out") -> ObjectKey:
        return ObjectKey(self.product, name, major, port)

    def lock(self, seconds: float = 60, holder: str = "test") -> Lock:
        return self.registry.acquire(self.environment, self.product, holder, seconds)

    def current(self) -> Publication | None:
        found = tuple(self.registry.current(self.environment, [self.product]).values())
        return found[0] if found else None

    def handles(self, publication: str | None = None) -> Mapping[ObjectKey, Handle]:
        if publication is None:
            current = self.current()
            publication = current.id if current else None
        return self.registry.handles(publication) if publication else {}

    def paths(self, publication: str | None = None, key: ObjectKey | None = None) -> set[str]:
        handle = self.handles(publication).get(key or self.key())
        return {f.path for f in handle.files} if handle else set()

    def candidate(
        self,
        key: ObjectKey,
        id: str,
        files: Iterable[DataFile],
        operation: Operation = "full",
        compacted: Sequence[DataFile] = (),
    ) -> Candidate:
        """A sealed candidate with exactly `files`, against the current publication."""
        base = self.handles().get(key)
        held = tuple(files)
        before = {f.path for f in base.files} if base else set()
        now = {f.path for f in held}
        kept = {f.path for f in compacted}
        metadata = f"/warehouse/{key}/{id}.metadata.json"
        if operation == "keep" and base is not None:
            metadata = base.metadata or ""
        return Candidate(
            handle=Handle(key, COLUMNS, held, (PartitionField("id", "bucket[4]"),), metadata),
            operation=operation,
            base=base,
            added=tuple(f for f in held if f.path not in before | kept),
            removed=tuple(f for f in base.files if f.path not in now) if base else (),
            compacted=tuple(compacted),
        )

    def publication(self, id: str) -> Publication:
        return Publication(
            id=id,
            environment=self.environment,
            product=self.product,
            number=0,
            run=f"run-{id}",
            fingerprint="f1",
            created_at="2026-01-31T18:00:00Z",
            inputs={"assets/buildings": "b1"},
            cursors={"crm.deals": "2026-01-31"},
            objects=(str(self.key()),),
            due_at="2026-02-01T18:00:00Z",
        )

    def publish_files(
        self,
        files: Iterable[DataFile],
        operation: Operation = "full",
        compacted: Sequence[DataFile] = (),
        key: ObjectKey | None = None,
        lock: Lock | None = None,
    ) -> Publication:
        """Publish one object with exactly `files`."""
        id = self.next_id()
        candidate = self.candidate(key or self.key(), id, files, operation, compacted)
        return self.publish(id, [candidate], lock=lock)

    def next_id(self) -> str:
        self.count += 1
        return f"{self.tag}{self.environment}-{self.product.product}-{self.count}"

    def publish(
        self, id: str, candidates: Sequence[Candidate], base: str | None = None, lock: Lock | None = None
    ) -> Publication:
        """Publish on the current publication, under a lock that is given back."""
        current = self.current()
        held = lock or self.lock()
        try:
            return self.registry.publish(
                held,
                self.publication(id),
                base or (current.id if current else None),
                candidates,
                [Event("publication.sealed", str(self.product), {"id": id})],
            )
        finally:
            if lock is None:
                self.registry.release(held)

    def append(self, new: DataFile, lock: Lock | None = None) -> Publication:
        """Publish the current files and a new one."""
        handle = self.handles().get(self.key())
        return self.publish_files([*(handle.files if handle else ()), new], "append", lock=lock)

    def move(self, to: Publication, pinned: bool = True) -> Publication:
        lock = self.lock()
        try:
            return self.registry.move(lock, to.id, pinned, [Event("rollback", str(self.product))])
        finally:
            self.registry.release(lock)

    def expire(self, keep: int) -> tuple[str, ...]:
        """Forget all but the newest; the product's paths that may be deleted without a grace."""
        lock = self.lock()
        try:
            self.registry.expire(lock, keep)
        finally:
            self.registry.release(lock)
        return self.doomed()

    def doomed(self, grace: float = 0.0) -> tuple[str, ...]:
        return self.registry.doomed(self.environment, grace).get(self.product, ())
