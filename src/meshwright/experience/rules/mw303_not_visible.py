"""An input port reads another domain's product that is not active yet.

## What it does
Looks for input ports that resolve to a product of another domain with status `proposed` or `draft`.

## Why is this bad
Such a product is visible to its own domain only: nothing is promised yet, and it may change or vanish
without notice.

## Example
`finance/rents` (domain finance) reads `leasing/contracts`, whose status is `draft`.

## What to do instead
Ask the owner to make the product `active`, or read something else until it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned_inputs
from meshwright.model.mesh import Mesh, PortRef

CODE = "MW303"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Readers of what only its own domain sees."""
    for product, port in owned_inputs(mesh):
        for target in mesh.targets[product.key, port.name]:
            if (
                isinstance(target, PortRef)
                and target.product.status in ("proposed", "draft")
                and target.product.domain != product.domain
            ):
                yield Problem(
                    CODE,
                    f"input port `{port.name}` of {product.key} reads {target.product.key}, which is "
                    f"{target.product.status}: visible to domain `{target.product.domain}` only",
                    file=product.file,
                    path=port.path,
                    hint=f"ask the team of `{target.product.domain}` to make it active",
                )
