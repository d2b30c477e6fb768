"""A portfolio: products with their use, health, compliance and cost, and what needs attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from meshwright.errors import InputError
from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.compliance import Compliance
from meshwright.supervision.catalogue.health import LEVELS, Health, Level
from meshwright.supervision.catalogue.summary import LIVE, ProductSummary

PAGE = 100
"""How many products a page of a portfolio has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which products; None: any. `level` is that of their health, `order` one of `ORDERS`."""

    domain: str | None = None
    owner: str | None = None
    status: str | None = None
    level: str | None = None
    order: str = "health"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A product of a portfolio; `marks` of 100 say how far it keeps the policies (None: there are none).

    `violations` are those that no waiver covers.
    """

    product: ProductSummary
    health: Health
    marks: float | None = None
    violations: int = 0


@dataclass(frozen=True, slots=True)
class Portfolio:
    """One page of the products that are wanted; the figures are those of all of them.

    `unused` counts live products that no other product reads, `cpu_seconds` and `bytes` are totals.
    `domains`, `owners` and `statuses` are what can be chosen, over the whole mesh.
    """

    lines: Sequence[Line]
    count: int
    pages: int
    levels: Mapping[Level, int]
    unused: int
    cpu_seconds: float
    bytes: int
    violations: int | None
    domains: Sequence[str]
    owners: Sequence[str]
    statuses: Sequence[str]


def _moment(line: Line) -> float:
    at = line.product.published_at
    return at.timestamp() if at else 0.0


ORDERS: Mapping[str, Callable[[Line], Any]] = {
    "health": lambda line: (LEVELS.index(line.health.level), -line.product.consumers),
    "name": lambda line: line.product.key,
    "use": lambda line: -line.product.consumers,
    "published": lambda line: -_moment(line),
    "rows": lambda line: -(line.product.rows or 0),
    "size": lambda line: -(line.product.bytes or 0),
    "cost": lambda line: -line.product.cpu_seconds,
    "compliance": lambda line: (101.0 if line.marks is None else line.marks, -line.violations),
}
"""What lines can be put in the order of; ties are broken by address."""


def portfolio(
    catalogue: Catalogue, wanted: Wanted, now: datetime, compliance: Compliance | None = None
) -> Portfolio:
    """The products that are wanted; without `compliance` nothing is said of it.

    Raises:
        InputError: there is no such order.
    """
    order = ORDERS.get(wanted.order)
    if order is None:
        raise InputError(f"there is no order `{wanted.order}`", way_out=f"use one of {', '.join(ORDERS)}")
    known = catalogue.products.values()
    lines = catalogue.during(
        f"lines by {wanted.order} with {id(compliance)}",
        now,
        lambda: sorted(
            (_line(each, health, compliance) for each, health in catalogue.judged(now)), key=order
        ),
    )
    if wanted != Wanted(order=wanted.order, page=wanted.page):
        lines = [line for line in lines if _fits(line, wanted)]
    pages = max(1, -(-len(lines) // PAGE))
    page = min(max(wanted.page, 1), pages)
    choices = catalogue.once("choices", lambda: _choices(known))
    return Portfolio(
        lines=lines[(page - 1) * PAGE : page * PAGE],
        count=len(lines),
        pages=pages,
        levels=Counter(line.health.level for line in lines),
        unused=sum(line.product.status in LIVE and not line.product.consumers for line in lines),
        cpu_seconds=sum(line.product.cpu_seconds for line in lines),
        bytes=sum(line.product.bytes or 0 for line in lines),
        violations=sum(line.violations for line in lines) if compliance and compliance.policies else None,
        domains=choices[0],
        owners=choices[1],
        statuses=choices[2],
    )


def _line(product: ProductSummary, health: Health, compliance: Compliance | None) -> Line:
    if compliance is None:
        return Line(product, health)
    place = (product.domain, product.product)
    score = compliance.marks.get(place)
    return Line(product, health, score.marks if score else None, compliance.counts.get(place, 0))


def _fits(line: Line, wanted: Wanted) -> bool:
    product = line.product
    return (
        (wanted.level is None or line.health.level == wanted.level)
        and (wanted.domain is None or product.domain == wanted.domain)
        and (wanted.owner is None or product.owner == wanted.owner)
        and (wanted.status is None or product.status == wanted.status)
    )


def _choices(products: Any) -> tuple[list[str], list[str], list[str]]:
    return (
        sorted({each.domain for each in products}),
        sorted({each.owner for each in products if each.owner}),
        sorted({each.status for each in products}),
    )
