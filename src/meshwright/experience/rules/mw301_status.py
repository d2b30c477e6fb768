"""An unknown lifecycle status.

## What it does
Checks the `status` of products: `proposed`, `draft`, `active`, `deprecated` or `retired`.

## Why is this bad
The status decides who sees a product and what its consumers are told. ODPS takes any text, so a
misspelt status would pass for a standard document and mean nothing.

## Example
```yaml
status: production
```

## What to do instead
```yaml
status: active
```
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.mesh import Mesh
from meshwright.model.product import STATUSES

CODE = "MW301"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Statuses that are not in the lifecycle."""
    for product in owned(mesh):
        if product.status not in STATUSES:
            yield Problem(
                CODE,
                f"{product.key} has the unknown status `{product.status}`",
                file=product.file,
                path="status",
                hint=Suggester(STATUSES).hint(product.status, f"use one of {', '.join(STATUSES)}"),
            )
