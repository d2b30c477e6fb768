"""Serving the mesh to people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from meshwright.cli.options import EnvironmentOption, find_root
from meshwright.cli.output import console
from meshwright.errors import InputError, MissingPart, Unavailable

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
    import socket

    import uvicorn

    from meshwright.server.app import create_app

    site = _site(context, environment)
    if not site.live.current().tables.versions:
        raise InputError(
            f"nothing is applied in environment `{site.environment.name}`",
            why="the server shows what was applied, never the files of a tree",
            way_out="`mesh apply` first",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        raise Unavailable(
            f"port {port} of {host} cannot be used",
            why=error.strerror or str(error),
            way_out="stop what listens there, or take another with --port",
        ) from None
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    console().print(
        f"Serving {site.live.mesh} ({site.environment.name}) at {address}. Ctrl-C stops it.",
        markup=False,
        soft_wrap=True,
    )
    config = uvicorn.Config(create_app(site), log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listening])


def _site(context: typer.Context, environment: str | None) -> Site:
    """The environment, from its registry: nothing of the tree is read but mesh.yaml."""
    from meshwright.experience.load import load_settings
    from meshwright.server.live import LiveMesh
    from meshwright.server.search import LiveSearch
    from meshwright.server.site import Site
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
    )
