"""Column lineage of realistic models: ours against sqlglot's own, in one process.

Prints the CPU seconds of both as JSON: each parses every model; sqlglot qualifies each query once and
asks for its columns one by one, as its documentation says.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import models

from meshwright.sql.lineage import column_edges
from meshwright.sql.parse import parse_model


def ours(found: list[models.RealisticModel]) -> int:
    """The edges of all models; gives how many there are."""
    return sum(len(column_edges(parse_model(model.sql, "duckdb", "m.sql"), models.TABLES)) for model in found)


def peer(found: list[models.RealisticModel], trim: bool = True) -> int:
    """The same with sqlglot; `trim` is its default, and costs most of its time."""
    from sqlglot import exp, parse_one
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    schema: dict[str, dict[str, dict[str, str]]] = {}
    for table, columns in models.TABLES.items():
        database, name = table.split(".")
        schema.setdefault(database, {})[name] = dict.fromkeys(columns, "text")
    leaves = 0
    for model in found:
        tree = qualify(
            parse_one(model.sql, read="duckdb"),
            dialect="duckdb",
            schema=schema,
            validate_qualify_columns=False,
            identify=False,
        )
        scope = build_scope(tree)
        for name in tree.named_selects:
            root = lineage(name, tree, schema, dialect="duckdb", scope=scope, copy=False, trim_selects=trim)
            leaves += sum(isinstance(node.expression, exp.Table) for node in root.walk())
    return leaves


def main(count: int) -> None:
    """Measure all, in turn, the smaller of two runs; the slow one on a tenth of the models."""
    found = models.realistic_models(count)
    ours(found[:5])
    peer(found[:5])
    works: dict[str, tuple[Callable[[], int], int]] = {
        "ours": (lambda: ours(found), 1),
        "peer": (lambda: peer(found[::10]), 10),
        "peer_untrimmed": (lambda: peer(found, trim=False), 1),
    }
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(2):
        for name, (work, times) in works.items():
            start = time.process_time()
            work()
            seconds[name].append((time.process_time() - start) * times)
    print(json.dumps({name: min(times) for name, times in seconds.items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
