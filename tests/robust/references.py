"""An independent check that the files on disk are those that retained publications refer to.

It reads the registry's tables and walks Iceberg metadata itself; it shares no code with the cleaner.
A table's metadata may still list snapshots of publications that are not retained, until it is
published anew: their manifests must be there, their data need not.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from mesh_folder import MeshFolder
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import ManifestFile
from pyiceberg.table import StaticTable
from readers import registry_file

_SEALED = """
select p.id, p.number, o.id as object, po.metadata from mesh_publications p
join mesh_publication_objects po on po.publication = p.id join mesh_objects o on o.id = po.object
"""
_FILES = """
select path from mesh_files
where object = ? and added_number <= ? and (removed_number is null or removed_number > ?)
"""


def problems_of_storage(mesh: MeshFolder) -> list[str]:
    """Files that nothing refers to, references that lead nowhere, and books that disagree."""
    on_disk = {str(mesh.root / file) for file in mesh.files()}
    if not registry_file(mesh).exists():
        return [f"unreferenced: {path}" for path in sorted(on_disk)]
    wanted: set[str] = set()
    found: list[str] = []
    lists: dict[str, list[ManifestFile]] = {}
    manifests: dict[str, frozenset[str]] = {}
    with closing(sqlite3.connect(registry_file(mesh))) as registry:
        retained = {row[0] for row in registry.execute("select id from mesh_publications")}
        for publication, number, obj, metadata in registry.execute(_SEALED).fetchall():
            booked = {row[0] for row in registry.execute(_FILES, (obj, number, number))}
            wanted |= booked | {metadata}
            if not Path(metadata).exists():
                found.append(f"metadata of {publication} is missing: {metadata}")
                continue
            table = StaticTable.from_metadata(metadata)
            for snapshot in table.metadata.snapshots:
                wanted.add(snapshot.manifest_list)
                if not Path(snapshot.manifest_list).exists():
                    found.append(f"{metadata} leads to nothing at {snapshot.manifest_list}")
                    continue
                live: set[str] = set()
                if snapshot.manifest_list not in lists:
                    lists[snapshot.manifest_list] = snapshot.manifests(table.io)
                for manifest in lists[snapshot.manifest_list]:
                    path = manifest.manifest_path
                    wanted.add(path)
                    if not Path(path).exists():
                        found.append(f"{snapshot.manifest_list} leads to nothing at {path}")
                        continue
                    if path not in manifests:
                        entries = manifest.fetch_manifest_entry(PyArrowFileIO(), discard_deleted=True)
                        manifests[path] = frozenset(entry.data_file.file_path for entry in entries)
                    live |= manifests[path]
                if snapshot == table.metadata.current_snapshot() and live != booked:
                    found.append(f"{publication} {metadata}: manifests {live ^ booked} the registry")
                if snapshot.summary and snapshot.summary["meshwright.publication"] in retained:
                    gone = sorted(path for path in live if not Path(path).exists())
                    found += [f"a snapshot of {metadata} has lost {path}" for path in gone]
        open_runs = registry.execute("select run from mesh_intents").fetchall()
        doomed = registry.execute("select path from mesh_doomed").fetchall()
    found += [f"intent of a dead run: {run}" for (run,) in open_runs]
    found += [f"still doomed: {path}" for (path,) in doomed]
    found += [f"unreferenced: {path}" for path in sorted(on_disk - wanted)]
    found += [f"missing: {path}" for path in sorted(wanted - on_disk)]
    return found
