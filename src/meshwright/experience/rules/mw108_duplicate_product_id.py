"""Two products have the same id.

## What it does
Looks for products of the mesh with the same ODPS `id`.

## Why is this bad
The id is how other tools know a product. Two products under one id are mixed up wherever it is used;
most often a folder was copied and the id was not changed.

## Example
```yaml
# domains/brokerage/deals/product.yaml and domains/brokerage/viewings/product.yaml
id: 7f1c2a9e-deals
```

## What to do instead
Give each product an id of its own, and never change it afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.model.mesh import Mesh
from meshwright.model.product import Product

CODE = "MW108"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Products that share an id; reported at each owned product but the first."""
    by_id: dict[str, list[Product]] = {}
    for product in mesh.products.values():
        by_id.setdefault(product.id, []).append(product)
    for name, products in by_id.items():
        if len(products) == 1:
            continue
        ours = [p for p in products if p.domain in mesh.owned]
        for product in ours if len(ours) < len(products) else ours[1:]:
            others = ", ".join(str(p.key) for p in products if p is not product)
            yield Problem(
                CODE,
                f"{product.key} has the id `{name}`, which is also that of {others}",
                file=product.file,
                path="id",
                hint="give the newer product an id of its own",
            )
