"""A port and its contract have different major versions.

## What it does
Compares the major version of each output port with that of the contract it is bound to.

## Why is this bad
The major of the port is part of the permanent address; the major of the contract says when consumers
must change. When they differ, consumers of an address cannot tell which promise they hold.

## Example
```yaml
outputPorts:
  - name: deals
    version: 1.3.0
    contractId: deals     # the contract is version 2.0.0
```

## What to do instead
Serve the new major as a port of its own next to the old one, so that consumers can move:
```yaml
outputPorts:
  - {name: deals, version: 1.3.0, contractId: deals-v1}
  - {name: deals, version: 2.0.0, contractId: deals-v2}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned_outputs
from meshwright.model.mesh import Mesh

CODE = "MW112"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Output ports whose major differs from their contract's."""
    for product, port in owned_outputs(mesh):
        contract = port.contract
        if contract is not None and port.version and contract.version and port.major != contract.major:
            yield Problem(
                CODE,
                f"output port `{port.name}` of {product.key} is version {port.version}, "
                f"its contract `{contract.id}` is version {contract.version} ({contract.file})",
                file=product.file,
                path=f"{port.path}.version",
                hint=f"make both major {port.major} or both major {contract.major}",
            )
