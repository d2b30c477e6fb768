"""What a run works with."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from meshwright.experience.models import AnalysisCache
from meshwright.experience.runs.memory import ProcessMemory
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh
from meshwright.model.product import Environment
from meshwright.model.publication import Handle, ObjectKey
from meshwright.provisioning.ports import Infrastructure, Limits
from meshwright.provisioning.processes import process_name
from meshwright.provisioning.registry import Registry

Listener = Callable[[str, ProductKey | None], None]
"""Hears the name of every step when it has been reached."""

STEPS: tuple[str, ...] = (
    "locked",
    "intended",
    "described",
    "extracted",
    "landed",
    "offered",
    "transformed",
    "written",
    "compacted",
    "built",
    "measured",
    "quarantined",
    "verified",
    "sealing",
    "sealed",
    "publishing",
    "published",
    "expired",
    "deleted",
    "released",
)
"""The steps of a run, in order; some do not occur in every run."""


def no_listener(step: str, product: ProductKey | None) -> None:
    """Hears nothing."""


def utc_now() -> dt.datetime:
    """The present moment."""
    return dt.datetime.now(dt.UTC)


def iso(moment: dt.datetime) -> str:
    """ISO 8601 in UTC with microseconds, so that text order is time order."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True)
class RunContext:
    """A mesh, one of its environments, and everything that is wired to it.

    `scratch` is a local folder; each run has one of its own below it. `cache` belongs to the thread
    that made the context. `reopen` makes connections anew, for another process.
    """

    mesh: Mesh
    environment: Environment
    registry: Registry
    infrastructure: Infrastructure
    scratch: Path
    cache: AnalysisCache | None = None
    listener: Listener = no_listener
    clock: Callable[[], dt.datetime] = utc_now
    holder: str = field(default_factory=process_name)
    reopen: Callable[[], tuple[Registry, Infrastructure]] | None = None
    memory: ProcessMemory = field(default_factory=ProcessMemory, repr=False)
    _handles: dict[str, Mapping[ObjectKey, Handle]] = field(default_factory=dict, repr=False)

    def for_another_process(self) -> RunContext:
        """The same without connections, to be sent to another process."""
        nothing: Any = None
        return replace(
            self,
            registry=nothing,
            infrastructure=nothing,
            cache=None,
            listener=no_listener,
            memory=nothing,
            _handles={},
        )

    def in_process(self, holder: str, listener: Listener) -> RunContext:
        """The same with connections of this process, which may be forked."""
        assert self.reopen is not None
        registry, infrastructure = self.reopen()
        return replace(
            self,
            registry=registry,
            infrastructure=infrastructure,
            listener=listener,
            holder=holder,
            memory=ProcessMemory(),
        )

    def handles(self, publication: str) -> Mapping[ObjectKey, Handle]:
        """The objects of a publication; what this context published or asked for is not read again."""
        if publication not in self._handles:
            self._handles[publication] = self.registry.handles(publication)
        return self._handles[publication]

    def keep_handles(self, publication: str, handles: Mapping[ObjectKey, Handle]) -> None:
        """Remember the objects of a publication, which is immutable."""
        self._handles[publication] = handles

    @property
    def retain(self) -> int:
        """How many publications of a product stay."""
        return int(self.environment.settings.get("retain", 20))

    @property
    def grace_seconds(self) -> float:
        """How long files that nothing refers to any more stay for those who still read them."""
        return float(self.environment.settings.get("grace_seconds", 3600))

    @property
    def lock_seconds(self) -> float:
        """How long a lock holds without being renewed."""
        return float(self.environment.settings.get("lock_seconds", 60))

    @property
    def file_size(self) -> int:
        """The bytes at which a data file is ended and the next one begun."""
        return int(self.environment.settings.get("file_size", 512 << 20))

    @property
    def limits(self) -> Limits:
        """What a Python model may use."""
        memory = self.environment.settings.get("python_memory", 4 << 30)
        seconds = self.environment.settings.get("python_seconds", 3600.0)
        return Limits(int(memory), float(seconds))

    def now(self) -> str:
        """The present moment as text."""
        return iso(self.clock())

    def new_run(self) -> str:
        """A run id; text order is the order of starts."""
        return f"{self.clock().strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(5)}"
