"""Column lineage of realistic models: ours against sqlglot's own, in one process.

Prints the CPU seconds of both as JSON: each parses every model; sqlglot qualifies each query once and
asks for its columns one by one, as its documentation says.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import models

from meshwright.sql.lineage import column_edges
from meshwright.sql.parse import parse_model


def ours(found: list[models.RealisticModel]) -> int:
    """The edges of all models; gives how many there are."""
    return sum(len(column_edges(parse_model(model.sql, "duckdb", "m.sql"), models.TABLES)) for model in found)


def peer(found: list[models.RealisticModel]) -> int:
    """The same with sqlglot."""
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
            root = lineage(name, tree, schema, dialect="duckdb", scope=scope, copy=False)
            leaves += sum(isinstance(node.expression, exp.Table) for node in root.walk())
    return leaves


def main(count: int) -> None:
    """Measure both, in turn, the smaller of two runs."""
    found = models.realistic_models(count)
    ours(found[:5])
    peer(found[:5])
    seconds: dict[str, list[float]] = {"ours": [], "peer": []}
    for _ in range(2):
        for name, work in (("ours", ours), ("peer", peer)):
            start = time.process_time()
            work(found)
            seconds[name].append(time.process_time() - start)
    print(json.dumps({name: min(times) for name, times in seconds.items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
