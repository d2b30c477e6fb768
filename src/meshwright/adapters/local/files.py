"""Which files hold an object: a file, a folder or a pattern."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path

from meshwright.adapters.extraction.drift import no_such_object
from meshwright.adapters.extraction.place import below_mesh
from meshwright.errors import DriftError, InputError, Unavailable

FORMATS: Mapping[str, tuple[str, ...]] = {
    "csv": (".csv", ".tsv", ".txt"),
    "json": (".json",),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "ndjson": (".ndjson", ".jsonl", ".json"),
    "parquet": (".parquet", ".pq"),
}
"""Formats and the endings of their files, the usual one first."""

COMPRESSIONS = ("", ".gz", ".zst")


def find_files(root: Path, path: str, table: str, form: str, where: str) -> tuple[Path, ...]:
    """The files that hold `table`, in the order of their names.

    `{object}` in `path` stands for the table. A folder holds TABLE.FORMAT or a folder TABLE with
    files of the format; either may be compressed (`.gz`, `.zst`). Below folders that are named by
    the values of columns (`year=2024`), in TABLE or in the folder itself, all files count.

    Raises:
        InputError: the path, or a file behind it, is out of the mesh though the path is relative.
        DriftError: no file is there.
        Unavailable: the path does not exist or cannot be read.
    """
    filled = path.replace("{object}", table)
    located = below_mesh(root, filled, where)
    try:
        files = _located(root, filled, located, table, form, where)
    except OSError as error:
        raise Unavailable(f"{filled} cannot be read", where=where, why=error.strerror) from None
    if not Path(filled).is_absolute():
        for file in files:
            _stays_inside(root, file, where)
    return tuple(files)


def _located(root: Path, filled: str, located: Path, table: str, form: str, where: str) -> list[Path]:
    if glob.has_magic(filled) and not located.exists():
        # Path.glob takes no absolute patterns, and a root may hold wildcards itself.
        names = sorted(glob.glob(filled, root_dir=root, recursive=True))  # noqa: PTH207
        files = [root / name for name in names if (root / name).is_file()]
        if files:
            return files
        fixed = next(p for p in Path(filled).parents if not glob.has_magic(str(p)))
        raise DriftError(
            f"no file matches {filled}",
            where=where,
            why=f"looked below {root / fixed}",
            way_out="deliver the files, or correct the server's path",
        )
    if located.is_dir():
        return _in_folder(located, table, form, where)
    if located.exists():
        return [located]
    raise Unavailable(
        f"{filled} does not exist", where=where, way_out="deliver the file, or correct the server's path"
    )


def _in_folder(folder: Path, table: str, form: str, where: str) -> list[Path]:
    endings = [ending + compression for ending in FORMATS[form] for compression in COMPRESSIONS]
    if "/" in table or table in ("", ".", ".."):
        raise InputError(f"the object's physical name {table} is no file name", where=where)
    single = [folder / f"{table}{ending}" for ending in endings if (folder / f"{table}{ending}").is_file()]
    inner = folder / table
    several = [file for file in inner.iterdir() if file.is_file()] if inner.is_dir() else []
    there = {entry.name for entry in folder.iterdir() if not entry.name.startswith(".")}
    if single:
        return single[:1]
    matching = [
        file for file in several if not file.name.startswith(".") and file.name.endswith(tuple(endings))
    ]
    if matching:
        return sorted(matching)
    for place in (inner, folder):  # folders that are named by their values: year=2024
        if place.is_dir() and any("=" in entry.name and entry.is_dir() for entry in place.iterdir()):
            below = (file for file in sorted(place.rglob("*")) if file.is_file())
            partitioned = [
                file for file in below if file.name.endswith(tuple(endings)) and _is_shown(file, place)
            ]
            if partitioned:
                return partitioned
    raise no_such_object(f"{table}{FORMATS[form][0]}", there, where, f"the folder {folder.name}")


def _is_shown(file: Path, folder: Path) -> bool:
    return not any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)


def _stays_inside(root: Path, file: Path, where: str) -> None:
    if not file.resolve().is_relative_to(root.resolve()):
        raise InputError(
            f"the file {file.relative_to(root)} leaves the mesh",
            where=where,
            why="it is a symbolic link to a place outside",
            way_out="copy it into the mesh, or write an absolute path",
        )
