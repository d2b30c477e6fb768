"""Two ports of a product have the same address.

## What it does
Looks for output ports with the same name and major version, and for input ports with the same name.

## Why is this bad
An address (`mesh://MESH/DOMAIN/PRODUCT/PORT@MAJOR`) is permanent and means one thing. Versions 1.1.0
and 1.2.0 of one port are the same address: the newer replaces the older. In models an input port is
known by its name alone.

## Example
```yaml
outputPorts:
  - {name: deals, version: 1.1.0, contractId: deals}
  - {name: deals, version: 1.2.0, contractId: deals-new}
```

## What to do instead
Keep the newer one, give it a new major version, or another name.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned
from meshwright.model.mesh import Mesh

CODE = "MW107"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Ports whose names collide."""
    for product in owned(mesh):
        seen: dict[tuple[str, int], str] = {}
        for port in product.outputs:
            first = seen.setdefault((port.name, port.major), port.path)
            if first != port.path:
                yield Problem(
                    CODE,
                    f"two output ports have the address {mesh.address(product, port)}: "
                    f"{first} and {port.path}",
                    file=product.file,
                    path=port.path,
                    hint="keep the newer one, or give it a new major version or another name",
                )
        names: dict[str, str] = {}
        for source in product.inputs:
            first = names.setdefault(source.name, source.path)
            if first != source.path:
                yield Problem(
                    CODE,
                    f"two input ports of {product.key} are called `{source.name}`: {first} and {source.path}",
                    file=product.file,
                    path=f"{source.path}.name",
                    hint="models know an input port by its name: give one of them another",
                )
