"""Rollback: readers see an older publication again."""

from __future__ import annotations

from meshwright.errors import InputError
from meshwright.experience.runs.context import RunContext
from meshwright.experience.runs.locks import locked
from meshwright.model.address import ProductKey
from meshwright.model.publication import Publication
from meshwright.provisioning.registry import Event


def roll_back(context: RunContext, product: ProductKey, to: str) -> Publication:
    """Make the publication `to` (its id or number) current, all objects at once, and pin the product.

    Raises:
        InputError: there is no such retained publication.
        LockHeld: a run of the product is under way.
    """
    with locked(context, product) as lock:
        retained = context.registry.publications(context.environment.name, product)
        wanted = next((p for p in retained if to in (p.id, str(p.number))), None)
        if wanted is None:
            known = ", ".join(f"{p.number} ({p.id})" for p in retained[:5]) or "none"
            raise InputError(
                f"{product} has no publication `{to}`",
                why=f"retained are: {known}",
                way_out=f"see `mesh history {product}`",
            )
        event = Event("publication.rolled_back", str(product), {"to": wanted.id, "number": wanted.number})
        return context.registry.move(lock, wanted.id, pinned=True, events=[event])


def let_go(context: RunContext, product: ProductKey) -> None:
    """Unpin a product."""
    with locked(context, product) as lock:
        context.registry.unpin(lock, [Event("product.unpinned", str(product), {})])
