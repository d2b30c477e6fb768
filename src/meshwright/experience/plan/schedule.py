"""What `mesh run` builds: what was named, what is stale, what is due."""

from __future__ import annotations

from collections.abc import Sequence

from meshwright.errors import Refused
from meshwright.experience.builds import Build
from meshwright.experience.plan.order import in_order
from meshwright.experience.staleness import MOVED, current_id, is_due, stale_reasons
from meshwright.model.address import ProductKey
from meshwright.model.contract import Contract
from meshwright.model.mesh import Mesh
from meshwright.provisioning.registry import EnvironmentState

SOURCE_READER = "reads a source"


def builds_for(
    mesh: Mesh,
    state: EnvironmentState,
    named: Sequence[ProductKey],
    downstream: bool,
    due: bool,
    now: str,
) -> dict[ProductKey, Build]:
    """The builds of one `mesh run`, upstream first.

    Named products are built in any case; with `due`, those of them that are due. Without names: with `due`,
    the products whose sources are due and what that makes stale; else every stale product, and every one
    that reads a source.
    With `downstream`, what reads a built product is built too, unless a rollback pinned it.

    Raises:
        Refused: a named product is retired; says its successor. Or products read each other in a circle.
    """
    for key in named:
        if mesh.products[key].status == "retired":
            successor = mesh.products[key].successor
            raise Refused(
                f"{key} is retired",
                way_out=f"its successor is {successor}" if successor else "declare a new product instead",
            )
    builds: dict[ProductKey, Build] = {}
    owned = [p for p in mesh.products.values() if p.domain in mesh.owned and p.key in state.products]
    if named and not downstream:
        owned = [product for product in owned if product.key in named]
    for product in in_order(mesh, owned):
        key, known = product.key, state.products[product.key]
        if product.status == "retired":
            continue
        upstream = mesh.upstream(product)
        if named and key not in named and not any(up in builds for up in upstream):
            continue
        if named and not due:
            follows = downstream and not known.pinned and any(up in builds for up in upstream)
            if key in named or follows:
                reason = "asked for" if key in named else "reads what is built before it"
                builds[key] = Build(key, (reason,), current_id(state, key), asked=True)
            continue
        reasons = stale_reasons(state, key, known.digest, upstream, builds, now)
        reads_source = any(isinstance(mesh.resolve(port), Contract) for port in product.inputs)
        if not reasons and not due and reads_source and not known.pinned:
            reasons = (SOURCE_READER,)
        if due and not (is_due(known, now) or any(up in builds for up in upstream) or known.current is None):
            reasons = tuple(reason for reason in reasons if reason.startswith(MOVED))
        if reasons:
            asked = reasons == (SOURCE_READER,)
            builds[key] = Build(key, reasons, current_id(state, key), asked)
    return builds
