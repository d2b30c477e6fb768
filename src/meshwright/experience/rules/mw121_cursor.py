"""The cursor of an incremental source is no column that can be followed.

## What it does
Checks that the custom property `cursor` of a source's object names one of its columns, and that the
column's values have an order that grows: numbers, dates, timestamps, text. Nested columns do not.

## Why is this bad
An incremental source is read from where the cursor stood the last time. Without the column there is no
such place, and rows would be lost or read twice.

## Example
```yaml
customProperties:
  - {vendor: meshwright, property: cursor, value: updated}     # the column is updated_at
```

## What to do instead
Name the column that grows with every change, most often a timestamp of the last change.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import custom_place, owned_sources
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.mesh import Mesh
from meshwright.model.types import INTEGERS, column_type

CODE = "MW121"

_ORDERED = frozenset(
    {*INTEGERS, "decimal", "float", "double", "date", "timestamp", "timestamptz", "string", "any"}
)


def check(mesh: Mesh) -> Iterator[Problem]:
    """Cursors that cannot be followed."""
    for contract, obj in owned_sources(mesh):
        cursor = obj.custom.get("cursor")
        if cursor is None:
            continue
        place = custom_place(contract.document, obj.path, "cursor")
        prop = obj.find(str(cursor))
        if prop is None:
            names = Suggester(p.name for p in obj.properties)
            yield Problem(
                CODE,
                f"the cursor `{cursor}` is no column of `{obj.name}`",
                file=contract.file,
                path=place,
                hint=names.hint(str(cursor), f"columns are {', '.join(names.names)}"),
            )
        elif (found := column_type(prop)).kind not in _ORDERED:
            yield Problem(
                CODE,
                f"the cursor `{cursor}` of `{obj.name}` is a {found}, which has no order to follow",
                file=contract.file,
                path=place,
                hint="use a number, a date, a timestamp or text that grows with every change",
            )
