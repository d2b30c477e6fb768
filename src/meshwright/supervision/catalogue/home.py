"""What somebody who comes in sees first: how much there is, what is new, what is failing."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyarrow.compute as pc

from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.domains import DomainSummary, domains
from meshwright.supervision.catalogue.health import Health
from meshwright.supervision.catalogue.summary import ProductSummary

LISTED = 8
"""How many products each list of the home page has."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is: retired products, sources and unused contracts are not counted."""

    domains: int
    products: int
    ports: int
    objects: int
    columns: int


@dataclass(frozen=True, slots=True)
class News:
    """A product that was applied or published lately."""

    product: ProductSummary
    what: Literal["applied", "published"]
    at: datetime


@dataclass(frozen=True, slots=True)
class Attention:
    """A product that needs some."""

    product: ProductSummary
    health: Health


@dataclass(frozen=True, slots=True)
class Home:
    """The home page; `failing` counts all products of level `bad`, `attention` has the first of them."""

    counts: Counts
    domains: Sequence[DomainSummary]
    news: Sequence[News]
    attention: Sequence[Attention]
    failing: int
    looks: int


def home(catalogue: Catalogue, now: datetime) -> Home:
    """The home page at a moment."""
    judged = catalogue.judged(now)
    bad = [Attention(*each) for each in judged if each[1].level == "bad"]
    warned = [Attention(*each) for each in judged if each[1].level == "warning"]
    return Home(
        counts=catalogue.once("counts", lambda: counts(catalogue)),
        domains=domains(catalogue, now),
        news=catalogue.once(
            "news", lambda: heapq.nlargest(LISTED, _news(catalogue), key=lambda each: each.at)
        ),
        attention=[*bad, *warned][:LISTED],
        failing=len(bad),
        looks=len(warned),
    )


def counts(catalogue: Catalogue) -> Counts:
    """How much there is."""
    live = [each for each in catalogue.products.values() if each.status != "retired"]
    columns = catalogue.tables["columns"]
    return Counts(
        domains=catalogue.tables["domains"].num_rows,
        products=len(live),
        ports=sum(each.ports for each in live),
        objects=sum(each.objects for each in live),
        columns=pc.sum(pc.equal(columns["binding"], "output")).as_py() or 0,
    )


def _news(catalogue: Catalogue) -> list[News]:
    found = []
    for product in catalogue.products.values():
        if product.published_at and (not product.applied_at or product.published_at >= product.applied_at):
            found.append(News(product, "published", product.published_at))
        elif product.applied_at:
            found.append(News(product, "applied", product.applied_at))
    return found
