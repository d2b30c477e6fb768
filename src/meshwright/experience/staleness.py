"""Stale: the fingerprint differs from that of the current publication, or a source is due.

The decision needs no document, only what the registry knows, so that a mesh in which nothing
changed is recognised without parsing it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from meshwright.model.address import ProductKey, major_of
from meshwright.model.product import Product
from meshwright.model.publication import Publication
from meshwright.provisioning.registry import EnvironmentState, ProductState

MOVED = ("newer data from", "other data from")
"""How a reason begins that tells of an input: published since, or rolled back."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a publication was built from; prints as `DECLARATIONS.LOGIC.INPUTS`.

    `declarations` is the bundle's digest; `logic` covers only what decides the rows (models,
    what they read, and how they are materialised); `inputs` the publications read.
    """

    declarations: str
    logic: str
    inputs: str

    def __str__(self) -> str:
        return f"{self.declarations}.{self.logic}.{self.inputs}"

    @classmethod
    def parse(cls, text: str) -> Fingerprint:
        """Read what `str` wrote."""
        return cls(*text.split("."))


def fingerprint(product: Product, inputs: Mapping[str, str]) -> Fingerprint:
    """The fingerprint of building `product` from these publications (`domain/product` -> id)."""
    logic = [
        product.dialect,
        [(model.name, model.major, model.language, model.text) for model in product.models],
        sorted((port.name, port.contract_id, major_of(port.version)) for port in product.inputs),
        [
            (
                port.name,
                port.version,
                obj.table,
                port.materialization(obj),
                [p.column for p in obj.primary_key],
            )
            for port, obj in product.objects()
        ],
    ]
    return Fingerprint(product.bundle.digest, _digest(logic), _digest(sorted(inputs.items())))


def stale_reasons(
    state: EnvironmentState,
    key: ProductKey,
    digest: str,
    upstream: Collection[ProductKey] | None,
    rebuilt: Collection[ProductKey],
    now: str,
) -> tuple[str, ...]:
    """Why `key` must be built, in words; empty when it is up to date or pinned.

    `digest` is that of the declarations as they will be; `upstream` its products (None: those it
    read last time); `rebuilt` products that are built before it; `now` ISO 8601, UTC. A dashboard that
    changed makes nothing stale.
    """
    known = state.products.get(key)
    if known is None or known.current is None:
        return ("never published",)
    if known.pinned:
        return ()
    current = known.current
    reasons = []
    if _built(Fingerprint.parse(current.fingerprint).declarations) != _built(digest):
        reasons.append("declarations or code changed")
    names = set(current.inputs) if upstream is None else {str(product) for product in upstream}
    again = sorted(str(product) for product in rebuilt if str(product) in names)
    if again:
        reasons.append(f"reads {', '.join(again)}, built before it")
    moved = sorted(name for name in names - set(again) if _moved(state, current, name))
    if moved:
        newer = [name for name in moved if _is_newer(state, current, name)]
        other = [name for name in moved if name not in newer]
        told = zip(MOVED, (newer, other), strict=True)
        reasons += [f"{word} {', '.join(names)}" for word, names in told if names]
    if is_due(known, now):
        reasons.append(f"its source was due at {current.due_at}")
    return tuple(reasons)


def _built(digest: str) -> str:
    """The part of a bundle's digest that tells of its data: dashboards only show them."""
    return digest.partition("-")[0]


def current_id(state: EnvironmentState, key: ProductKey) -> str | None:
    """The id of the publication that readers see, if there is one."""
    known = state.products.get(key)
    return known.current.id if known and known.current else None


def is_due(known: ProductState, now: str) -> bool:
    """Whether the product's sources are to be read again."""
    return bool(known.current and known.current.due_at and known.current.due_at <= now)


def _moved(state: EnvironmentState, current: Publication, name: str) -> bool:
    latest = current_id(state, ProductKey.parse(name))
    return latest is not None and current.inputs.get(name) != latest


def _is_newer(state: EnvironmentState, current: Publication, name: str) -> bool:
    """Whether an input that moved was published after the one that was read; else it was rolled back.

    What was read was there before `current`; where the input was published while `current` was built,
    its id tells: ids begin with the second in which their run began.
    """
    latest = state.products[ProductKey.parse(name)].current
    read = current.inputs.get(name, "")
    return latest is not None and (latest.created_at > current.created_at or latest.id[:15] > read[:15])


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
