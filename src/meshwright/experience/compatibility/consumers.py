"""Whom a change of a contract hits, by the columns that their models use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from meshwright.experience.compatibility.kinds import ContractChange
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh, PortRef

ColumnsUsed = Mapping[tuple[ProductKey, str, str], Collection[str] | None]
"""The columns that a consumer uses of each object of an input port; None when that is not known."""


@dataclass(frozen=True, slots=True)
class ConsumerHit:
    """One input port of a consumer that relies on what changed.

    `columns` are the columns involved that it uses; None when what it uses is not known, so that it
    counts as hit. Empty for changes that concern no column.
    """

    product: ProductKey
    input_port: str
    object: str | None
    columns: frozenset[str] | None

    def __str__(self) -> str:
        used = ", ".join(sorted(self.columns)) if self.columns else ""
        how = " (columns used are not known)" if self.columns is None else f" (uses {used})" if used else ""
        return f"{self.product} through {self.input_port}{how}"


def consumers_hit(
    change: ContractChange,
    mesh: Mesh,
    provider: PortRef,
    columns_used: ColumnsUsed,
) -> tuple[ConsumerHit, ...]:
    """The consumers in `mesh` of the provider's port (name and major) that `change` hits.

    Columns are compared without regard to capitals and by their first part, for a model that uses
    `address` uses `address.city`. A consumer of which nothing is known is hit; one that is known to
    use other objects only is not.
    """
    hits = []
    for key in mesh.downstream.get(provider.product.key, ()):
        for port in mesh.products[key].inputs:
            target = mesh.resolve(port)
            if (
                isinstance(target, PortRef)
                and target.product.key == provider.product.key
                and (target.port.name, target.port.major) == (provider.port.name, provider.port.major)
            ):
                hit = _hit(change, key, port.name, columns_used)
                if hit is not None:
                    hits.append(hit)
    return tuple(sorted(hits, key=lambda hit: (hit.product, hit.input_port)))


def _hit(change: ContractChange, key: ProductKey, port: str, columns_used: ColumnsUsed) -> ConsumerHit | None:
    if change.object is None:
        return ConsumerHit(key, port, None, frozenset())
    place = (key, port, change.object)
    if place not in columns_used:
        known = any((consumer, name) == (key, port) for consumer, name, _ in columns_used)
        return None if known else ConsumerHit(key, port, change.object, None)
    used = columns_used[place]
    if used is None:
        return ConsumerHit(key, port, change.object, None)
    if not change.columns:
        return ConsumerHit(key, port, change.object, frozenset())
    involved = {_first(column) for column in change.columns}
    both = frozenset(column for column in used if _first(column) in involved)
    return ConsumerHit(key, port, change.object, both) if both else None


def _first(column: str) -> str:
    return column.lower().split(".")[0].split("[")[0].split("{")[0]
