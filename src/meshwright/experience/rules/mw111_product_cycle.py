"""Products read each other in a circle.

## What it does
Looks for cycles in the graph of products and prints one cycle of each group that has any.

## Why is this bad
No order of building exists: each waits for the other.

## Example
```
brokerage/deals -> finance/rents -> brokerage/deals
```
(each product reads the next one)

## What to do instead
Move what both need into a product upstream of both, or split the product that plays two parts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from meshwright.errors import Problem
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import InputPort, Product

CODE = "MW111"

Graph = Mapping[int, tuple[int, ...]]
"""Products by number, with those they read."""


def check(mesh: Mesh) -> Iterator[Problem]:
    """Cycles that an owned product is part of, each once."""
    products = list(mesh.products.values())
    numbers = {product.key: number for number, product in enumerate(products)}
    graph: dict[int, tuple[int, ...]] = {}
    for number, product in enumerate(products):
        read: dict[int, None] = {}
        for port in product.inputs:
            target = _only(mesh, product, port)
            if target is not None:
                read[numbers[target]] = None
        if read:
            graph[number] = tuple(read)
    for group in knots(graph):
        ours = [number for number in group if products[number].domain in mesh.owned]
        if not ours:
            continue
        start = min(ours, key=lambda number: products[number].key)
        cycle = [products[number].key for number in _shortest_cycle(graph, group, start)]
        product = products[start]
        port = next(port for port in product.inputs if _only(mesh, product, port) == cycle[1])
        yield Problem(
            CODE,
            f"products read each other in a circle: {' -> '.join(map(str, cycle))}",
            file=product.file,
            path=port.path,
            hint="each reads the next; move what both need into a product upstream of both",
        )


def _only(mesh: Mesh, product: Product, port: InputPort) -> ProductKey | None:
    """The one product behind an input port, or None."""
    targets = mesh.targets[product.key, port.name]
    if len(targets) == 1 and isinstance(targets[0], PortRef):
        return targets[0].product.key
    return None


def knots(graph: Graph) -> Iterator[frozenset[int]]:
    """The strongly connected groups that hold a cycle (Tarjan 1972, without recursion)."""
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    for root in graph:
        if root in order:
            continue
        work = [(root, iter(graph[root]))]
        order[root] = lowest[root] = len(order)
        path.append(root)
        on_path.add(root)
        while work:
            node, successors = work[-1]
            following = next(successors, None)
            if following is not None:
                if following not in order:
                    order[following] = lowest[following] = len(order)
                    path.append(following)
                    on_path.add(following)
                    work.append((following, iter(graph.get(following, ()))))
                elif following in on_path:
                    lowest[node] = min(lowest[node], order[following])
                continue
            work.pop()
            if work:
                parent = work[-1][0]
                lowest[parent] = min(lowest[parent], lowest[node])
            if lowest[node] == order[node]:
                group = {path.pop()}
                while node not in group:
                    group.add(path.pop())
                on_path -= group
                if len(group) > 1 or node in graph.get(node, ()):
                    yield frozenset(group)


def _shortest_cycle(graph: Graph, group: frozenset[int], start: int) -> list[int]:
    came_from: dict[int, int] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for following in graph.get(node, ()):
            if following == start:
                cycle = [node]
                while cycle[-1] != start:
                    cycle.append(came_from[cycle[-1]])
                return [*reversed(cycle), start]
            if following in group and following not in came_from:
                came_from[following] = node
                queue.append(following)
    return [start, start]
