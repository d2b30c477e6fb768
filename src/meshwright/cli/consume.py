"""Reading what is published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from meshwright.cli.options import EnvironmentOption
from meshwright.cli.output import check_format, print_json, table
from meshwright.cli.values import as_text, columns_of, plain
from meshwright.cli.workspace import open_workspace
from meshwright.errors import BuildError, SqlError

ROWS_OF_TEXT = 100
"""How many rows are printed for people unless they say."""


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(query)


def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(help="One SELECT over `domain.product.object` and `mesh.TABLE`.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="What readers saw then: a date or a time, ISO 8601.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="How many rows to print: 100 as text, all of them as JSON and CSV."),
    ] = None,
    environment: EnvironmentOption = None,
    format: Annotated[str, typer.Option("--format", help="`text`, `json` or `csv`.")] = "text",
) -> None:
    """Ask the mesh a question in SQL: of published data, and of the mesh itself (`mesh.products`, ...)."""
    from meshwright.experience.query import resolve_query
    from meshwright.supervision.metamodel.own import own_tables, relation_of

    check_format(format, ("text", "json", "csv"))
    workspace = open_workspace(context, environment, applied=True)
    name, declared = workspace.environment.name, workspace.raw.bundles
    found = resolve_query(
        sql,
        lambda: workspace.mesh,
        lambda: workspace.registry,
        name,
        as_of,
        declared,
        own_tables(),
    )
    try:
        if found.tables:
            tables = workspace.mesh_tables(relation_of(each) for each in found.tables)
            offered = {each: tables.tables[relation_of(each)] for each in found.tables}
            with workspace.tables_engine.tables(offered, found.handles) as session:
                result = session.query(sql)
        else:
            result = workspace.infrastructure.engine.query(found.handles, sql)
    except BuildError as error:
        raise SqlError(error.what, where=error.where, why=error.why, way_out=error.way_out) from error
    names = result.column_names
    if limit is None and format == "text":
        limit = ROWS_OF_TEXT
    columns = columns_of(result if limit is None else result.slice(0, limit))
    rows = list(zip(*columns, strict=True))
    if format == "json":
        keyed = [dict(zip(names, row, strict=True)) for row in rows]
        print_json({"columns": names, "rows": keyed, "total": result.num_rows})
    elif format == "csv":
        _print_csv(names, rows)
    else:
        table(names, rows)
        if result.num_rows > len(rows):
            typer.echo(f"{len(rows):,} of {result.num_rows:,} rows; see more with --limit.")
        elif not result.num_rows:
            typer.echo("no rows")


def _print_csv(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """CSV (RFC 4180): null is nothing, lists and mappings are JSON."""
    import csv
    import json
    import sys

    def cell(value: Any) -> Any:
        if isinstance(value, list | dict):
            return json.dumps(plain(value), ensure_ascii=False)
        return "" if value is None else as_text(value)

    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    writer.writerows([cell(value) for value in row] for row in rows)
