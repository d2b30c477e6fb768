"""Which objects of a store hold the rows of a contract's object."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from fsspec.utils import glob_translate
from pyarrow import fs

from meshwright.adapters.extraction.drift import no_such_object
from meshwright.errors import DriftError

ENDINGS = {
    "parquet": (".parquet", ".pq"),
    "csv": (".csv", ".tsv", ".txt"),
    "json": (".json",),
    "jsonl": (".jsonl", ".ndjson", ".json"),
}
"""Formats by the endings of names, which may be followed by that of a compression."""

COMPRESSIONS = (".gz", ".zst")
_MAGIC = re.compile(r"[*?[]")


def form_of(name: str) -> str | None:
    """The format of a file by its name."""
    plain = name.lower()
    for compression in COMPRESSIONS:
        plain = plain.removesuffix(compression)
    return next((form for form, endings in ENDINGS.items() if plain.endswith(endings)), None)


def find_objects(
    store: fs.FileSystem, path: str, table: str, form: str | None, named: bool, where: str
) -> list[fs.FileInfo]:
    """The objects at `path`, in the order of their names: one, those of a pattern, or of a prefix.

    Below a prefix they are those in the folder called as the table, or `TABLE.FORMAT`; all, where the
    path has the table's name in it already (`named`). What begins with `.` or `_` is hidden.

    Raises:
        DriftError: there is none.
        OSError: the store does not answer.
    """
    if magic := _MAGIC.search(path):
        base = path[: magic.start()].rpartition("/")[0]
        matches = re.compile(glob_translate(path)).match
        found = [info for info in _below(store, base) if matches(info.path)]
        if not found:
            raise DriftError(
                f"no object matches {path}", where=where, way_out="correct the server's location"
            )
        return found
    plain = path.rstrip("/")
    info = store.get_file_info(plain)
    if info.type == fs.FileType.File and not path.endswith("/"):
        return [info]
    below = [each for each in _below(store, plain) if _is_shown(each.path, plain)]
    below = [each for each in below if form is None or _has_ending(each.path, form)]
    if named:
        chosen = below
    else:
        chosen = [each for each in below if each.path.startswith(f"{plain}/{table}/")]
        chosen = chosen or [each for each in below if _stem(each.path) == f"{plain}/{table}"]
    if not chosen:
        there = {each.path.removeprefix(f"{plain}/").partition("/")[0] for each in below}
        raise no_such_object(table, there, where, plain)
    return chosen


def _below(store: fs.FileSystem, base: str) -> Sequence[fs.FileInfo]:
    selector = fs.FileSelector(base, recursive=True, allow_not_found=True)
    found = [info for info in store.get_file_info(selector) if info.type == fs.FileType.File]
    return sorted(found, key=lambda info: info.path)


def _is_shown(path: str, base: str) -> bool:
    parts = PurePosixPath(path.removeprefix(f"{base}/")).parts
    return not any(part.startswith((".", "_")) for part in parts)


def _has_ending(path: str, form: str) -> bool:
    return path.lower().endswith(
        tuple(ending + more for ending in ENDINGS[form] for more in ("", *COMPRESSIONS))
    )


def _stem(path: str) -> str:
    for compression in COMPRESSIONS:
        path = path.removesuffix(compression)
    return path.rpartition(".")[0]
