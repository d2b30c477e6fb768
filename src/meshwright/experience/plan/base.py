"""What a plan was made against: the part of an environment that it depends on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from meshwright.experience.builds import Build
from meshwright.experience.plan.changes import (
    Change,
    ContractRevision,
    DomainChange,
    DomainTakeover,
    PolicyChange,
    ProductChange,
)
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.policy import MESH
from meshwright.model.product import Environment
from meshwright.provisioning.registry import EnvironmentState


def base_digest(changes: Sequence[Change], mesh: Mesh, state: EnvironmentState) -> str:
    """A digest of everything in an environment that these changes depend on; `mesh` is as they make it.

    That is, of the products that are changed or built: declarations, status and pin, not what they
    publish; of the products that those read: the same, so that a plan stays valid while scheduled
    runs publish; of consumers what the changes take from them; of the domains: documents and owners;
    where declarations change, the policies of the mesh and of those domains; and the environment's
    settings. Whatever else other trees apply does not matter.
    """
    touched = {change.product: None for change in changes if isinstance(change, ProductChange | Build)}
    read = sorted({key for key in _read(mesh, touched) if key not in touched})
    documents = {change.domain for change in changes if isinstance(change, DomainChange | DomainTakeover)}
    domains = sorted(documents | {key.domain for key in touched})
    declared = [
        _settings(mesh.environments.get(state.environment), mesh.root),
        [_known(state, key) for key in sorted(touched)],
        [_known(state, key) for key in read],
        [(d, d in documents and state.domains.get(d), state.owners.get(d)) for d in domains],
        [
            (str(change.product), change.port, difference.kind, difference.place, difference.hits)
            for change in changes
            if isinstance(change, ContractRevision)
            for difference in change.differences
        ],
    ]
    if any(isinstance(change, ProductChange | DomainChange | PolicyChange) for change in changes):
        owners = {MESH, *domains} | {change.owner for change in changes if isinstance(change, PolicyChange)}
        declared.append([[o, *state.policies[o]] for o in sorted(owners) if o in state.policies])
    return hashlib.blake2b(json.dumps(declared).encode(), digest_size=16).hexdigest()


def _read(mesh: Mesh, keys: Iterable[ProductKey]) -> Iterable[ProductKey]:
    """The products that could be meant by the input ports of these products."""
    for key in keys:
        product = mesh.products.get(key)
        for port in product.inputs if product else ():
            for target in mesh.candidates(port):
                if isinstance(target, PortRef):
                    yield target.product.key


def _known(state: EnvironmentState, key: ProductKey) -> list[Any]:
    known = state.products.get(key)
    return [str(key), *((known.digest, known.status, known.pinned) if known else ())]


def _settings(environment: Environment | None, root: str) -> Mapping[str, Any] | None:
    """What decides how products are built and where; the same in every clone of a tree."""
    if environment is None:
        return None
    place = environment.warehouse
    if place.startswith(root + os.sep):
        place = os.path.relpath(place, root)
    return {"warehouse": place, "engine": environment.engine, **dict(sorted(environment.settings.items()))}
