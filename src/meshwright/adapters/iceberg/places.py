"""Where the metadata of a table on disk are: a file, a table's folder, or a folder of tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from meshwright.adapters.extraction.drift import no_such_object
from meshwright.adapters.extraction.place import below_mesh
from meshwright.errors import InputError, Unavailable
from meshwright.provisioning.identity import file_identity

METADATA = ".metadata.json"
_HINT = "version-hint.text"
_NUMBER = re.compile(r"v?(\d+)")


def local_path(location: str) -> str:
    """A location as a path where it is one of this machine (`file:///data/x`), else as it is."""
    for scheme in ("file://", "file:"):
        if location.startswith(scheme):
            return location.removeprefix(scheme)
    return location


def is_table(folder: Path) -> bool:
    """Whether a folder is that of a table."""
    inner = folder / "metadata"
    return inner.is_dir() and any(file.name.endswith(METADATA) for file in inner.iterdir())


def metadata_file(root: Path, location: str, table: str, where: str) -> Path:
    """The newest metadata of `table` at `location`, in which `{object}` stands for its name.

    Raises:
        InputError: it cannot be told which metadata are the newest.
        DriftError: there is no such table in a folder of tables.
        Unavailable: the location does not exist or cannot be read.
    """
    filled = local_path(location.replace("{object}", table))
    found = below_mesh(root, filled, where)
    try:
        if found.is_file():
            return found
        if not found.is_dir():
            raise Unavailable(f"{filled} does not exist", where=where, way_out="correct the location")
        if is_table(found):
            return _newest(found / "metadata", where)
        if "/" not in table and is_table(found / table):
            return _newest(found / table / "metadata", where)
        there = {entry.name for entry in found.iterdir() if entry.is_dir() and is_table(entry)}
    except OSError as error:
        raise Unavailable(f"{filled} cannot be read", where=where, why=error.strerror) from None
    raise no_such_object(table, there, where, f"the folder {found.name}")


def identity(file: Path, where: str) -> str:
    """What changes whenever a file does.

    Raises:
        Unavailable: it is not there.
    """
    try:
        return file_identity(str(file))
    except OSError as error:
        raise Unavailable(
            f"{file} cannot be read", where=where, why=error.strerror, way_out="restore the table's files"
        ) from None


def _newest(folder: Path, where: str) -> Path:
    """The metadata that the version hint names, else those with the highest number."""
    if (folder / _HINT).is_file():
        hint = (folder / _HINT).read_text(encoding="utf-8", errors="replace").strip()
        names = (hint, f"v{hint}{METADATA}", f"{hint}{METADATA}")
        named = next((folder / n for n in names if "/" not in n and (folder / n).is_file()), None)
        if named is not None:
            return named
    numbered: Mapping[int, Sequence[Path]] = _by_number(folder)
    if not numbered:
        raise Unavailable(f"no file in {folder} is named by its version", where=where)
    newest = numbered[max(numbered)]
    if len(newest) > 1:
        raise InputError(
            f"it cannot be told which metadata of the table in {folder.parent} are current",
            where=where,
            why=f"{' and '.join(sorted(file.name for file in newest)[:2])} have the same number",
            way_out="name one of the files, or the catalogue that knows the table",
        )
    return newest[0]


def _by_number(folder: Path) -> dict[int, list[Path]]:
    found: dict[int, list[Path]] = {}
    for file in folder.iterdir():
        number = _NUMBER.match(file.name)
        if file.name.endswith(METADATA) and number and file.is_file():
            found.setdefault(int(number[1]), []).append(file)
    return found
