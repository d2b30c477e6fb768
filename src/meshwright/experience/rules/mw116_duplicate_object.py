"""Two objects of one product and major have the same name.

## What it does
Looks for object names that occur twice among the output ports of one major version of a product.

## Why is this bad
In SQL an object is `domain.product.object`, without the port. A name that occurs twice would mean two
tables, and one model would have to build both.

## Example
Ports `deals@1` and `open_deals@1` are bound to contracts that both have an object `deals`.

## What to do instead
Rename one of the objects, or move it to another major.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned
from meshwright.model.mesh import Mesh
from meshwright.model.product import OutputPort

CODE = "MW116"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Objects whose names collide."""
    for product in owned(mesh):
        seen: dict[tuple[str, int], OutputPort] = {}
        addresses = set()
        for port in product.outputs:
            address = (port.name, port.major)
            if port.contract is None or address in addresses:
                continue
            addresses.add(address)
            names: set[str] = set()
            for obj in port.contract.objects:
                first = seen.setdefault((obj.table, port.major), port)
                if first is port and obj.table not in names:
                    names.add(obj.table)
                    continue
                where = (
                    "twice in its contract"
                    if first is port
                    else f"served by ports `{first.name}` and `{port.name}` of major {port.major}"
                )
                yield Problem(
                    CODE,
                    f"object `{obj.table}` of {product.key} is {where}",
                    file=port.contract.file,
                    path=f"{obj.path}.{'physicalName' if obj.physical_name else 'name'}",
                    hint=f"`{product.domain}.{product.key.product}.{obj.table}` must mean one table: "
                    "rename one of them",
                )
