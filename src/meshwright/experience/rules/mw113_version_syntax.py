"""A version is no semantic version.

## What it does
Checks the versions of products, ports and contracts: one to three numbers with dots between them
(`2`, `2.1`, `2.1.0`, `v2.1.0`), a pre-release after `-` and a build after `+`.

## Why is this bad
The first number decides whether consumers must change. Without numbers nothing can be compared.

## Example
```yaml
version: spring release
```

## What to do instead
```yaml
version: 1.0.0
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned
from meshwright.model.mesh import Mesh

CODE = "MW113"

_VERSION = re.compile(r"v?\d{1,9}(\.\d{1,9}){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\Z")


def check(mesh: Mesh) -> Iterator[Problem]:
    """Versions that are not semantic versions."""
    for product in owned(mesh):
        if product.version is not None and not _VERSION.match(product.version):
            yield _problem(f"version of {product.key}", product.version, product.file, "version")
        for port in product.outputs:
            if port.version and not _VERSION.match(port.version):
                yield _problem(
                    f"version of output port `{port.name}`",
                    port.version,
                    product.file,
                    f"{port.path}.version",
                )
        for source in product.inputs:
            if source.version and not _VERSION.match(source.version):
                yield _problem(
                    f"version of input port `{source.name}`",
                    source.version,
                    product.file,
                    f"{source.path}.version",
                )
        for contract in product.contracts:
            if not _VERSION.match(contract.version):
                yield _problem(
                    f"version of contract `{contract.id}`", contract.version, contract.file, "version"
                )


def _problem(what: str, version: str, file: str, path: str) -> Problem:
    return Problem(
        CODE,
        f"`{version}` as {what} is no semantic version",
        file=file,
        path=path,
        hint="write MAJOR.MINOR.PATCH, for example 1.0.0",
    )
