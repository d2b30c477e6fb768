"""Two properties of an object are the same column.

## What it does
Looks for properties with the same name, or the same `physicalName`, in one object; capitals do not
distinguish columns.

## Why is this bad
A table has one column of a name; engines treat `Price` and `price` alike. One of the two promises could
never be verified.

## Example
```yaml
properties:
  - {name: price, logicalType: number}
  - {name: Price, logicalType: string}
```

## What to do instead
Remove or rename one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned_contracts
from meshwright.model.mesh import Mesh

CODE = "MW117"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Columns that occur twice."""
    for _, contract in owned_contracts(mesh):
        for obj in contract.objects:
            if len({prop.column.lower() for prop in obj.properties}) == len(obj.properties):
                continue
            seen: dict[str, str] = {}
            for prop in obj.properties:
                first = seen.setdefault(prop.column.lower(), prop.path)
                if first != prop.path:
                    yield Problem(
                        CODE,
                        f"column `{prop.column}` of object `{obj.name}` is declared twice, first at {first}",
                        file=contract.file,
                        path=f"{prop.path}.name",
                        hint="remove or rename one of them",
                    )
