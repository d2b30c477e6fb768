"""A name cannot be part of an address.

## What it does
Checks the names of domains, products, ports and objects: small letters, digits and underscores,
starting with a letter (`[a-z][a-z0-9_]*`). `mesh`, `system`, `temp`, `memory` and `main` are reserved.

## Why is this bad
These names become addresses, names in SQL, folders and parts of web addresses, and stay so for good.
One plain syntax is safe in all of them, without quotes.

## Example
```yaml
outputPorts:
  - name: Signed-Deals
```

## What to do instead
```yaml
outputPorts:
  - name: signed_deals
```
An object of a source keeps its real name in `physicalName`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned, owned_contracts
from meshwright.model.address import RESERVED, is_segment
from meshwright.model.mesh import Mesh

CODE = "MW110"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Names that are no segments."""
    if not is_segment(mesh.name):
        yield _problem("a mesh", mesh.name, "mesh.yaml", "mesh")
    for domain in mesh.domains.values():
        if domain.name in mesh.owned and not is_segment(domain.name):
            yield _problem(
                "a domain", domain.name, domain.file or "mesh.yaml", "domain" if domain.file else ""
            )
    for product in owned(mesh):
        if not is_segment(product.key.product):
            yield _problem("a product", product.key.product, product.file, "")
        ports = [(port.name, port.path) for port in product.outputs]
        ports += [(port.name, port.path) for port in product.inputs]
        for name, path in ports:
            if not is_segment(name):
                yield _problem("a port", name, product.file, f"{path}.name")
    for product, contract in owned_contracts(mesh):
        served = any(port.contract is contract for port in product.outputs)
        for obj in contract.objects if served or contract.servers else ():
            name, key = (obj.table, "physicalName") if served and obj.physical_name else (obj.name, "name")
            if not is_segment(name):
                yield _problem("an object", name, contract.file, f"{obj.path}.{key}")


def _problem(kind: str, name: str, file: str, path: str) -> Problem:
    if name in RESERVED:
        return Problem(
            CODE, f"`{name}` is a reserved word and cannot name {kind}", file=file, path=path,
            hint=f"reserved are {', '.join(sorted(RESERVED))}",
        )  # fmt: skip
    snake = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")
    example = f"for example `{snake}`" if is_segment(snake) else "such as `signed_deals`"
    return Problem(
        CODE,
        f"`{name}` cannot name {kind}",
        file=file,
        path=path,
        hint=f"use small letters, digits and underscores, starting with a letter, {example}",
    )
