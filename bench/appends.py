"""What one append costs after ten and after a thousand of them: prints both in seconds, as JSON."""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from meshwright.cli.options import Settings
from meshwright.cli.workspace import open_workspace
from meshwright.experience.builds import Build
from meshwright.experience.models import analyse_product
from meshwright.experience.runs.run import run_product

COLUMNS = [{"name": "id", "logicalType": "integer", "required": True}]


class Context:
    """What the command line hands to `open_workspace`."""

    def __init__(self, folder: Path) -> None:
        self.obj = Settings(folder)


def write_mesh(folder: Path) -> None:
    """One product that appends ten rows in every run."""
    product = folder / "domains" / "log" / "lines"
    for part in ("contracts", "models"):
        (product / part).mkdir(parents=True)
    (folder / "mesh.yaml").write_text("mesh: appends\n")
    contract = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "lines",
        "version": "1.0.0",
        "schema": [{"name": "lines", "properties": COLUMNS}],
    }
    (product / "contracts" / "lines.yaml").write_text(json.dumps(contract))
    custom = [{"property": "materialization", "value": "append", "vendor": "meshwright"}]
    port = {"name": "lines", "version": "1.0.0", "contractId": "lines", "customProperties": custom}
    document = {
        "apiVersion": "v1.1.0",
        "kind": "DataProduct",
        "id": "lines",
        "status": "active",
        "outputPorts": [port],
    }
    (product / "product.yaml").write_text(json.dumps(document))
    (product / "models" / "lines.sql").write_text("select range as id from range(10)\n")


def main(folder: Path, count: int = 1000) -> None:
    """Append `count` times."""
    write_mesh(folder)
    workspace = open_workspace(Context(folder), None)  # type: ignore[arg-type]
    plan = workspace.plan(None, False)
    context = workspace.run_context()
    from meshwright.experience.plan.apply import apply_plan

    apply_plan(context, plan, lambda outcome: None)
    (product,) = workspace.mesh.products.values()
    analysis = analyse_product(product, workspace.mesh)
    build = Build(product.key, ("measured",), asked=True)
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        outcome = run_product(context, product, build, analysis)
        seconds.append(time.perf_counter() - start)
        if outcome.status != "published":
            sys.exit(str(outcome.error))
    print(json.dumps([statistics.mean(seconds[8:40]), statistics.mean(seconds[-32:])]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:]))
