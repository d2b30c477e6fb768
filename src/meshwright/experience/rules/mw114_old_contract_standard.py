"""A contract is written in a version of the standard that is no longer read.

## What it does
Looks for contracts whose `apiVersion` is v2.2.x.

## Why is this bad
ODCS 3 renamed and moved most of what version 2 had (`dataset` became `schema`, `isPrimary` became
`primaryKey`, ...). The schema of ODCS 3 lets the old number through, but none of the old keys means
anything: such a contract would promise less than its author thinks.

## Example
```yaml
apiVersion: v2.2.2
```

## What to do instead
Rewrite the contract in the form of ODCS 3 and name its version:
```yaml
apiVersion: v3.2.0
```
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned_contracts
from meshwright.model.mesh import Mesh

CODE = "MW114"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Contracts of ODCS 2."""
    for _, contract in owned_contracts(mesh):
        if contract.api_version.startswith("v2"):
            yield Problem(
                CODE,
                f"contract `{contract.id}` is written in ODCS {contract.api_version}, which is not supported",
                file=contract.file,
                path="apiVersion",
                hint="rewrite it in the form of v3.2.0",
            )
