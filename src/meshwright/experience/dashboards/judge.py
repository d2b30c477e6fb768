"""What is wrong with the dashboards of products, told before anything is applied.

What was judged before is not judged again, and what judges is not loaded for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Protocol

from meshwright.errors import Problem
from meshwright.experience.cache import cache_key
from meshwright.model.dashboard import DASHBOARDS
from meshwright.model.product import Product
from meshwright.model.types import column_type
from meshwright.provisioning.tables import Tables

FORMAT = 2
"""Grows when the same dashboard would be judged differently."""


class Judgements(Protocol):
    """A content-addressed store: a key's value never changes."""

    def get_many(self, keys: list[str]) -> dict[str, str]:
        """The values that are there."""
        ...

    def put_many(self, values: dict[str, str]) -> None:
        """Keep values."""
        ...


def dashboard_problems(
    products: Iterable[Product], tables: Callable[[], Tables], cache: Judgements | None = None
) -> tuple[Problem, ...]:
    """Everything that speaks against the dashboards of these products.

    MW703: a query that cannot run over the product's own contracts; MW704: a tile names a column that its
    query does not return; MW705: filters and parameters that do not fit; MW706: two dashboards of one name.
    `tables` is the engine that binds queries; it is asked for where a dashboard is not known in `cache`.
    """
    found: list[Problem] = []
    work = {
        _digest(product): product
        for product in products
        if any(path.startswith(DASHBOARDS) for path in product.bundle.documents)
    }
    known = cache.get_many(list(work)) if cache is not None and work else {}
    fresh: dict[str, str] = {}
    for digest, product in work.items():
        if digest in known:
            found += [Problem(**each) for each in json.loads(known[digest])]
            continue
        from meshwright.experience.dashboards.problems import product_problems

        problems = [*product_problems(product, tables())]
        fresh[digest] = json.dumps([problem.as_json() for problem in problems])
        found += problems
    if cache is not None and fresh:
        cache.put_many(fresh)
    return tuple(found)


def _digest(product: Product) -> str:
    """Changes with the product's dashboards and with what they can read."""
    documents = {p: d for p, d in product.bundle.documents.items() if p.startswith(DASHBOARDS)}
    objects = [
        (
            port.name,
            port.major,
            port.deprecated,
            obj.table,
            [(p.column, str(column_type(p))) for p in obj.properties],
        )
        for port, obj in product.objects()
    ]
    text = json.dumps([FORMAT, str(product.key), product.bundle.folder, documents, objects])
    return cache_key("dashboards", text)
