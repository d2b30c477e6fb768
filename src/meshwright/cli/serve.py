"""Serving the mesh to people and programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from meshwright.cli.options import EnvironmentOption, find_root
from meshwright.cli.output import console
from meshwright.errors import InputError, MissingPart

if TYPE_CHECKING:
    from meshwright.server.site import Site

DEFAULT_PORT = 8800


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(serve)


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(help="Where to listen; 0.0.0.0 is every network of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = DEFAULT_PORT,
    environment: EnvironmentOption = None,
) -> None:
    """Serve the marketplace and the API of what is applied in an environment, until it is stopped."""
    from meshwright.cli.serving import listen, serve_app
    from meshwright.server.app import create_app

    site = _site(context, environment)
    if not site.live.current().tables.versions:
        raise InputError(
            f"nothing is applied in environment `{site.environment.name}`",
            why="the server shows what was applied, never the files of a tree",
            way_out="`mesh apply` first",
        )
    with listen(host, port) as (listening, address):
        console().print(
            f"Serving {site.live.mesh} ({site.environment.name}) at {address}. Ctrl-C stops it.",
            markup=False,
            soft_wrap=True,
        )
        serve_app(create_app(site), listening)


def _site(context: typer.Context, environment: str | None) -> Site:
    """The environment, from its registry: nothing of the tree is read but mesh.yaml."""
    from meshwright.experience.load import load_settings
    from meshwright.provisioning.secrets import secrets_for
    from meshwright.server.live import LiveMesh
    from meshwright.server.search import LiveSearch
    from meshwright.server.site import Site
    from meshwright.server.writes import SECRET
    from meshwright.wiring import open_readable, open_registry, search_index, tables_engine

    root = find_root(context.obj.directory)
    settings = load_settings(root)
    name = environment or settings.default_environment
    if name not in settings.environments:
        raise MissingPart(
            f"there is no environment `{name}`",
            where="mesh.yaml",
            way_out=f"use one of {', '.join(settings.environments)}, or declare it",
        )
    found = settings.environments[name]
    scratch = root / ".mesh" / name / "scratch"
    live = LiveMesh(settings.name, name, open_readable(found, root))
    search = LiveSearch(search_index(root / ".mesh" / name / "search"), settings.name)
    live.follow(search.follow)
    return Site(
        live=live,
        search=search,
        registry=open_registry(found, root),
        environment=found,
        tables_engine=lambda: tables_engine(found, scratch),
        description=settings.description,
        token=lambda: secrets_for(found, os.environ, root)(SECRET).get("token"),
    )
