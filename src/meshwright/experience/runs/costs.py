"""What a run cost, step by step."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from meshwright.experience.runs.memory import ProcessMemory, Watch
from meshwright.model.publication import Cost
from meshwright.provisioning.ports import ProcessCost


@dataclass(eq=False)
class Meter:
    """Measures from its making on.

    CPU seconds are those of this process and of the children that were charged; runs that share the
    process at the same time (threads) each count all of it. Peak memory is that of the one process
    that held most, this one or a child.
    """

    memory: ProcessMemory = field(default_factory=ProcessMemory)
    wall: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.process_time)
    rows_read: int = 0
    bytes_read: int = 0
    rows_written: int = 0
    bytes_written: int = 0
    rows_stored: int = 0
    bytes_stored: int = 0
    steps: dict[str, dict[str, float]] = field(default_factory=dict)
    _lap: tuple[float, float] | None = None
    _child_cpu: float = 0.0
    _child_peak: int = 0
    _peak: int = 0

    def __post_init__(self) -> None:
        self._watch: Watch = self.memory.watch()

    def reached(self, step: str) -> None:
        """A step has been reached: what was spent since the one before it counts as its cost."""
        before = self._lap or (self.wall, self.cpu)
        self._lap = (time.perf_counter(), self._cpu())
        spent = self.steps.setdefault(step, {"wall_seconds": 0.0, "cpu_seconds": 0.0, "peak_memory_bytes": 0})
        spent["wall_seconds"] = round(spent["wall_seconds"] + self._lap[0] - before[0], 6)
        spent["cpu_seconds"] = round(spent["cpu_seconds"] + self._lap[1] - before[1], 6)
        spent["peak_memory_bytes"] = max(spent["peak_memory_bytes"], self._highest())

    def charge(self, process: ProcessCost) -> None:
        """Count what another process took for this run."""
        self._child_cpu += process.cpu_seconds
        self._child_peak = max(self._child_peak, process.peak_memory_bytes)

    def read(self, rows: int, size: int) -> None:
        """Count rows and bytes that were read."""
        self.rows_read += rows
        self.bytes_read += size

    def wrote(self, rows: int, size: int) -> None:
        """Count rows and bytes that were written."""
        self.rows_written += rows
        self.bytes_written += size

    def stored(self, rows: int, size: int) -> None:
        """Count rows and bytes that the publication keeps in storage."""
        self.rows_stored += rows
        self.bytes_stored += size

    def cost(self) -> Cost:
        """What it cost until now."""
        self._highest()
        return Cost(
            wall_seconds=round(time.perf_counter() - self.wall, 6),
            cpu_seconds=round(self._cpu() - self.cpu, 6),
            peak_memory_bytes=self._peak,
            rows_read=self.rows_read,
            bytes_read=self.bytes_read,
            rows_written=self.rows_written,
            bytes_written=self.bytes_written,
            rows_stored=self.rows_stored,
            bytes_stored=self.bytes_stored,
        )

    def _cpu(self) -> float:
        return time.process_time() + self._child_cpu

    def _highest(self) -> int:
        """The peak since the last call, which counts into that of the run."""
        peak = max(self._watch.peak(), self._child_peak)
        self._child_peak = 0
        self._peak = max(self._peak, peak)
        return peak
