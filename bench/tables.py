"""A registry in which many products are applied, and every table of the mesh made from it.

python tables.py prepare FOLDER PRODUCTS
python tables.py make FOLDER
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path


def prepare(folder: Path, products: int) -> None:
    """A mesh whose registry holds products of 20 columns each; stored as `mesh apply` would, not built."""
    import meshes

    from meshwright.experience.load import assemble, load_tree
    from meshwright.experience.models import product_lineages
    from meshwright.provisioning.registry import AppliedDomain
    from meshwright.wiring import open_registry

    meshes.write_wide_mesh(folder / "tree", products, governed=True)
    tree = load_tree(folder / "tree")
    (folder / "mesh.yaml").write_text("mesh: bench\ndomains: []\n")
    registry = open_registry(load_tree(folder).settings.environments["dev"], folder)
    domains = [AppliedDomain(each.name, each.name, each.document, "bench") for each in tree.domains.values()]
    mesh = assemble(tree.settings, tree.domains.values(), tree.bundles.values())
    lineages = product_lineages(mesh.products.values(), mesh)
    stored = [(bundle, "active") for bundle in tree.bundles.values()]
    registry.apply("dev", None, stored, [], domains, [], lineages)


def make(folder: Path) -> None:
    """Every table in this process, which has done nothing before; prints seconds, bytes and rows."""
    from meshwright.cli.main import settle

    settle()
    from meshwright.adapters.registry.registry import open_registry
    from meshwright.supervision.metamodel.tables import MeshTables

    registry = open_registry(f"sqlite:///{folder}/.mesh/dev/registry.db")
    with registry.reading("dev") as reading:
        made = MeshTables.empty("bench").refreshed(reading)
    start = time.perf_counter()
    with registry.reading("dev") as reading:
        made.refreshed(reading)
    again = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    rows = sum(table.num_rows for table in made.tables.values())
    print(json.dumps({"again": again, "memory": memory, "rows": rows}), flush=True)
    os._exit(0)  # as the command line ends: nothing is taken apart


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        make(Path(sys.argv[2]))
