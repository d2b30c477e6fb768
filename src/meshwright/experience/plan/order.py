"""The order in which products are built."""

from __future__ import annotations

from collections.abc import Sequence

from meshwright.errors import Refused
from meshwright.experience.cycles import cycles
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh
from meshwright.model.product import Product


def in_order(mesh: Mesh, products: Sequence[Product]) -> list[Product]:
    """Products, upstream first; ties in the order given.

    Raises:
        Refused: one of them is part of a circle, which no rule lets into a registry (MW111).
    """
    wanted = {product.key: product for product in products}
    for cycle in cycles(mesh, wanted):
        raise Refused(
            f"products read each other in a circle: {' -> '.join(map(str, cycle))}",
            why="each reads the next, so there is no order in which they can be built",
            way_out="let one of them read something else, and apply it",
        )
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
