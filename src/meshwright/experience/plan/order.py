"""The order in which products are built."""

from __future__ import annotations

from collections.abc import Sequence

from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh
from meshwright.model.product import Product


def in_order(mesh: Mesh, products: Sequence[Product]) -> list[Product]:
    """Products, upstream first; ties in the order given. The mesh has no cycles (MW111)."""
    wanted = {product.key: product for product in products}
    done: dict[ProductKey, None] = {}
    for first in wanted:
        stack: list[tuple[ProductKey, bool]] = [(first, False)]
        while stack:
            key, expanded = stack.pop()
            if key in done or key not in wanted:
                continue
            if expanded:
                done[key] = None
                continue
            stack.append((key, True))
            stack += [(up, False) for up in reversed(mesh.upstream(wanted[key])) if up not in done]
    return [wanted[key] for key in done]
