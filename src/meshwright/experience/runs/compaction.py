"""Small files are written again as one, so that many appends cost what one costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from meshwright.model.publication import Candidate, DataFile
from meshwright.provisioning.ports import Session, Target

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


def compacted(
    candidate: Candidate, session: Session, target: Target, reached: Callable[[str], None]
) -> Candidate:
    """The candidate with many small files of its base written again as few.

    What it added stays as it is, so that whoever follows its changes sees the same rows.
    """
    if candidate.operation not in ("append", "rewrite"):
        return candidate
    new = {file.path for file in (*candidate.added, *candidate.compacted)}
    old = [file for file in candidate.handle.files if file.path not in new]
    for number, group in enumerate(files_to_compact(old, target.file_size)):
        part = replace(target, run=f"{target.run}-{number}")
        again = session.compact(candidate.handle, group, part).files
        gone = {file.path for file in group}
        files = tuple(f for f in candidate.handle.files if f.path not in gone) + again
        candidate = replace(
            candidate,
            handle=replace(candidate.handle, files=files),
            removed=(*candidate.removed, *group),
            compacted=(*candidate.compacted, *again),
        )
        reached("compacted")
    return candidate
