"""An input port resolves to several output ports.

## What it does
Looks for input ports that more than one output port of the mesh fits. A plan is refused when an output port
of its products would become a second one for a consumer in another tree.

## Why is this bad
What is read would depend on chance, and so would lineage.

## Example
```yaml
inputPorts:
  - name: deals
    contractId: deals     # served as 1.2.0 and as 2.0.0
```

## What to do instead
Name the version: the major must be equal, and the port not older. Where two products bind their ports
to one contract, give each a contract of its own.
```yaml
inputPorts:
  - name: deals
    contractId: deals
    version: 2.0.0
```
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned_inputs
from meshwright.model.address import version_tuple
from meshwright.model.mesh import Mesh, PortRef

CODE = "MW104"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Input ports that more than one thing fits."""
    for product, port in owned_inputs(mesh):
        targets = mesh.targets[product.key, port.name]
        if len(targets) < 2:
            continue
        refs = [target for target in targets if isinstance(target, PortRef)]
        found = [f"{mesh.address(ref.product, ref.port)} ({ref.port.version})" for ref in refs]
        versions = sorted({ref.port.version for ref in refs}, key=version_tuple)
        majors = {ref.port.major for ref in refs}
        yield Problem(
            CODE,
            f"input port `{port.name}` of {product.key} resolves to several output ports: "
            f"{', '.join(sorted(found))}",
            file=product.file,
            path=port.path,
            hint=f"add `version`: one of {', '.join(versions)}"
            if len(majors) == len(refs)
            else "bind each output port to a contract of its own",
        )
