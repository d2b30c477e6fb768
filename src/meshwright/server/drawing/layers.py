"""Where the nodes of a directed graph go when it is drawn in layers, from left to right."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import igraph

Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Layered:
    """Each layer's nodes from top to bottom by number; numbers from `size` on are bends of long edges.

    `bends` has the bends of each edge, by its place among the edges, from left to right.
    """

    size: int
    layers: Sequence[Sequence[int]]
    bends: Sequence[Sequence[int]]


def layers_of(nodes: Sequence[Node], edges: Sequence[tuple[Node, Node]]) -> Mapping[Node, int]:
    """The layer of each node, so that edges lead to the right; those that close a circle may not.

    What nothing leads to stands directly before what it leads to.
    """
    numbers = {node: number for number, node in enumerate(nodes)}
    pairs = [(numbers[a], numbers[b]) for a, b in edges if a != b]
    graph = igraph.Graph(n=len(nodes), edges=pairs, directed=True)
    back = set(graph.feedback_arc_set()) if pairs and not graph.is_dag() else set()
    forward = [pair for place, pair in enumerate(pairs) if place not in back]
    graph = igraph.Graph(n=len(nodes), edges=forward, directed=True)
    layers = [0] * len(nodes)
    order = graph.topological_sorting()
    for number in order:
        for after in graph.successors(number):
            layers[after] = max(layers[after], layers[number] + 1)
    for number in reversed(order):
        after = graph.successors(number)
        if after and not graph.predecessors(number):
            layers[number] = min(layers[other] for other in after) - 1
    return {node: layers[number] for node, number in numbers.items()}


def layered(size: int, edges: Sequence[tuple[int, int]], layers: Sequence[int]) -> Layered:
    """Nodes in the order that crosses few edges (Sugiyama, Tagawa and Toda 1981, as igraph has it).

    `layers` tells the layer of each node, from 0.
    """
    places = list(layers)
    pieces: list[tuple[int, int]] = []
    bends: list[list[int]] = []
    for start, end in edges:
        through: list[int] = []
        if layers[end] > layers[start]:
            before = start
            for layer in range(layers[start] + 1, layers[end]):
                through.append(len(places))
                pieces.append((before, len(places)))
                before = len(places)
                places.append(layer)
            pieces.append((before, end))
        bends.append(through)
    found: list[list[int]] = [[] for _ in range(max(places, default=-1) + 1)]
    if places:
        graph = igraph.Graph(n=len(places), edges=pieces, directed=True)
        # the engine adds nodes of its own behind ours where an edge is long: none is left
        across = graph.layout_sugiyama(layers=places).coords
        for number in sorted(range(len(places)), key=lambda n: (across[n][0], n)):
            found[places[number]].append(number)
    return Layered(size, found, bends)
