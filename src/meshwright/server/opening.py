"""The site of one environment, from its registry: nothing of the tree is read but mesh.yaml."""

from __future__ import annotations

import os
from pathlib import Path

from meshwright.errors import MissingPart
from meshwright.experience.load import load_settings
from meshwright.provisioning.secrets import secrets_for
from meshwright.server.behind import Behind
from meshwright.server.live import LOOK_SECONDS, WAIT_SECONDS, LiveMesh
from meshwright.server.search import LiveSearch
from meshwright.server.site import Site
from meshwright.server.writes import SECRET
from meshwright.supervision.catalogue.compliance import compliance
from meshwright.wiring import open_readable, open_registry, search_index, tables_engine


def open_site(
    root: Path,
    environment: str | None = None,
    look: float = LOOK_SECONDS,
    patience: float = WAIT_SECONDS,
) -> Site:
    """What serves an environment (the default one) of the mesh in a folder.

    `look` and `patience` are those of `LiveMesh`.

    Raises:
        InputError: there is no mesh.
        MissingPart: there is no such environment.
        Unavailable: the registry does not answer.
    """
    settings = load_settings(root)
    name = environment or settings.default_environment
    if name not in settings.environments:
        raise MissingPart(
            f"there is no environment `{name}`",
            where="mesh.yaml",
            way_out=f"use one of {', '.join(settings.environments)}, or declare it",
        )
    found = settings.environments[name]
    folder = root / ".mesh" / name
    live = LiveMesh(settings.name, name, open_readable(found, root), look, patience)
    search = LiveSearch(search_index(folder / "search"), settings.name)
    policies = Behind(
        "judges policies",
        lambda snapshot: compliance(
            snapshot.tables, tables_engine(found, folder / "scratch"), snapshot.catalogue.on.isoformat()
        ),
    )
    live.follow(search.follow)
    live.follow(policies.follow)
    return Site(
        live=live,
        search=search,
        policies=policies,
        registry=open_registry(found, root),
        environment=found,
        tables_engine=lambda: tables_engine(found, folder / "scratch"),
        description=settings.description,
        token=lambda: secrets_for(found, os.environ, root)(SECRET).get("token"),
    )
