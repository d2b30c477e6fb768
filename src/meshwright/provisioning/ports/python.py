"""What runs Python models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Limits:
    """What a model's process may use."""

    memory_bytes: int = 4 << 30
    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class ProcessCost:
    """What a process and those that it started took, also where it was ended from outside."""

    cpu_seconds: float
    peak_memory_bytes: int  # an upper bound where the process could not tell it itself


class PythonRunner(Protocol):
    """Runs Python models in child processes."""

    isolated: bool  # whether the child is kept from files and network here

    def run(
        self,
        text: str,
        where: str,
        inputs: Mapping[str, Callable[[], pa.RecordBatchReader]],
        folder: Path,
        limits: Limits = Limits(),
        charge: Callable[[ProcessCost], None] | None = None,
        withhold: bool = False,
    ) -> AbstractContextManager[pa.RecordBatchReader]:
        """Run the model's function on its inputs (by parameter name); yields what it returns.

        `charge` is told what the child took as soon as it has ended, also when the model failed.

        Raises:
            BuildError: the model failed, ran out of memory or time; holds its traceback's last lines,
                but neither its message nor what it printed where the run is to `withhold` data.
        """
        ...
