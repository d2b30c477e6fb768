"""The mesh as a graph: domains with their products, and who reads whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from meshwright.errors import NotFound
from meshwright.supervision.catalogue.catalogue import Catalogue, Key
from meshwright.supervision.catalogue.domains import DomainSummary, domains
from meshwright.supervision.catalogue.summary import ProductSummary

MOST_PRODUCTS = 300
"""Up to how many products a map shows each of them; a larger mesh is shown by domains."""


@dataclass(frozen=True, slots=True)
class MeshMap:
    """What a map shows. `products` is empty where there are too many; then `reads` joins domains only.

    `between` counts, for each pair of domains, how many products of the first are read by the second's.
    """

    domains: Sequence[DomainSummary]
    products: Sequence[ProductSummary]
    reads: Sequence[tuple[Key, Key]]
    between: Mapping[tuple[str, str], int]
    focus: str | None = None


def mesh_map(catalogue: Catalogue, now: datetime, focus: str | None = None) -> MeshMap:
    """The whole mesh, or one domain with those that it reads and that read it.

    Raises:
        NotFound: there is no such domain.
    """
    known = domains(catalogue, now)
    pairs = catalogue.once(
        "pairs", lambda: [(start, end) for end, found in catalogue.reads.items() for start in found]
    )
    if focus is not None:
        if focus not in {each.name for each in known}:
            raise NotFound(f"there is no domain {focus}", way_out="the map of the whole mesh has them all")
        pairs = [(start, end) for start, end in pairs if focus in (start[0], end[0])]
        near = {focus, *(key[0] for pair in pairs for key in pair)}
        known = [each for each in known if each.name in near]
        wanted = {key for pair in pairs for key in pair}
        products = [
            each
            for each in catalogue.products.values()
            if each.status != "retired" and (each.domain == focus or (each.domain, each.product) in wanted)
        ]
    else:
        products = [each for each in catalogue.products.values() if each.status != "retired"]
    between: Counter[tuple[str, str]] = Counter()
    for start, end in pairs:
        if start[0] != end[0]:
            between[start[0], end[0]] += 1
    if len(products) > MOST_PRODUCTS:
        products, pairs = [], []
    return MeshMap(known, products, pairs, between, focus)
