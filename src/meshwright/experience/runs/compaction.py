"""Which small files to write again as one, so that many appends cost what one costs."""

from __future__ import annotations

from collections.abc import Sequence

from meshwright.model.publication import DataFile

FAN_IN = 8
"""Files of one size class that are merged into one of the next."""

LARGE = 128 << 20
"""Files from this many bytes on are left alone."""


def files_to_compact(files: Sequence[DataFile]) -> tuple[tuple[DataFile, ...], ...]:
    """Groups of files, each of one partition and size class, to be merged.

    Size classes grow by a factor of eight, so a row is written again at most as often as there
    are classes (log-structured merge, O'Neil et al. 1996), and a partition keeps at most seven
    files a class.
    """
    classes: dict[tuple[object, ...], list[DataFile]] = {}
    for file in files:
        if file.size < LARGE:
            level = max(0, (file.rows.bit_length() - 1) // 3)
            classes.setdefault((level, *sorted(file.partition.items())), []).append(file)
    return tuple(tuple(group) for group in classes.values() if len(group) >= FAN_IN)
