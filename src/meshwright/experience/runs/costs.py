"""What a step cost."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass, field

from meshwright.model.publication import Cost


@dataclass
class Meter:
    """Measures from its making on. CPU seconds and memory are those of the whole process."""

    wall: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.process_time)
    rows_read: int = 0
    bytes_read: int = 0
    rows_written: int = 0
    bytes_written: int = 0
    steps: dict[str, dict[str, float]] = field(default_factory=dict)
    _lap: tuple[float, float] | None = None

    def reached(self, step: str) -> None:
        """A step has been reached: what was spent since the one before it counts as its cost."""
        before = self._lap or (self.wall, self.cpu)
        self._lap = (time.perf_counter(), time.process_time())
        spent = self.steps.setdefault(step, {"wall_seconds": 0.0, "cpu_seconds": 0.0})
        spent["wall_seconds"] = round(spent["wall_seconds"] + self._lap[0] - before[0], 6)
        spent["cpu_seconds"] = round(spent["cpu_seconds"] + self._lap[1] - before[1], 6)

    def read(self, rows: int, size: int) -> None:
        """Count rows and bytes that were read."""
        self.rows_read += rows
        self.bytes_read += size

    def wrote(self, rows: int, size: int) -> None:
        """Count rows and bytes that were written."""
        self.rows_written += rows
        self.bytes_written += size

    def cost(self) -> Cost:
        """What it cost until now."""
        unit = 1 if sys.platform == "darwin" else 1024
        return Cost(
            wall_seconds=round(time.perf_counter() - self.wall, 6),
            cpu_seconds=round(time.process_time() - self.cpu, 6),
            peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
            rows_read=self.rows_read,
            bytes_read=self.bytes_read,
            rows_written=self.rows_written,
            bytes_written=self.bytes_written,
        )
