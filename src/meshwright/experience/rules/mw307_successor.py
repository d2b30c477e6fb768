"""A successor that does not exist.

## What it does
Checks the custom property `successor` of a product: a product (`domain/product`) or an address of this
mesh.

## Why is this bad
Consumers of a product that ends are sent there.

## Example
```yaml
customProperties:
  - {vendor: meshwright, property: successor, value: leasing/lease}     # the product is leasing/leases
```

## What to do instead
Name a product of the mesh that is not the product itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from meshwright.errors import InputError, Problem
from meshwright.experience.rules.places import custom_place, owned
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh

CODE = "MW307"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Successors that lead nowhere."""

    @cache
    def suggester() -> Suggester:
        return Suggester(str(key) for key in mesh.products)

    for product in owned(mesh):
        if product.successor is None:
            continue
        try:
            key = ProductKey.parse(str(product.successor).partition("@")[0])
        except InputError:
            why, hint = "is no product", "write it as DOMAIN/PRODUCT"
        else:
            if key in mesh.products and key != product.key:
                continue
            why = "is the product itself" if key == product.key else "is no product of this mesh"
            hint = suggester().hint(str(key), "name a product of this mesh") or ""
        yield Problem(
            CODE,
            f"the successor `{product.successor}` of {product.key} {why}",
            file=product.file,
            path=custom_place(product.document, "", "successor"),
            hint=hint,
        )
