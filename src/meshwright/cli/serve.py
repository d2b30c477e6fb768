"""Serving the mesh to people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meshwright.cli.options import EnvironmentOption, find_root
from meshwright.cli.output import console
from meshwright.errors import InputError

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
    watch: Annotated[
        bool, typer.Option("--watch", help="Also look for incidents every minute, as `mesh watch` does.")
    ] = False,
    environment: EnvironmentOption = None,
) -> None:
    """Serve the marketplace and the API of what is applied in an environment, until it is stopped."""
    import gc

    from meshwright.cli.serving import listen, serve_app
    from meshwright.server.app import create_app
    from meshwright.server.opening import open_site

    root = find_root(context.obj.directory)
    site = open_site(root, environment)
    site.live.follow(lambda snapshot: gc.freeze())  # what lives on is not looked through for circles
    if not site.live.current().tables.versions:
        raise InputError(
            f"nothing is applied in environment `{site.environment.name}`",
            why="the server shows what was applied, never the files of a tree",
            way_out="`mesh apply` first",
        )
    with listen(host, port) as (listening, address), _watching(site, root, watch):
        console().print(
            f"Serving {site.live.mesh} ({site.environment.name}) at {address}. Ctrl-C stops it.",
            markup=False,
            soft_wrap=True,
        )
        serve_app(create_app(site), listening)


@contextmanager
def _watching(site: Site, root: Path, watch: bool) -> Iterator[None]:
    """Sweeps in the background, over the tables that pages are made from."""
    if not watch:
        yield
        return
    from meshwright.server.watching import Watching
    from meshwright.wiring import open_watch

    live = site.live
    watching = Watching(open_watch(live.mesh, site.environment, root, lambda: live.current().tables))
    watching.start()
    try:
        yield
    finally:
        watching.stop()
