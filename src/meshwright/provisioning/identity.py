"""What tells a file, as it is now, from every other file and from itself at any other time."""

from __future__ import annotations

import os
import time

_TICK = 20_000_000
"""Nanoseconds within which two changes may get the same time: systems count time in steps of up to 10 ms."""

_WHOLE_SECONDS = 2_000_000_000
"""The same for storage that keeps whole seconds, or every other."""


def file_identity(path: str) -> str:
    """What changes whenever the file does: a write changes the time of change, whatever it sets.

    Two changes within one step of the clock leave the same time, so a file that was changed a
    moment ago is waited for, 20 ms at most, and where times are whole seconds it is no file that will
    ever be met again. What is read afterwards is the file of that identity, or a later one of another.

    Raises:
        OSError: the file is not there or cannot be looked at.
    """
    found = os.stat(path)  # noqa: PTH116
    age = time.time_ns() - found.st_ctime_ns
    if 0 <= age < _TICK:
        time.sleep((_TICK - age) / 1e9)
        found = os.stat(path)  # noqa: PTH116
        age = time.time_ns() - found.st_ctime_ns
    step = _WHOLE_SECONDS if found.st_ctime_ns % 1_000_000_000 == 0 else _TICK
    now = "" if age >= step else f"\0{time.time_ns()}"
    return f"{path}\0{found.st_ino}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ctime_ns}{now}"
