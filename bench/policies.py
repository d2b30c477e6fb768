"""Every policy of the package over a registry in which many products are applied (see tables.py).

python policies.py FOLDER
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def judge_all(folder: Path) -> None:
    """Judge in this process; prints seconds of all, of each policy, violations and failures."""
    from meshwright.adapters.registry.registry import open_registry
    from meshwright.model.product import Environment
    from meshwright.supervision.metamodel.tables import MeshTables
    from meshwright.supervision.policy.engine import judge, relations_read
    from meshwright.supervision.policy.library import library_policies
    from meshwright.wiring import tables_engine

    policies = library_policies()
    registry = open_registry(f"sqlite:///{folder}/.mesh/dev/registry.db")
    with registry.reading("dev") as reading:
        tables = MeshTables.empty("bench", relations_read(policies)).refreshed(reading).tables
    engine = tables_engine(Environment("dev", "", ""), folder / "scratch")
    seconds, cpu = [], []
    for _ in range(3):
        start, begun = time.perf_counter(), time.process_time()
        found = judge(policies, tables, engine, "bench", 60)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - begun)
    each = {}
    for policy in policies if "--each" in sys.argv else ():
        start = time.perf_counter()
        one = judge([policy], tables, engine, "bench", 60)
        each[policy.name] = (round(time.perf_counter() - start, 3), len(one.violations))
    told = {
        "policies": len(policies),
        "seconds": sorted(seconds)[1],
        "cpu": sorted(cpu)[1],
        "violations": len(found.violations),
        "failures": [str(failure) for failure in found.failures],
        "each": dict(sorted(each.items(), key=lambda item: -item[1][0])),
    }
    print(json.dumps(told), flush=True)
    os._exit(0)


if __name__ == "__main__":
    judge_all(Path(sys.argv[1]))
