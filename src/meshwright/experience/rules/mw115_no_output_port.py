"""A product has no output port.

## What it does
Looks for products that serve nothing.

## Why is this bad
A data product exists to serve its consumers. The text of ODPS requires at least one output port, even
though its schema does not.

## Example
```yaml
kind: DataProduct
id: deals
inputPorts: [...]
```

## What to do instead
Add an output port with a contract; or, when the product is only a step on the way, make it a model
inside the product that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned
from meshwright.model.mesh import Mesh

CODE = "MW115"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Products without output ports; a retired product may have none."""
    for product in owned(mesh):
        if not product.outputs and product.status != "retired":
            yield Problem(
                CODE,
                f"{product.key} has no output port",
                file=product.file,
                path="outputPorts" if "outputPorts" in product.document else "",
                hint="add one under `outputPorts`, with a contract",
            )
