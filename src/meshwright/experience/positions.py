"""Where in a file a path of a document is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from meshwright.standards.yaml import locate

if TYPE_CHECKING:
    from meshwright.experience.rules import Finder

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_INSIDE = re.compile(r":(\d+):(\d+)\Z")
_BLOCK = re.compile(rb"\|[-+0-9]*\s*(?:#.*)?\Z")


def finder(root: Path) -> Finder:
    """Finds line and column (from 1) of a path such as `schema[0].properties[2]` in a file below `root`.

    `tiles[0].query:3:5` is line 3, column 5 of the text that stands at `tiles[0].query`.
    """
    read: dict[str, bytes | None] = {}

    def find(file: str, path: str) -> tuple[int, int] | None:
        if file not in read:
            try:
                read[file] = (root / file).read_bytes()
            except OSError:
                read[file] = None
        data = read[file]
        if data is None or not file.endswith((".yaml", ".yml", ".json")):
            return None
        inside = _INSIDE.search(path)
        steps = parse_path(path[: inside.start()] if inside else path)
        place = locate(data, [steps]).get(steps)
        if place is None:
            return None
        here = (place.line, place.column)
        return _within(data, here, int(inside[1]), int(inside[2])) if inside else here

    return find


def _within(data: bytes, place: tuple[int, int], line: int, column: int) -> tuple[int, int]:
    """A place in a text that begins at `place`: exact in a literal block and in a text of one line."""
    lines = data.split(b"\n")
    start, first = place
    head = lines[start - 1].rstrip()
    marks = head.decode(errors="replace")[first - 1 :].encode()
    if _BLOCK.match(marks):
        body = lines[start:]
        indent = next((len(each) - len(each.lstrip(b" ")) for each in body if each.strip()), 0)
        return start + line, indent + column
    if line > 1 or marks[:1] in (b">", b"&"):
        return place
    return start, first + column - (0 if marks[:1] in (b"'", b'"') else 1)


def parse_path(path: str) -> tuple[str | int, ...]:
    """A path as keys and indices.

    >>> parse_path("schema[0].properties[2].name")
    ('schema', 0, 'properties', 2, 'name')
    """
    return tuple(int(index) if index else key for index, key in _STEP.findall(path))
