"""Whom a change of a contract hits, by the columns that their models use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from meshwright.experience.compatibility.kinds import ContractChange
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh, PortRef, asks_for
from meshwright.model.product import InputPort, OutputPort

Used = Mapping[tuple[str, str], Collection[str] | None]
"""The columns used by (input port, object), named as in data; None: that cannot be told.

An object that is not in it is read by no model (`ProductAnalysis.used`).
"""

ColumnsUsed = Callable[[ProductKey], Used | None]
"""What a consumer's models use of what it reads; None where nothing is known of the consumer."""


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
    `address` uses `address.city`. A consumer of which nothing is known is hit; one whose models do
    not read the object is not.
    """
    hits = []
    for key in dict.fromkeys(mesh.downstream.get(provider.product.key, ())):
        for port in mesh.products[key].inputs:
            if _same_port(mesh, port, provider.product.key, provider.port):
                hit = _hit(change, key, port.name, columns_used)
                if hit is not None:
                    hits.append(hit)
    return tuple(sorted(hits, key=lambda hit: (hit.product, hit.input_port)))


def consumers_lost(mesh: Mesh, before: PortRef) -> tuple[ConsumerHit, ...]:
    """The consumers in `mesh` that `before`, a port as it was applied, fits and that no longer reach it.

    Such an input port resolves to nothing now, or is in a tree of its own and would be moved to another
    address without having been asked. A consumer of this tree that resolves to something was
    declared, and is checked, together with what it reads.
    """
    lost = []
    for consumer, port in mesh.readers_of_contract(before.port.contract_id):
        if consumer.key == before.product.key or not asks_for(port, before.port):
            continue
        if _same_port(mesh, port, before.product.key, before.port):
            continue
        if consumer.domain not in mesh.owned or mesh.resolve(port) is None:
            lost.append(ConsumerHit(consumer.key, port.name, None, frozenset()))
    return tuple(sorted(lost, key=lambda hit: (hit.product, hit.input_port)))


def _same_port(mesh: Mesh, port: InputPort, key: ProductKey, output: OutputPort) -> bool:
    target = mesh.resolve(port)
    return (
        isinstance(target, PortRef)
        and target.product.key == key
        and (target.port.name, target.port.major) == (output.name, output.major)
    )


def _hit(change: ContractChange, key: ProductKey, port: str, columns_used: ColumnsUsed) -> ConsumerHit | None:
    if change.object is None:
        return ConsumerHit(key, port, None, frozenset())
    known = columns_used(key)
    if known is None:
        return ConsumerHit(key, port, change.object, None)
    if (port, change.object) not in known:
        return None
    used = known[port, change.object]
    if used is None:
        return ConsumerHit(key, port, change.object, None)
    if not change.columns:
        return ConsumerHit(key, port, change.object, frozenset())
    involved = {_first(column) for column in change.columns}
    both = frozenset(column for column in used if _first(column) in involved)
    return ConsumerHit(key, port, change.object, both) if both else None


def _first(column: str) -> str:
    return column.lower().split(".")[0].split("[")[0].split("{")[0]
