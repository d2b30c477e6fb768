"""What other catalogues read."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from meshwright.cli.options import EnvironmentOption
from meshwright.cli.output import check_format, print_json
from meshwright.cli.products import product_key
from meshwright.cli.workspace import open_workspace
from meshwright.errors import InputError


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(catalogue)


def catalogue(
    context: typer.Context,
    product: Annotated[
        str | None, typer.Argument(help="One product, with its columns; without one the whole mesh.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", help="The URL of the server that shows the mesh: pages to link to."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file to write to.")] = None,
    environment: EnvironmentOption = None,
    format: Annotated[str, typer.Option("--format", help="`json-ld`; `json` is the same.")] = "json-ld",
) -> None:
    """Describe the mesh, or one product, for other catalogues: DCAT and DPROD as JSON-LD."""
    from meshwright.supervision.exchange.described import WHOLE, described_catalogue, described_product

    check_format(format, ("json-ld", "json"))
    if base is not None and not base.startswith(("http://", "https://")):
        raise InputError(f"`{base}` is no URL of a server", way_out="write --base https://data.example.com")
    workspace = open_workspace(context, environment, applied=True)
    tables = workspace.mesh_tables(WHOLE)
    if product is not None and output is None:
        print_json(described_product(tables, product_key(workspace, product), base))
        return
    if product is not None:
        import json

        found = described_product(tables, product_key(workspace, product), base)
        parts: Iterable[str] = [json.dumps(found, ensure_ascii=False, indent=2) + "\n"]
    else:
        parts = described_catalogue(tables, workspace.raw.settings.description, base)
    if output is None:
        sys.stdout.writelines(parts)
        return
    try:
        with output.open("w", encoding="utf-8") as file:
            file.writelines(parts)
    except OSError as error:
        raise InputError("the catalogue cannot be written", where=str(output), why=error.strerror) from error
