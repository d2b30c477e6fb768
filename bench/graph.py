"""Impact over a graph of a million column edges.

Ten thousand products in forty layers, twenty columns each; a column comes from one to nine columns of
three products of the layer before, and filters and joins bear on the rows. Prints as JSON how many
edges there are, the seconds to build the graph, and the median and the longest of 200 searches, each
with the paths to the twenty columns that are farthest away.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time

from meshwright.model.lineage import ROWS
from meshwright.supervision.lineage.graph import GraphBuilder, LineageGraph

PRODUCTS, LAYERS, COLUMNS = 10_000, 40, 20


def build(chance: random.Random) -> LineageGraph:
    """The mesh's graph, of about a million edges."""
    wide = PRODUCTS // LAYERS
    builder = GraphBuilder()
    for number in range(wide, PRODUCTS):
        before = range((number // wide - 1) * wide, number // wide * wide)
        reads = [builder.table(f"mesh://bench/d/p{n}/out@1", "t") for n in chance.sample(before, 3)]
        made = builder.table(f"mesh://bench/d/p{number}/out@1", "t")
        for column in range(COLUMNS):
            for _ in range(chance.randint(1, 8)):
                source = chance.choice(reads)[f"c{chance.randrange(COLUMNS)}"]
                builder.add(source, made[f"c{column}"], chance.choice((0, 0, 1, 2)))
        for read in reads:
            builder.add(read[f"c{chance.randrange(COLUMNS)}"], made[ROWS], chance.choice((5, 6, 7)))
    return builder.build()


def main() -> None:
    """Measure."""
    chance = random.Random(1)
    start = time.perf_counter()
    graph = build(chance)
    built = time.perf_counter() - start
    for downstream in (True, False):
        graph.reach([0], downstream)
    seconds, sizes = [], []
    for _ in range(200):
        place = chance.choice(graph.places)
        start = time.perf_counter()
        reach = graph.reach(graph.starts(*place))
        farthest = [number for level in reach.levels[-3:] for number in level[:7]]
        for each in farthest[:20]:
            reach.path(each)
        seconds.append(time.perf_counter() - start)
        sizes.append(len(reach))
    result = {
        "edges": graph.edges,
        "build": built,
        "median": statistics.median(seconds),
        "longest": max(seconds),
    }
    json.dump({**result, "reached": statistics.median(sizes), "most": max(sizes)}, sys.stdout)


if __name__ == "__main__":
    main()
