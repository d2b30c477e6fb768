"""The peak memory of this process, told apart by who watches it."""

from __future__ import annotations

import contextlib
import re
import resource
import sys
import threading
from pathlib import Path
from weakref import WeakSet

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET = b"5"  # proc(5): resets the high-water mark


class Watch:
    """The highest memory of the process since the watch was last asked, in bytes."""

    def __init__(self, memory: ProcessMemory) -> None:
        self._memory = memory
        self.seen = 0

    def peak(self) -> int:
        """The highest since the last call, or since the watch was made."""
        return self._memory.peak_of(self)


class ProcessMemory:
    """One high-water mark, shared by all watches: each is told what was reached while it watched.

    What earlier work has left allocated counts, as the process holds it. Where the system does not
    let the mark be reset (anywhere but Linux), a peak is an upper bound: the process's highest ever.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._watches: WeakSet[Watch] = WeakSet()

    def watch(self) -> Watch:
        """A watch from now on; it ends when nobody holds it."""
        watch = Watch(self)
        with self._guard:
            self._tell()
            self._watches.add(watch)
        return watch

    def peak_of(self, watch: Watch) -> int:
        """See `Watch.peak`."""
        with self._guard:
            self._tell()
            peak, watch.seen = watch.seen, 0
        return peak

    def _tell(self) -> None:
        """Let every watch see the mark, and begin a new one."""
        mark = _high_water()
        for watch in self._watches:
            watch.seen = max(watch.seen, mark)
        with contextlib.suppress(OSError):
            _CLEAR.write_bytes(_RESET)


def _high_water() -> int:
    """The most memory that the process has held since the mark was reset, in bytes."""
    try:
        found = re.search(rb"^VmHWM:\s*(\d+) kB$", _STATUS.read_bytes(), re.MULTILINE)
    except OSError:
        found = None
    if found:
        return int(found[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
