"""Which small files to write again as one, so that many appends cost what one costs."""

from __future__ import annotations

from collections.abc import Sequence

from meshwright.model.publication import DataFile

FAN_IN = 8
"""Files of one size class that are merged into one of the next."""


def files_to_compact(files: Sequence[DataFile], file_size: int) -> tuple[tuple[DataFile, ...], ...]:
    """Groups of files, each of one partition and size class, to be merged.

    Those of a quarter of `file_size`, at which files are split, and more are left alone.
    Size classes grow by a factor of eight, so a row is written again at most as often as there
    are classes (log-structured merge, O'Neil et al. 1996), and a partition keeps at most seven
    files a class.
    """
    classes: dict[tuple[object, ...], list[DataFile]] = {}
    for file in files:
        if file.size < file_size / 4:
            level = max(0, (file.rows.bit_length() - 1) // 3)
            classes.setdefault((level, *sorted(file.partition.items())), []).append(file)
    return tuple(tuple(group) for group in classes.values() if len(group) >= FAN_IN)
