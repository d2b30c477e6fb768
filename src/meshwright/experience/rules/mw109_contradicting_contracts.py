"""Two contracts with the same id and version say different things.

## What it does
Looks for contracts of the mesh that share `id` and `version` but differ in anything else.

## Why is this bad
Id and version name one agreement. When two texts carry them, each side can be right, and nobody can
tell what was promised.

## Example
A consumer keeps a copy of `deals` 1.2.0 next to its input port, and edits it.

## What to do instead
Give the changed text a new version or its own id; or delete the copy: an input port needs no copy of
its provider's contract.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.model.contract import Contract
from meshwright.model.mesh import Mesh

CODE = "MW109"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Contracts that contradict an earlier one."""
    first: dict[tuple[str, str], tuple[Contract, bool]] = {}
    for product in mesh.products.values():
        ours = product.domain in mesh.owned
        for contract in product.contracts:
            known, known_ours = first.setdefault((contract.id, contract.version), (contract, ours))
            if known is contract or not (ours or known_ours) or known.document == contract.document:
                continue
            here, there = (contract, known) if ours else (known, contract)
            keys = sorted(
                key
                for key in {*here.document, *there.document}
                if here.document.get(key) != there.document.get(key)
            )
            yield Problem(
                CODE,
                f"contract `{here.id}` {here.version} is also in {there.file}, and differs in "
                f"{', '.join(f'`{key}`' for key in keys)}",
                file=here.file,
                path="version",
                hint="give the changed text a new version or its own id",
            )
