"""Products read each other in a circle.

## What it does
Looks for cycles in the graph of products and prints one cycle of each group that has any.

## Why is this bad
No order of building exists: each waits for the other.

## Example
```
brokerage/deals -> finance/rents -> brokerage/deals
```
(each product reads the next one)

## What to do instead
Move what both need into a product upstream of both, or split the product that plays two parts.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.cycles import cycles, read_by
from meshwright.model.mesh import Mesh

CODE = "MW111"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Cycles that an owned product is part of, each once."""
    owned = {key for key in mesh.products if key.domain in mesh.owned}
    for cycle in cycles(mesh, owned):
        product = mesh.products[cycle[0]]
        port = next(port for port in product.inputs if read_by(mesh, product, port) == cycle[1])
        yield Problem(
            CODE,
            f"products read each other in a circle: {' -> '.join(map(str, cycle))}",
            file=product.file,
            path=port.path,
            hint="each reads the next; move what both need into a product upstream of both",
        )
