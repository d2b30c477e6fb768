"""Dashboards: what there is, as a file, and while one is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meshwright.cli.options import EnvironmentOption, FormatOption
from meshwright.cli.output import check_format, console, print_json, size_text, table
from meshwright.cli.products import product_key
from meshwright.cli.workspace import open_workspace
from meshwright.errors import InputError, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from meshwright.cli.workspace import Workspace
    from meshwright.model.address import ProductKey
    from meshwright.model.dashboard import Dashboard

PREVIEW_PORT = 8801

ProductArgument = Annotated[str, typer.Argument(help="The product.")]
NameArgument = Annotated[
    str | None, typer.Argument(help="The dashboard; may be left out where there is only one.")
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(help="Dashboards over the output ports of products.", no_args_is_help=True)
    group.command("list")(list_dashboards)
    group.command()(export)
    group.command()(preview)
    app.add_typer(group, name="dashboard")


def list_dashboards(
    context: typer.Context,
    product: Annotated[str | None, typer.Argument(help="A product; all when left out.")] = None,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """The dashboards that are applied in an environment."""
    from meshwright.experience.dashboards.objects import dashboards_of

    check_format(format)
    workspace = open_workspace(context, environment, applied=True)
    seen = (key for key, each in workspace.mesh.products.items() if workspace.mesh.sees(each))
    keys = [product_key(workspace, product)] if product else sorted(seen)
    found = [each for key in keys for each in dashboards_of(workspace.mesh.products[key])]
    if format == "json":
        print_json({"dashboards": [_as_json(each, workspace) for each in found]})
    elif not found:
        console().print(f"No dashboard is applied in {workspace.environment.name}.", markup=False)
    else:
        rows = [(str(each.product), each.name, each.title, len(each.tiles)) for each in found]
        table(("product", "dashboard", "title", "tiles"), rows)


def _as_json(each: Dashboard, workspace: Workspace) -> dict[str, object]:
    return {
        "product": str(each.product),
        "dashboard": each.name,
        "address": f"mesh://{workspace.mesh.name}/{each.product}/dashboards/{each.name}",
        "title": each.title,
        "description": each.description,
        "filters": [choice.name for choice in each.filters],
        "tiles": len(each.tiles),
        "file": each.file,
    }


def export(
    context: typer.Context,
    product: ProductArgument,
    name: NameArgument = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; NAME.html in the working folder when left out.")
    ] = None,
    choose: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", help="What to choose, as FILTER=VALUE; again for several. Else the defaults count."
        ),
    ] = None,
    environment: EnvironmentOption = None,
) -> None:
    """Write a dashboard over what is published now as one HTML file, which needs nothing else."""
    from meshwright.experience.dashboards.look import find_dashboard, look
    from meshwright.experience.dashboards.objects import dashboards_of
    from meshwright.server.dashboards.render import exported, place_in
    from meshwright.wiring import charts

    workspace = open_workspace(context, environment, applied=True)
    key = product_key(workspace, product)
    found = workspace.mesh.products[key]
    dashboard = find_dashboard(dashboards_of(found), name, str(key))
    asked = _asked(dashboard, choose or ())
    view = look(
        dashboard, found, workspace.registry, workspace.environment.name, workspace.tables_engine, asked
    )
    if view.publication is None:
        raise Refused(f"{key} had published nothing yet", way_out=f"build it with `mesh run {key}`")
    wrong = next((choice for choice in view.choices if choice.problem), None)
    if wrong is not None:
        listed = f"one of {', '.join(wrong.options[:12])}" if wrong.options else None
        raise InputError(f"filter `{wrong.filter.name}`: {wrong.problem}", way_out=listed)
    text = exported(view, charts(), workspace.mesh.name, workspace.environment.name, place_in(dashboard.file))
    file = out or Path(f"{dashboard.name}.html")
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror}", where=str(file)) from error
    faults = [seen.tile for seen in view.tiles if seen.fault is not None]
    console().print(f"Wrote {file} ({size_text(len(text.encode()))}).", markup=False)
    if faults:
        named = ", ".join(f"`{tile.title}`" for tile in faults)
        console().print(f"{len(faults)} of its tiles could not be filled: {named}.", markup=False)
        raise typer.Exit(1)


def _asked(dashboard: Dashboard, choose: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """FILTER=VALUE as the fields of a form.

    Raises:
        InputError: there is no such filter.
    """
    from meshwright.experience.rules.suggest import Suggester

    names = Suggester(dashboard.parameters)
    asked: dict[str, list[str]] = {}
    for each in choose:
        field, equals, value = each.partition("=")
        if not equals or field not in names.names:
            otherwise = f"its filters are {', '.join(names.names)}" if names.names else "it has no filters"
            raise InputError(
                f"`{each}` is no choice" if not equals else f"there is no filter `{field}`",
                way_out=names.hint(field, otherwise) if equals else "write FILTER=VALUE",
            )
        asked.setdefault(field, []).append(value)
    return asked


def preview(
    context: typer.Context,
    product: ProductArgument,
    name: NameArgument = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = PREVIEW_PORT,
    environment: EnvironmentOption = None,
) -> None:
    """Show a dashboard as its file says, over what is published, and again whenever the file is saved."""
    from meshwright.cli.serving import listen, serve_app
    from meshwright.server.dashboards.preview import Preview, create_app
    from meshwright.wiring import binding_engine, charts

    workspace = open_workspace(context, environment, applied=True)
    key = _key_in_tree(workspace, product)
    app = create_app(
        Preview(
            root=workspace.root,
            key=key,
            name=name,
            mesh=workspace.raw.settings.name,
            environment=workspace.environment.name,
            registry=workspace.registry,
            tables=lambda: workspace.tables_engine,
            binding=binding_engine,
            charts=charts(),
            cache=workspace.cache,
        )
    )
    with listen("127.0.0.1", port) as (socket, address):
        what = f"{key}, over what {workspace.environment.name} has published"
        console().print(f"Preview of {what}, at {address}. Ctrl-C stops it.", markup=False, soft_wrap=True)
        serve_app(app, socket)


def _key_in_tree(workspace: Workspace, product: str) -> ProductKey:
    """The product of this tree that a person means.

    Raises:
        InputError: there is none, or there are several.
    """
    from meshwright.experience.rules.suggest import Suggester

    named = [
        key
        for key in workspace.raw.bundles
        if product in (key.product, str(key), f"{key.domain}.{key.product}")
    ]
    if len(named) == 1:
        return named[0]
    if named:
        way_out = f"say {' or '.join(map(str, named))}"
        raise InputError(f"`{product}` is the name of several products", way_out=way_out)
    names = Suggester(map(str, workspace.raw.bundles))
    raise InputError(
        f"this tree has no product `{product}`",
        way_out=names.hint(product, "`mesh list` shows what there is"),
    )
