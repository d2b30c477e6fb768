"""Reading what is published."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from meshwright.cli.options import EnvironmentOption
from meshwright.cli.output import check_format, print_json, table
from meshwright.cli.workspace import open_workspace
from meshwright.errors import BuildError, SqlError


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(query)


def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(help="One SELECT over `domain.product.object`.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="What readers saw then: a date or a time, ISO 8601.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many rows to print.")] = 100,
    environment: EnvironmentOption = None,
    format: Annotated[str, typer.Option("--format", help="`text`, `json` or `csv`.")] = "text",
) -> None:
    """Ask the mesh a question in SQL; only published data answer."""
    from meshwright.experience.query import resolve_query

    check_format(format, ("text", "json", "csv"))
    workspace = open_workspace(context, environment, applied=True)
    relations = resolve_query(sql, workspace.mesh, workspace.registry, workspace.environment.name, as_of)
    try:
        result = workspace.infrastructure.engine.query(relations, sql)
    except BuildError as error:
        raise SqlError(error.what, where=error.where, why=error.why, way_out=error.way_out) from error
    names = result.column_names
    if format == "json":
        print_json({"columns": names, "rows": result.to_pylist()})
    elif format == "csv":
        _print_csv(names, result.to_pylist())
    else:
        shown = result.slice(0, limit).to_pylist()
        table(names, [[row[name] for name in names] for row in shown])
        if result.num_rows > limit:
            typer.echo(f"{limit:,} of {result.num_rows:,} rows; see more with --limit.")
        elif not result.num_rows:
            typer.echo("no rows")


def _print_csv(names: list[str], rows: list[dict[str, Any]]) -> None:
    import csv
    import sys

    writer = csv.DictWriter(sys.stdout, names)
    writer.writeheader()
    writer.writerows(rows)
