"""A mesh in a folder, served without a socket."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from meshwright.experience.load import load_settings
from meshwright.server.app import create_app
from meshwright.server.live import LiveMesh
from meshwright.server.search import LiveSearch
from meshwright.server.site import Site
from meshwright.wiring import open_readable, open_registry, search_index, tables_engine


def site_at(root: Path, look: float = 0.0, patience: float = 30.0) -> Site:
    """The default environment of the mesh in a folder, as it is at each request."""
    settings = load_settings(root)
    environment = settings.environments[settings.default_environment]
    live = LiveMesh(settings.name, environment.name, open_readable(environment, root), look, patience)
    scratch = root / ".mesh" / environment.name / "scratch"
    search = LiveSearch(search_index(root / ".mesh" / environment.name / "search"), settings.name)
    live.follow(search.follow)
    return Site(
        live,
        search,
        open_registry(environment, root),
        environment,
        lambda: tables_engine(environment, scratch),
    )


def client_of(root: Path) -> TestClient:
    """What asks for pages of the mesh in a folder."""
    return TestClient(create_app(site_at(root)), raise_server_exceptions=False)
