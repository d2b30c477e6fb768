"""An output port names a contract that the product does not have.

## What it does
Looks for output ports whose `contractId` is the `id` of no file in the product's `contracts` folder,
or of several of which none has the port's version.

## Why is this bad
A product owns the contracts of its output ports: they are part of the unit that is deployed. A port
whose contract is missing promises nothing that could be verified.

## Example
```yaml
outputPorts:
  - name: deals
    version: 1.0.0
    contractId: deal      # the contract's id is `deals`
```

## What to do instead
Use the contract's `id`, or add the contract. When several contracts share the id (one file per
version), give the port the version of one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned_outputs
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.mesh import Mesh

CODE = "MW102"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Output ports bound to a contract that is not there."""
    for product, port in owned_outputs(mesh):
        if not port.contract_id or port.contract is not None:
            continue
        same_id = [c for c in product.contracts if c.id == port.contract_id]
        if same_id:
            versions = ", ".join(sorted(c.version for c in same_id))
            message = (
                f"output port `{port.name}` is version {port.version}, but contract "
                f"`{port.contract_id}` of {product.key} exists as {versions}"
            )
            hint = "give the port the version of one of these contracts"
        else:
            message = f"{product.key} has no contract `{port.contract_id}` for output port `{port.name}`"
            suggester = Suggester(c.id for c in product.contracts if not c.servers)
            known = ", ".join(f"`{name}`" for name in suggester.names) or "none"
            folder = f"{product.bundle.folder}/contracts"
            hint = suggester.hint(port.contract_id) or f"write it into {folder}; contracts there: {known}"
        yield Problem(CODE, message, file=product.file, path=f"{port.path}.contractId", hint=hint)
