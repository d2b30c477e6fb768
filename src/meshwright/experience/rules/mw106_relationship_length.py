"""The two ends of a relationship have different numbers of columns.

## What it does
Compares the number of columns in `from` and `to` of each relationship.

## Why is this bad
A composite key is matched column by column; with a column too few or too many there is no telling
which belongs to which.

## Example
```yaml
relationships:
  - from: [orders.customer_id, orders.street]
    to: [addresses.customer_id]
```

## What to do instead
Name the same number of columns at both ends, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned_contracts, walk
from meshwright.model.mesh import Mesh

CODE = "MW106"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Relationships with ends of different lengths."""
    for _, contract in owned_contracts(mesh):
        for obj in contract.objects:
            found = list(obj.relationships)
            for prop in walk(obj.properties):
                found.extend(prop.relationships)
            for relationship in found:
                if len(relationship.from_) != len(relationship.to):
                    yield Problem(
                        CODE,
                        f"a relationship of `{obj.name}` goes from {_columns(relationship.from_)} "
                        f"to {_columns(relationship.to)} of `{relationship.to_object}`",
                        file=contract.file,
                        path=relationship.path,
                        hint="name the same number of columns at both ends, in the same order",
                    )


def _columns(names: tuple[str, ...]) -> str:
    return f"{len(names)} column{'' if len(names) == 1 else 's'} ({', '.join(names)})"
