"""An object of an output port has no model that builds it.

## What it does
Looks for objects of output ports for which the `models` folder has neither `NAME@MAJOR.sql` (or
`.py`) nor `NAME.sql` (or `.py`).

## Why is this bad
The port promises a table that nothing produces.

## Example
The contract of port `deals` has an object `deals`; the folder `models` is empty.

## What to do instead
Write the model that the message names. In SQL it is one SELECT over the product's inputs:
```sql
SELECT id, amount FROM crm.deals
```
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import model_for, owned
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.mesh import Mesh

CODE = "MW201"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Objects that nothing builds; a retired product needs no models."""
    for product in owned(mesh):
        if product.status == "retired":
            continue
        majors: dict[str, set[int]] = {}
        for port, obj in product.objects():
            majors.setdefault(obj.table, set()).add(port.major)
        for port, obj in product.objects():
            if model_for(product, port, obj) is not None:
                continue
            several = len(majors[obj.table]) > 1
            file = f"{product.bundle.folder}/models/{obj.table}{f'@{port.major}' if several else ''}.sql"
            unused = [m.name for m in product.models if m.name not in majors]
            near = Suggester(unused).near(obj.table)
            yield Problem(
                CODE,
                f"object `{obj.table}` of port `{port.name}` (major {port.major})"
                f" of {product.key} has no model",
                file=product.file,
                path=port.path,
                hint=f"write {file}" + (f", or rename the model `{near}`" if near else ""),
            )
