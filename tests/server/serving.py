"""A mesh in a folder, served without a socket."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from meshwright.server.app import create_app
from meshwright.server.opening import open_site
from meshwright.server.site import Site


def site_at(root: Path, look: float = 0.0) -> Site:
    """The default environment of the mesh in a folder, as it is at each request."""
    return open_site(root, look=look, patience=30.0)


def client_of(root: Path) -> TestClient:
    """What asks for pages of the mesh in a folder."""
    return TestClient(create_app(site_at(root)), raise_server_exceptions=False)
