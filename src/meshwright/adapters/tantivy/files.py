"""The files of an index are whole: each ends with a checksum of what comes before."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

_MAGIC = 1337
_BLOCK = 1 << 20


class Damaged(Exception):
    """A file is not as it was written."""


def check_files(folder: Path, checked: dict[str, tuple[int, int]]) -> None:
    """Look at the files of the segments that meta.json names, each once: `checked` says which were.

    Raises:
        Damaged: one is missing or is not what its checksum says.
    """
    for path in _files(folder):
        try:
            found = path.stat()
            stamp = (found.st_size, found.st_mtime_ns)
            if checked.get(path.name) != stamp:
                _check(path, found.st_size)
                checked[path.name] = stamp
        except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
            raise Damaged(f"{path.name}: {error}") from error


def _files(folder: Path) -> Iterator[Path]:
    try:
        meta = json.loads((folder / "meta.json").read_bytes())
        names = {str(each["segment_id"]).replace("-", "") for each in meta["segments"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"meta.json: {error}") from error
    missing = set(names)
    for path in sorted(folder.iterdir()):
        if path.stem.partition(".")[0] in names and not path.name.startswith("."):
            missing.discard(path.stem.partition(".")[0])
            yield path
    if missing:
        raise Damaged(f"files of segments are missing: {', '.join(sorted(missing))}")


def _check(path: Path, size: int) -> None:
    with path.open("rb") as file:
        file.seek(max(0, size - 8))
        length, magic = struct.unpack("<II", file.read(8))
        end = size - 8 - length
        if magic != _MAGIC or end < 0:
            raise ValueError("it is cut off")
        file.seek(end)
        expected = json.loads(file.read(length))["crc"]
        file.seek(0)
        checksum, left = 0, end
        while left:
            block = file.read(min(_BLOCK, left))
            if not block:
                raise ValueError("it is cut off")
            checksum = zlib.crc32(block, checksum)
            left -= len(block)
    if checksum != expected:
        raise ValueError("its checksum is another one")
