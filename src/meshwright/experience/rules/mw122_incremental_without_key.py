"""An incremental source has no primary key.

## What it does
Warns of objects of sources with a `cursor` but without a `primaryKey`.

## Why is this bad
An incremental read overlaps with the one before: rows that carry the last cursor value, and those of
the lookback, are read again. By the key the older copy is replaced. Without one only rows that are
equal in every column are recognised, so a row that changed stays in both forms.

## Example
```yaml
schema:
  - name: viewings
    customProperties:
      - {vendor: meshwright, property: cursor, value: updated_at}
    properties:
      - {name: updated_at, logicalType: timestamp}
```

## What to do instead
Mark the columns that identify a row with `primaryKey: true`.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import custom_place, owned_sources
from meshwright.model.mesh import Mesh

CODE = "MW122"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Incremental objects without a key: a warning."""
    for contract, obj in owned_sources(mesh):
        if "cursor" in obj.custom and not obj.primary_key:
            yield Problem(
                CODE,
                f"`{obj.name}` is incremental but has no primary key: rows that changed are kept twice",
                file=contract.file,
                path=custom_place(contract.document, obj.path, "cursor"),
                hint="mark the columns that identify a row with `primaryKey: true`",
                severity="warning",
            )
