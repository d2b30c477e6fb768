"""What the planes ask of infrastructure; adapters implement these Protocols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from meshwright.provisioning.ports.alerts import AlertChannel, Message, Recipient
from meshwright.provisioning.ports.charts import Charts
from meshwright.provisioning.ports.engine import (
    Counts,
    CustomEngine,
    Deleted,
    Engine,
    EngineCapabilities,
    Located,
    Merge,
    Notes,
    Parted,
    Session,
    Target,
    Written,
)
from meshwright.provisioning.ports.events import EventSink
from meshwright.provisioning.ports.python import Limits, ProcessCost, PythonRunner
from meshwright.provisioning.ports.search import Meanings, SearchIndex, SearchView
from meshwright.provisioning.ports.sources import (
    Extraction,
    Increment,
    Inspection,
    Secrets,
    SourceCapabilities,
    SourceReader,
)
from meshwright.provisioning.ports.warehouse import StoredFile, Warehouse

__all__ = [
    "AlertChannel",
    "Charts",
    "Counts",
    "CustomEngine",
    "Deleted",
    "Engine",
    "EngineCapabilities",
    "EventSink",
    "Extraction",
    "Increment",
    "Infrastructure",
    "Inspection",
    "Limits",
    "Located",
    "Meanings",
    "Merge",
    "Message",
    "Notes",
    "Parted",
    "ProcessCost",
    "PythonRunner",
    "Recipient",
    "SearchIndex",
    "SearchView",
    "Secrets",
    "Session",
    "SourceCapabilities",
    "SourceReader",
    "StoredFile",
    "Target",
    "Warehouse",
    "Written",
]


class Infrastructure(Protocol):
    """Everything an environment provides; each part is made when it is first used."""

    @property
    def engine(self) -> Engine:
        """Runs SQL over handles."""
        ...

    @property
    def warehouse(self) -> Warehouse:
        """Keeps tables."""
        ...

    @property
    def python(self) -> PythonRunner:
        """Runs Python models."""
        ...

    @property
    def readers(self) -> Mapping[str, SourceReader]:
        """Source readers by ODCS server type."""
        ...

    @property
    def custom_engines(self) -> Mapping[str, CustomEngine]:
        """Engines of custom rules, by their name in lower case without signs."""
        ...

    @property
    def events(self) -> EventSink | None:
        """Where OpenLineage events go; None where nobody wants them."""
        ...
