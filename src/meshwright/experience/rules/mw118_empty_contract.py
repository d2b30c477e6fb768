"""The contract of a port describes no data.

## What it does
Looks for contracts of output ports and of sources that have no object, or an object without
properties.

## Why is this bad
Nothing is promised, so there is no table to build and nothing to verify.

## Example
```yaml
kind: DataContract
id: deals
version: 1.0.0
```

## What to do instead
Describe at least one object with its columns under `schema`.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned
from meshwright.model.mesh import Mesh

CODE = "MW118"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Contracts that nothing can be built from."""
    for product in owned(mesh):
        bound = [port.contract for port in product.outputs if port.contract is not None]
        sources = [port.source for port in product.inputs if port.source is not None]
        for contract in {id(c): c for c in (*bound, *sources)}.values():
            if not contract.objects:
                yield Problem(
                    CODE,
                    f"contract `{contract.id}` has no object",
                    file=contract.file,
                    path="schema" if "schema" in contract.document else "",
                    hint="describe at least one under `schema`",
                )
            for obj in contract.objects:
                if not obj.properties:
                    yield Problem(
                        CODE,
                        f"object `{obj.name}` of contract `{contract.id}` has no columns",
                        file=contract.file,
                        path=obj.path,
                        hint="describe them under `properties`",
                    )
