"""An input port reads a retired product.

## What it does
Looks for input ports that resolve to a product with status `retired`, and names its successor.

## Why is this bad
A retired product is not built any more; what could be read would be old for good.

## Example
`finance/rents` reads `leasing/contracts`, whose status is `retired`.

## What to do instead
Read the successor. The owner of a retired product names it:
```yaml
status: retired
customProperties:
  - {vendor: meshwright, property: successor, value: leasing/leases}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned_inputs
from meshwright.model.mesh import Mesh, PortRef

CODE = "MW304"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Readers of what is gone."""
    for product, port in owned_inputs(mesh):
        for target in mesh.targets[product.key, port.name]:
            if isinstance(target, PortRef) and target.product.status == "retired":
                successor = target.product.successor
                yield Problem(
                    CODE,
                    f"input port `{port.name}` of {product.key} reads {target.product.key}, which is retired",
                    file=product.file,
                    path=port.path,
                    hint=f"its successor is {successor}"
                    if successor
                    else f"it names no successor: ask the team of `{target.product.domain}`",
                )
