"""Where in a file a path of a document is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from meshwright.standards.yaml import locate

if TYPE_CHECKING:
    from meshwright.experience.rules import Finder

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def finder(root: Path) -> Finder:
    """Finds line and column (from 1) of a path such as `schema[0].properties[2]` in a file below `root`."""
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
        steps = parse_path(path)
        place = locate(data, [steps]).get(steps)
        return (place.line, place.column) if place else None

    return find


def parse_path(path: str) -> tuple[str | int, ...]:
    """A path as keys and indices.

    >>> parse_path("schema[0].properties[2].name")
    ('schema', 0, 'properties', 2, 'name')
    """
    return tuple(int(index) if index else key for index, key in _STEP.findall(path))
