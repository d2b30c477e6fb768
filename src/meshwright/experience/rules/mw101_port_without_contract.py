"""A port names no contract.

## What it does
Looks for input and output ports without `contractId`.

## Why is this bad
The contract is what a port promises or relies on: its objects, columns, types and checks. Without
one nothing can be built, verified or resolved.

## Example
```yaml
outputPorts:
  - name: deals
    version: 1.0.0
```

## What to do instead
Write the contract into the product's `contracts` folder and name its `id`.
```yaml
outputPorts:
  - name: deals
    version: 1.0.0
    contractId: deals
```
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned
from meshwright.model.mesh import Mesh

CODE = "MW101"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Ports without a contract."""
    for product in owned(mesh):
        for kind, ports in (("output", product.outputs), ("input", product.inputs)):
            for port in ports:
                if not port.contract_id:
                    yield Problem(
                        CODE,
                        f"{kind} port `{port.name}` of {product.key} names no contract",
                        file=product.file,
                        path=port.path,
                        hint="add `contractId` with the `id` of a contract",
                    )
