"""Options that every command shares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from meshwright import __version__


@dataclass(frozen=True, slots=True)
class Settings:
    """What was said before the command's name."""

    directory: Path


def find_root(folder: Path) -> Path:
    """The nearest folder at or above `folder` with a mesh.yaml; `folder` itself if there is none."""
    return next((place for place in (folder, *folder.parents) if (place / "mesh.yaml").exists()), folder)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"meshwright {__version__}")
        raise typer.Exit


def set_up(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Option("--directory", "-C", help="Work as if started in this folder.")
    ] = Path(),
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Meshwright: declare data products in open standards; plan, build, verify and publish them."""
    context.obj = Settings(directory.resolve())


EnvironmentOption = Annotated[
    str | None,
    typer.Option("--environment", "-e", help="The environment; the mesh's default when left out."),
]
FormatOption = Annotated[str, typer.Option("--format", help="`text` for people, `json` for programs.")]
