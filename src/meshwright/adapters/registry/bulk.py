"""An environment read in bulk, for tables of the whole mesh."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, and_, func, null, select

from meshwright.adapters.registry import declarations, external, files
from meshwright.adapters.registry.codec import load
from meshwright.adapters.registry.database import Transaction
from meshwright.adapters.registry.facts import read, to_fact
from meshwright.adapters.registry.tables import (
    bundles,
    environments,
    facts,
    products,
    publication_objects,
    publications,
    served,
)
from meshwright.adapters.registry.tables import lineage as stored_lineage
from meshwright.model.address import ProductKey
from meshwright.model.external import External
from meshwright.model.publication import Fact
from meshwright.provisioning.registry import AppliedDomain, AppliedPolicies
from meshwright.provisioning.tables import AppliedProduct, RecordedPublication

_PRODUCTS = 1000
_FACTS = 2000


class BulkReading:
    """See `provisioning.tables.Reading`; everything is read in one transaction."""

    def __init__(self, tx: Transaction, environment: str) -> None:
        self._tx = tx
        self._environment = environment

    def token(self) -> tuple[str, str]:
        """See `provisioning.tables.Reading`."""
        query = select(environments).where(environments.c.name == self._environment)
        head = self._tx.run(query).one_or_none()
        return ("", "") if head is None else (head.identity, f"{head.version}.{head.fact_sequence}")

    def versions(self) -> Mapping[ProductKey, str]:
        """See `provisioning.tables.Reading`."""
        version = (products.c.digest + " " + products.c.applied_at).label("version")
        query = select(products.c.domain, products.c.product, version)
        rows = self._tx.run(query.where(products.c.environment == self._environment))
        return {ProductKey(domain, product): version for domain, product, version in map(tuple, rows)}

    def products(
        self, keys: Collection[ProductKey] | None = None, lineage: bool = False
    ) -> Iterator[Sequence[AppliedProduct]]:
        """See `provisioning.tables.Reading`."""
        edges = stored_lineage.c.edges if lineage else null().label("edges")
        query = (
            select(
                products.c.domain,
                products.c.product,
                products.c.folder,
                products.c.digest,
                products.c.status,
                products.c.applied_at,
                bundles.c.documents,
                edges,
            )
            .join(
                bundles,
                and_(
                    products.c.environment == bundles.c.environment,
                    products.c.domain == bundles.c.domain,
                    products.c.product == bundles.c.product,
                ),
            )
            .where(products.c.environment == self._environment)
        )
        if lineage:
            of = [products.c[name] == stored_lineage.c[name] for name in ("environment", "domain", "product")]
            query = query.outerjoin(stored_lineage, and_(*of))
        if keys is None:
            query = query.order_by(products.c.domain, products.c.product)
            rows = self._tx.run(query.execution_options(yield_per=_PRODUCTS))
            for part in rows.partitions(_PRODUCTS):
                yield [_product(row) for row in part]
            return
        for chunk in files.chunks(sorted(keys)):
            yield [_product(row) for row in self._tx.run(query.where(files.of_products(products, chunk)))]

    def domains(self) -> Mapping[str, AppliedDomain]:
        """See `provisioning.tables.Reading`."""
        return declarations.applied_domains(self._tx, self._environment)

    def policies(self) -> Mapping[str, AppliedPolicies]:
        """See `provisioning.tables.Reading`."""
        return declarations.applied_policies(self._tx, self._environment)

    def facts(self, after: int) -> Iterator[Sequence[Fact]]:
        """See `provisioning.tables.Reading`."""
        query = (
            select(facts)
            .where(facts.c.environment == self._environment, facts.c.sequence > after)
            .order_by(facts.c.sequence)
        )
        rows = self._tx.run(query.execution_options(yield_per=_FACTS))
        for part in rows.partitions(_FACTS):
            yield [to_fact(row) for row in part]

    def facts_of(
        self, product: ProductKey, kinds: Collection[str], newest: int | None = None
    ) -> Sequence[Fact]:
        """See `provisioning.tables.Reading`."""
        return read(self._tx, self._environment, str(product), tuple(kinds), newest)[::-1]

    def publications(self) -> Sequence[RecordedPublication]:
        """See `provisioning.tables.Reading`."""
        held = (
            select(
                publication_objects.c.publication,
                func.sum(publication_objects.c.rows).label("rows"),
                func.sum(publication_objects.c.bytes).label("bytes"),
            )
            .group_by(publication_objects.c.publication)
            .subquery()
        )
        query = (
            select(publications, held.c.rows, held.c.bytes, served.c.pinned)
            .outerjoin(held, held.c.publication == publications.c.id)
            .outerjoin(served, served.c.publication == publications.c.id)
            .where(publications.c.environment == self._environment)
            .order_by(publications.c.domain, publications.c.product, publications.c.number)
        )
        return tuple(map(_publication, self._tx.run(query)))

    def external(self, after: int) -> tuple[int, External]:
        """See `provisioning.tables.Reading`."""
        return external.told_after(self._tx, self._environment, after)


def _product(row: Row[Any]) -> AppliedProduct:
    domain, product, folder, digest, status, applied_at, documents, edges = tuple(row)
    key = ProductKey(domain, product)
    return AppliedProduct(key, folder, digest, load(documents), status, applied_at, edges)


def _publication(row: Row[Any]) -> RecordedPublication:
    detail = load(row.detail)
    return RecordedPublication(
        id=row.id,
        product=ProductKey(row.domain, row.product),
        number=row.number,
        run=row.run,
        created_at=row.created_at,
        due_at=detail.get("due_at"),
        current=row.pinned is not None,
        pinned=None if row.pinned is None else bool(row.pinned),
        rows=int(row.rows or 0),
        bytes=int(row.bytes or 0),
        inputs=detail.get("inputs") or {},
    )
