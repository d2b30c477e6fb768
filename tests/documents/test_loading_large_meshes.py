"""What a second look at a large mesh does not do again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from large_mesh import write_mesh

PROGRAM = """
import sys
from pathlib import Path
from meshwright.experience.cache import Cache
from meshwright.experience.load import load_mesh, read_tree
with Cache(Path(sys.argv[2])) as cache:
    look = read_tree if sys.argv[3] == "read" else load_mesh
    mesh = look(Path(sys.argv[1]), cache)
heavy = {"ryaml", "yaml", "jsonschema_rs", "duckdb", "pyarrow", "sqlglot", "pydantic"} & set(sys.modules)
print(len(mesh.bundles if sys.argv[3] == "read" else mesh.products), *sorted(heavy))
"""


def look(root: Path, step: str) -> list[str]:
    arguments = [sys.executable, "-c", PROGRAM, str(root / "mesh"), str(root / "cache.db"), step]
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.split()


def test_a_second_look_parses_and_judges_nothing(tmp_path: Path) -> None:
    write_mesh(tmp_path / "mesh", 60)
    assert look(tmp_path, "load") == ["60", "jsonschema_rs", "ryaml"]
    assert look(tmp_path, "load") == ["60"]
    assert look(tmp_path, "read") == ["60"]
    changed = tmp_path / "mesh/domains/domain_0/product_3/product.yaml"
    changed.write_text(changed.read_text() + "tags: [new]\n")
    assert look(tmp_path, "read") == ["60"]
    assert look(tmp_path, "load") == ["60", "jsonschema_rs", "ryaml"]
