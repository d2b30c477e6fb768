"""An input port resolves to nothing.

## What it does
Looks for input ports whose `contractId` and `version` fit no output port of the mesh and no contract
with `servers` in the product's own `contracts` folder.

A version fits when the major is the same and the port is not older than the version asked for.

## Why is this bad
There is nothing to read, so the product cannot be built.

## Example
```yaml
inputPorts:
  - name: deals
    contractId: deals
    version: 1.4.0        # brokerage/deals serves 1.2.0
```

## What to do instead
Ask for a version that is served, correct the contract's id, or, to read an operational system, add a
contract with `servers` to the product.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned_inputs
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.address import version_tuple
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import InputPort, Product

CODE = "MW103"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Input ports that nothing fits."""

    @cache
    def suggester() -> Suggester:
        return Suggester(mesh.ports_by_contract)

    for product, port in owned_inputs(mesh):
        if not port.contract_id or mesh.targets[product.key, port.name]:
            continue
        bound = mesh.ports_by_contract.get(port.contract_id, ())
        if bound:
            why, hint = _no_version_fits(mesh, port, bound)
            place = f"{port.path}.version"
        else:
            why, hint = _nothing_bound(product, port, suggester())
            place = f"{port.path}.contractId"
        yield Problem(
            CODE,
            f"input port `{port.name}` of {product.key} resolves to nothing: {why}",
            file=product.file,
            path=place,
            hint=hint,
        )


def _no_version_fits(mesh: Mesh, port: InputPort, bound: tuple[PortRef, ...]) -> tuple[str, str | None]:
    wanted = version_tuple(port.version)
    reasons = []
    for ref in bound:
        served = version_tuple(ref.port.version)
        difference = "older" if served[:1] == wanted[:1] else "another major"
        reasons.append(f"{mesh.address(ref.product, ref.port)} is version {ref.port.version} ({difference})")
    versions = ", ".join(sorted({ref.port.version for ref in bound}, key=version_tuple))
    return f"version {port.version} is asked for, but {'; '.join(reasons)}", f"served are: {versions}"


def _nothing_bound(product: Product, port: InputPort, suggester: Suggester) -> tuple[str, str | None]:
    own = [c for c in product.contracts if c.id == port.contract_id]
    if own and own[0].servers:
        versions = ", ".join(c.version for c in own)
        return (
            f"the source contract `{port.contract_id}` is version {versions}, not {port.version}",
            f"ask for version {own[0].version}",
        )
    if own:
        return (
            f"no output port is bound to contract `{port.contract_id}`, and {own[0].file} has no `servers`",
            "add `servers` to read a source, or bind an output port of another product to the contract",
        )
    return (
        f"no output port and no contract of this product has the id `{port.contract_id}`",
        suggester.hint(
            port.contract_id or "",
            f"write a contract with `servers` into {product.bundle.folder}/contracts to read a source",
        ),
    )
