"""Two readers of a mesh: `mesh query`, and PyIceberg's own catalogue over the registry's database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mesh_folder import MeshFolder
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from shop_mesh import COLUMNS, OF_SALES, TABLES, Contents


def registry_file(mesh: MeshFolder) -> Path:
    """The registry's database of the default environment."""
    return mesh.root / ".mesh" / "dev" / "registry.db"


def queried(mesh: MeshFolder, *objects: str) -> Contents | None:
    """What `mesh query` shows of these objects, in one statement; None when nothing is published."""
    parts = (
        f"select '{name}' as object, concat_ws('|', {', '.join(COLUMNS[name])}) as line from {TABLES[name]}"
        for name in objects
    )
    answer = mesh.run("query", " union all ".join(parts), "--format", "json", code=None)
    if answer.code:
        assert "nothing" in answer.text or "no product" in answer.text, answer.text
        return None
    found: dict[str, list[str]] = {name: [] for name in objects}
    for row in answer.data["rows"]:
        found[row["object"]].append(row["line"])
    return {name: sorted(lines) for name, lines in found.items()}


def scanned(mesh: MeshFolder, *objects: str) -> Contents | None:
    """What any Iceberg tool sees of these objects; None when not one is there."""
    if not registry_file(mesh).exists():
        return None
    catalogue = SqlCatalog("dev", uri=f"sqlite:///{registry_file(mesh)}")
    found: dict[str, list[str]] = {}
    for name in objects:
        domain, product, table = TABLES[name].split(".")
        try:
            rows = catalogue.load_table((domain, product, f"{table}@1")).scan().to_arrow().to_pylist()
        except NoSuchTableError:
            continue
        found[name] = sorted("|".join(str(row[column]) for column in COLUMNS[name]) for row in rows)
    catalogue.close()
    assert set(found) in (set(), set(objects)), f"only {sorted(found)} are there"
    return found or None


def seen(mesh: MeshFolder, *objects: str) -> Contents | None:
    """What both readers see; they must agree."""
    names = objects or OF_SALES
    one: Any = queried(mesh, *names)
    assert scanned(mesh, *names) == one
    return one  # type: ignore[no-any-return]
