"""Products that read each other in a circle."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping

from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import InputPort, Product

Graph = Mapping[int, tuple[int, ...]]
"""Products by number, with those they read."""


def cycles(mesh: Mesh, of: Collection[ProductKey]) -> Iterator[tuple[ProductKey, ...]]:
    """One shortest cycle of each group of products that read each other and holds one of `of`.

    A cycle starts and ends with the same product of `of`; each reads the next. Linear in the mesh.
    """
    products = list(mesh.products.values())
    numbers = {product.key: number for number, product in enumerate(products)}
    graph: dict[int, tuple[int, ...]] = {}
    for number, product in enumerate(products):
        read: dict[int, None] = {}
        for port in product.inputs:
            target = read_by(mesh, product, port)
            if target is not None:
                read[numbers[target]] = None
        if read:
            graph[number] = tuple(read)
    for group in _knots(graph):
        ours = [number for number in group if products[number].key in of]
        if ours:
            start = min(ours, key=lambda number: products[number].key)
            yield tuple(products[number].key for number in _shortest_cycle(graph, group, start))


def read_by(mesh: Mesh, product: Product, port: InputPort) -> ProductKey | None:
    """The one product behind an input port, or None."""
    targets = mesh.targets[product.key, port.name]
    if len(targets) == 1 and isinstance(targets[0], PortRef):
        return targets[0].product.key
    return None


def _knots(graph: Graph) -> Iterator[frozenset[int]]:
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
