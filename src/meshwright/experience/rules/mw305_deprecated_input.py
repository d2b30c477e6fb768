"""An input port reads something deprecated.

## What it does
Warns of input ports that resolve to a deprecated product or a deprecated output port, with the sunset
date and the successor.

## Why is this bad
It serves until its sunset and not longer. Moving is cheaper before that day.

## Example
`finance/rents` reads `leasing/contracts`, which is deprecated until 2027-06-30.

## What to do instead
Move to the successor before the sunset.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned_inputs
from meshwright.model.mesh import Mesh, PortRef

CODE = "MW305"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Readers of what will end: a warning."""
    for product, port in owned_inputs(mesh):
        for target in mesh.targets[product.key, port.name]:
            if not isinstance(target, PortRef) or target.product.status == "retired":
                continue
            provider = target.product
            if provider.status == "deprecated":
                what = f"{provider.key}, which is deprecated"
            elif target.port.deprecated:
                what = f"port {mesh.address(provider, target.port)}, which is deprecated"
            else:
                continue
            until = f" and serves until {provider.sunset}" if provider.sunset else ""
            yield Problem(
                CODE,
                f"input port `{port.name}` of {product.key} reads {what}{until}",
                file=product.file,
                path=port.path,
                hint=f"move to {provider.successor}" if provider.successor else "plan to move",
                severity="warning",
            )
