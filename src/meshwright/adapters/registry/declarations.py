"""What was applied: products with their bundles, and domains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, and_, select

from meshwright.adapters.registry import facts, files, locks, maintenance
from meshwright.adapters.registry.codec import dump, load
from meshwright.adapters.registry.database import Transaction, iso
from meshwright.adapters.registry.published import to_publication
from meshwright.adapters.registry.tables import (
    bundles,
    domains,
    environments,
    lineage,
    policies,
    products,
    publications,
    served,
)
from meshwright.errors import Conflict
from meshwright.model.address import ProductKey
from meshwright.model.product import Bundle
from meshwright.provisioning.registry import (
    AppliedDomain,
    AppliedPolicies,
    EnvironmentState,
    Event,
    ProductState,
)


def state(tx: Transaction, environment: str) -> EnvironmentState:
    """Every applied product and domain, in four reads."""
    head = tx.run(select(environments).where(environments.c.name == environment)).one_or_none()
    columns = [column for column in publications.c if column.name not in ("environment", "domain", "product")]
    query = (
        select(products, served.c.pinned, *columns)
        .outerjoin(
            served,
            and_(
                served.c.environment == products.c.environment,
                served.c.domain == products.c.domain,
                served.c.product == products.c.product,
            ),
        )
        .outerjoin(publications, publications.c.id == served.c.publication)
        .where(products.c.environment == environment)
    )
    found = _product_states(tx.run(query).all())
    about = select(domains.c.name, domains.c.digest, domains.c.repository)
    known = tx.run(about.where(domains.c.environment == environment)).all()
    demands = select(policies.c.owner, policies.c.digest, policies.c.repository)
    demanded = tx.run(demands.where(policies.c.environment == environment)).all()
    return EnvironmentState(
        environment=environment,
        token=facts.token(head.identity, head.version) if head else "0",
        products=found,
        domains={row.name: row.digest for row in known},
        owners={row.name: row.repository for row in known},
        policies={row.owner: (row.digest, row.repository) for row in demanded},
    )


def applied_bundles(
    tx: Transaction, environment: str, keys: Iterable[ProductKey] | None
) -> dict[ProductKey, Bundle]:
    """The applied bundles of these products, or of all."""
    query = select(bundles, products.c.folder, products.c.digest).join(
        products,
        and_(
            products.c.environment == bundles.c.environment,
            products.c.domain == bundles.c.domain,
            products.c.product == bundles.c.product,
        ),
    )
    query = query.where(bundles.c.environment == environment)
    if keys is None:
        found = map(_bundle, tx.run(query))
        return {bundle.key: bundle for bundle in found}
    chosen: dict[ProductKey, Bundle] = {}
    for part in files.chunks(sorted(set(keys))):
        rows = tx.run(query.where(files.of_products(bundles, part)))
        chosen.update((bundle.key, bundle) for bundle in map(_bundle, rows))
    return chosen


def applied_lineages(
    tx: Transaction, environment: str, keys: Iterable[ProductKey] | None
) -> dict[ProductKey, str]:
    """The stored lineage of these products, or of all."""
    columns = (lineage.c.domain, lineage.c.product, lineage.c.edges)
    query = select(*columns).where(lineage.c.environment == environment)
    queries = [query]
    if keys is not None:
        queries = [query.where(files.of_products(lineage, part)) for part in files.chunks(sorted(set(keys)))]
    rows = (row for each in queries for row in tx.run(each))
    return {ProductKey(row.domain, row.product): row.edges for row in rows}


def applied_domains(tx: Transaction, environment: str) -> dict[str, AppliedDomain]:
    """The applied domains."""
    rows = tx.run(select(domains).where(domains.c.environment == environment))
    found = (AppliedDomain(row.name, row.digest, load(row.document), row.repository) for row in rows)
    return {domain.name: domain for domain in found}


def applied_policies(tx: Transaction, environment: str) -> dict[str, AppliedPolicies]:
    """The applied policies by owner."""
    rows = tx.run(select(policies).where(policies.c.environment == environment).order_by(policies.c.owner))
    found = (AppliedPolicies(row.owner, row.digest, load(row.document), row.repository) for row in rows)
    return {each.owner: each for each in found}


def apply(
    tx: Transaction,
    environment: str,
    expected_token: str | None,
    applied: Sequence[tuple[Bundle, str]],
    removed: Sequence[ProductKey],
    changed_domains: Sequence[AppliedDomain],
    events: Sequence[Event],
    lineages: Mapping[ProductKey, str],
    demanded: Mapping[str, AppliedPolicies | None],
) -> None:
    """Store bundles, domains and policies, forget removed products; locks first, then the environment."""
    locks.revoke(tx, environment, removed)
    head = facts.hold_head(tx, environment)
    if expected_token is not None and head.token != expected_token:
        raise Conflict(
            f"the environment {environment} has changed since the plan was made",
            where=environment,
            why=f"the plan was made against state {expected_token}; it is now {head.token}",
            way_out="make a new plan with `mesh plan`, and apply that",
        )
    at = iso(tx.seconds())
    for part in files.chunks([(_key(environment, bundle.key), bundle, status) for bundle, status in applied]):
        tx.upsert(
            products,
            [
                {**key, "folder": bundle.folder, "digest": bundle.digest, "status": status, "applied_at": at}
                for key, bundle, status in part
            ],
        )
        tx.upsert(
            bundles,
            [
                {**key, "documents": dump(dict(bundle.documents)), "texts": dump(dict(bundle.texts))}
                for key, bundle, _ in part
            ],
        )
    edges = [{**_key(environment, product), "edges": text} for product, text in sorted(lineages.items())]
    for part in files.chunks(edges):
        tx.upsert(lineage, part)
    for product in sorted(removed):
        for table in (products, bundles, lineage):
            tx.run(table.delete().where(files.of_product(table, environment, product)))
        maintenance.remove(tx, environment, product)
    rows = [
        {
            "environment": environment,
            "name": d.name,
            "digest": d.digest,
            "document": dump(d.document),
            "repository": d.repository,
        }
        for d in changed_domains
    ]
    tx.upsert(domains, rows)
    for owner, found in sorted(demanded.items()):
        if found is None:
            tx.run(policies.delete().where(policies.c.environment == environment, policies.c.owner == owner))
        else:
            values = {"digest": found.digest, "document": dump(found.document)}
            row = {"environment": environment, "owner": owner, **values, "repository": found.repository}
            tx.upsert(policies, [row])
    facts.append(tx, head, events, changed=True)


def _key(environment: str, product: ProductKey) -> dict[str, Any]:
    return {"environment": environment, "domain": product.domain, "product": product.product}


def _product_states(rows: Sequence[Row[Any]]) -> dict[ProductKey, ProductState]:
    """States by product; all details are parsed in one go, which is what makes ten thousand quick."""
    details = load(f"[{','.join(row.detail or 'null' for row in rows)}]")
    found: dict[ProductKey, ProductState] = {}
    for row, detail in zip(rows, details, strict=True):
        key = ProductKey(row.domain, row.product)
        current = to_publication(row, key, detail) if detail else None
        found[key] = ProductState(key, row.digest, row.status, row.applied_at, current, bool(row.pinned))
    return found


def _bundle(row: Row[Any]) -> Bundle:
    return Bundle(row.domain, row.product, row.folder, row.digest, load(row.documents), load(row.texts))
