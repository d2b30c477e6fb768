"""A document does not belong to the folder it is in.

## What it does
Compares the `domain` that `domain.yaml` and `product.yaml` name with their folders, and the domains
that `mesh.yaml` lists with the folders below `domains`.

## Why is this bad
The folder decides the address. A document that names another domain was most likely copied or moved,
and would be served under an address its author did not mean.

## Example
```yaml
# domains/finance/rents/product.yaml
domain: leasing
```

## What to do instead
Move the folder, correct the name, or leave `domain` out of `product.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.mesh import Mesh

CODE = "MW126"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Documents and folders that disagree."""
    for name in sorted(mesh.owned - mesh.domains.keys()):
        yield Problem(
            CODE,
            f"mesh.yaml lists the domain `{name}`, but there is no folder domains/{name}",
            file="mesh.yaml",
            path="domains",
            hint=Suggester(mesh.domains).hint(name, f"write domains/{name}/domain.yaml"),
        )
    for domain in mesh.domains.values():
        if domain.name not in mesh.owned or not domain.file:
            continue
        said = domain.document.get("domain")
        folder = _parent(domain.file)
        if isinstance(said, str) and folder and said != folder:
            yield Problem(
                CODE,
                f"`{said}` is the domain in {domain.file}, but its folder is `{folder}`",
                file=domain.file,
                path="domain",
                hint=f"write `domain: {folder}`, or move the folder",
            )
    for product in owned(mesh):
        said = product.document.get("domain")
        if isinstance(said, str) and said != product.domain:
            yield Problem(
                CODE,
                f"{product.file} names the domain `{said}`, but lies in `{product.domain}`",
                file=product.file,
                path="domain",
                hint=f"write `domain: {product.domain}`, or move the product's folder to domains/{said}",
            )


def _parent(file: str) -> str:
    parts = file.replace("\\", "/").split("/")
    return parts[-2] if len(parts) > 1 else ""
