"""A quarantine that means nothing.

## What it does
Looks at the custom property `quarantine` of the objects of a contract. It is `true`, `false`, or an object
with `maxRows`, `maxPercent` or both: how many rows of one run may be put aside.

## Why is this bad
Broken rows would stop a publication that was meant to go on without them, or go on without more of them than
was meant.

## Example
```yaml
schema:
  - name: orders
    customProperties:
      - {vendor: meshwright, property: quarantine, value: {maxPercent: 101}}
```

## What to do instead
```yaml
    customProperties:
      - {vendor: meshwright, property: quarantine, value: {maxPercent: 1, maxRows: 1000}}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.contracts.allowance import NoAllowance, allowance
from meshwright.experience.rules.places import owned
from meshwright.model.mesh import Mesh

CODE = "MW129"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Quarantines that cannot be understood."""
    for product in owned(mesh):
        for port, obj in product.objects():
            try:
                allowance(obj.custom.get("quarantine"))
            except NoAllowance as wrong:
                assert port.contract is not None
                yield Problem(
                    CODE,
                    f"the quarantine of `{obj.name}` of {product.key} means nothing: {wrong}",
                    file=port.contract.file,
                    path=obj.path,
                    hint="write true, or {maxRows: 1000} or {maxPercent: 1}",
                )
