"""A plan on one screen: what is added takes a line for each product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from meshwright.experience.plan.changes import DomainChange, ProductChange, TableChange
from meshwright.experience.plan.explain import explain, summary
from meshwright.experience.plan.plan import Plan, built
from meshwright.model.address import ProductKey

_NAMES_SHOWN = 40
"""How many characters the names of tables may take."""


def compact(plan: Plan) -> Iterator[str]:
    """The lines of `explain`, but one line for each added product and one for all added domains."""
    added = [c.product for c in plan.changes if isinstance(c, ProductChange) and c.action == "add"]
    domains = [c.domain for c in plan.changes if isinstance(c, DomainChange) and c.action == "add"]
    if not added and not domains:
        yield from explain(plan)
        return
    if domains:
        yield f"+ domain{'' if len(domains) == 1 else 's'} {', '.join(domains)}"
    width = max((len(str(product)) for product in added), default=0)
    tables: dict[ProductKey, list[str]] = {product: [] for product in added}
    for change in plan.changes:
        if isinstance(change, TableChange) and change.product in tables:
            tables[change.product].append(change.table)
    builds = built(plan)
    for product in added:
        when = "" if product in builds else "; not built"
        yield f"+ product {product!s:{width}}  {_tables(tables[product])}{when}"
    rest = replace(plan, changes=tuple(c for c in plan.changes if not _told(c, tables)))
    lines = list(explain(rest))
    yield from lines[1:] if rest.empty else lines[:-1]
    yield summary(plan)


def _told(change: object, added: dict[ProductKey, list[str]]) -> bool:
    if isinstance(change, DomainChange):
        return change.action == "add"
    return getattr(change, "product", None) in added


def _tables(names: list[str]) -> str:
    shown, size = 0, 0
    while shown < len(names) and size + len(names[shown]) <= _NAMES_SHOWN:
        size += len(names[shown]) + 2
        shown += 1
    more = f", and {len(names) - shown} more" if 0 < shown < len(names) else ""
    listed = f": {', '.join(names[:shown])}{more}" if shown else ""
    return f"{len(names)} table{'' if len(names) == 1 else 's'}{listed}"
