"""What every request works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from meshwright.model.product import Environment
from meshwright.provisioning.ports import Charts
from meshwright.provisioning.registry import Registry
from meshwright.provisioning.tables import Tables
from meshwright.server.behind import Behind
from meshwright.server.live import LiveMesh, Snapshot
from meshwright.server.recent import Recent
from meshwright.server.search import LiveSearch
from meshwright.supervision.catalogue.compliance import Compliance
from meshwright.wiring import charts

if TYPE_CHECKING:
    from meshwright.server.templating import Pages


@dataclass(frozen=True)
class Site:
    """One environment that is served: its tables, search, what policies find, its registry, what runs SQL
    and what draws.

    `recent` keeps what was shown of dashboards last.
    """

    live: LiveMesh
    search: LiveSearch
    policies: Behind[Compliance]
    registry: Registry
    environment: Environment
    tables_engine: Callable[[], Tables]
    description: str | None = None  # of the mesh
    token: Callable[[], str | None] = lambda: None  # what whoever writes has to send
    charts: Charts = field(default_factory=charts)
    recent: Recent = field(default_factory=Recent)


def site_of(request: Request) -> Site:
    """The site that a request is for."""
    site: Site = request.app.state.site
    return site


def snapshot_of(request: Request) -> Snapshot:
    """The state that a request is answered from: one and the same, however often it is asked for."""
    found: Snapshot | None = getattr(request.state, "snapshot", None)
    if found is None:
        found = request.state.snapshot = site_of(request).live.current()
    return found


def pages_of(request: Request) -> Pages:
    """What renders pages."""
    pages: Pages = request.app.state.pages
    return pages


CurrentSite = Annotated[Site, Depends(site_of)]
CurrentSnapshot = Annotated[Snapshot, Depends(snapshot_of)]
