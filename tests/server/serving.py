"""A mesh in a folder, served without a socket."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from meshwright.experience.load import load_tree
from meshwright.provisioning.registry import AppliedDomain
from meshwright.server.app import create_app
from meshwright.server.opening import open_site
from meshwright.server.site import Site
from meshwright.wiring import open_registry


def site_at(root: Path, look: float = 0.0) -> Site:
    """The default environment of the mesh in a folder, as it is at each request."""
    return open_site(root, look=look, patience=30.0)


def client_of(root: Path) -> TestClient:
    """What asks for pages of the mesh in a folder."""
    return TestClient(create_app(site_at(root)), raise_server_exceptions=False)


def apply_as_declared(root: Path) -> None:
    """Put what a tree declares into its registry; whether it can be built does not matter here."""
    tree = load_tree(root)
    environment = tree.settings.environments["dev"]
    domains = [AppliedDomain(each.name, each.name, each.document, "here") for each in tree.domains.values()]
    bundles = [(bundle, "active") for bundle in tree.bundles.values()]
    open_registry(environment, root).apply("dev", None, bundles, [], domains, [])
