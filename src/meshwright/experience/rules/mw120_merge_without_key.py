"""An object is merged but has no primary key.

## What it does
Looks for objects with materialization `merge` whose contract has no `primaryKey`.

## Why is this bad
A merge replaces the rows that have the same key. Without a key no row can be recognised.

## Example
```yaml
schema:
  - name: deals
    customProperties:
      - {vendor: meshwright, property: materialization, value: merge}
    properties:
      - {name: id, logicalType: integer}
```

## What to do instead
```yaml
    properties:
      - {name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned
from meshwright.model.mesh import Mesh

CODE = "MW120"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Merged objects without a key."""
    for product in owned(mesh):
        for port, obj in product.objects():
            if port.materialization(obj) == "merge" and not obj.primary_key and port.contract is not None:
                yield Problem(
                    CODE,
                    f"object `{obj.name}` of {product.key} is merged but has no primary key",
                    file=port.contract.file,
                    path=obj.path,
                    hint="mark the columns that identify a row with `primaryKey: true`, "
                    "or use `append` or `full`",
                )
