"""Domains: in a list, and each by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from meshwright.errors import NotFound
from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.health import Level
from meshwright.supervision.catalogue.rows import Row
from meshwright.supervision.catalogue.summary import ProductSummary


@dataclass(frozen=True, slots=True)
class DomainSummary:
    """A domain in a list; `products` and `health` leave out retired ones."""

    name: str
    address: str
    description: str | None
    team: str | None
    tags: tuple[str, ...]
    products: int
    health: Mapping[Level, int]


@dataclass(frozen=True, slots=True)
class DomainDetail:
    """A domain with its products, its people, and the domains that it reads and that read it.

    `reads` and `read_by` count the products of the other domain that are read, or that read.
    """

    summary: DomainSummary
    repository: str
    products: Sequence[ProductSummary]
    people: Sequence[Row]
    support: Sequence[Row]
    reads: Mapping[str, int]
    read_by: Mapping[str, int]


def domains(catalogue: Catalogue, now: datetime) -> Sequence[DomainSummary]:
    """Every domain by its name."""
    return catalogue.during("domains", now, lambda: _domains(catalogue, now))


def _domains(catalogue: Catalogue, now: datetime) -> Sequence[DomainSummary]:
    health: dict[str, Counter[Level]] = {}
    for product, found_health in catalogue.judged(now):
        if product.status != "retired":
            health.setdefault(product.domain, Counter())[found_health.level] += 1
    found = [_summary(row, health.get(row["domain"], Counter())) for row in _rows(catalogue)]
    return sorted(found, key=lambda each: each.name)


def domain(catalogue: Catalogue, name: str, now: datetime) -> DomainDetail:
    """One domain.

    Raises:
        NotFound: there is none.
    """
    row = next((row for row in _rows(catalogue) if row["domain"] == name), None)
    if row is None:
        raise NotFound(f"there is no domain {name}", way_out="the home page lists those that there are")
    products = [each for each in catalogue.products.values() if each.domain == name]
    levels = Counter(each.health(now).level for each in products if each.status != "retired")
    reads: dict[str, set[tuple[str, str]]] = {}
    read_by: dict[str, set[tuple[str, str]]] = {}
    for each in products:
        key = (each.domain, each.product)
        for other in catalogue.reads.get(key, ()):
            reads.setdefault(other[0], set()).add(other)
        for other in catalogue.consumers.get(key, ()):
            read_by.setdefault(other[0], set()).add(other)
    return DomainDetail(
        summary=_summary(row, levels),
        repository=row["repository"],
        products=products,
        people=_of_domain(catalogue, "people", name),
        support=_of_domain(catalogue, "support", name),
        reads={other: len(found) for other, found in sorted(reads.items()) if other != name},
        read_by={other: len(found) for other, found in sorted(read_by.items()) if other != name},
    )


def _rows(catalogue: Catalogue) -> Sequence[Row]:
    found: Sequence[Row] = catalogue.tables["domains"].to_pylist()
    return found


def _summary(row: Row, levels: Counter[Level]) -> DomainSummary:
    return DomainSummary(
        name=row["domain"],
        address=row["address"],
        description=row["description"],
        team=row["team"],
        tags=tuple(row["tags"] or ()),
        products=sum(levels.values()),
        health=levels,
    )


def _of_domain(catalogue: Catalogue, relation: str, name: str) -> Sequence[Row]:
    import pyarrow.compute as pc

    table = catalogue.tables[relation]
    found: Sequence[Row] = table.filter(
        pc.and_(pc.equal(table["of"], "domain"), pc.equal(table["domain"], name))
    ).to_pylist()
    return found
