"""An unknown materialization.

## What it does
Checks the custom property `materialization` of output ports and contract objects.

## Why is this bad
It decides whether a run replaces a table, adds to it or merges into it. A value that is not known
cannot be guessed.

## Example
```yaml
customProperties:
  - {vendor: meshwright, property: materialization, value: incremental}
```

## What to do instead
Use `full` (the default: built anew each time), `append` (new rows are added) or `merge` (rows replace
those with the same primary key).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from meshwright.errors import Problem
from meshwright.experience.rules.places import custom_place, owned_contracts, owned_outputs
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.contract import Document
from meshwright.model.mesh import Mesh
from meshwright.model.product import Materialization

CODE = "MW119"

KNOWN: tuple[str, ...] = get_args(Materialization)


def check(mesh: Mesh) -> Iterator[Problem]:
    """Materializations other than full, append and merge."""
    for product, port in owned_outputs(mesh):
        value = port.custom.get("materialization", "full")
        if value not in KNOWN:
            yield _problem(f"port `{port.name}`", value, product.file, product.document, port.path)
    for _, contract in owned_contracts(mesh):
        for obj in contract.objects:
            value = obj.custom.get("materialization", "full") if obj.custom else "full"
            if value not in KNOWN:
                yield _problem(f"object `{obj.name}`", value, contract.file, contract.document, obj.path)


def _problem(what: str, value: object, file: str, document: Document, path: str) -> Problem:
    return Problem(
        CODE,
        f"`{value}` is no materialization of {what}",
        file=file,
        path=custom_place(document, path, "materialization"),
        hint=Suggester(KNOWN).hint(str(value), f"use {', '.join(KNOWN[:-1])} or {KNOWN[-1]}"),
    )
