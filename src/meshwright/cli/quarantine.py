"""Rows that runs put aside, for their owner."""

from __future__ import annotations

from typing import Annotated

import typer

from meshwright.cli.options import EnvironmentOption, FormatOption
from meshwright.cli.output import check_format, console, plural, print_json, table
from meshwright.cli.products import owned_key
from meshwright.cli.workspace import Workspace, open_workspace
from meshwright.model.publication import Handle, Publication


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(quarantine)


def quarantine(
    context: typer.Context,
    product: Annotated[str, typer.Argument(help="A product of this tree.")],
    limit: Annotated[int, typer.Option(min=1, help="How many rows of each object to print.")] = 20,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """The rows that runs of a product put aside, and the checks that each of them broke."""
    check_format(format)
    workspace = open_workspace(context, environment, applied=True)
    key = owned_key(workspace, product)
    known = workspace.state.products.get(key)
    found = _tables(workspace, known.current if known else None)
    if format == "json":
        objects = [
            {"table": table.key.name, "rows_in_all": table.rows, "rows": _rows(workspace, table, limit)}
            for table in found
        ]
        print_json({"product": str(key), "objects": objects})
        return
    for each in found:
        rows = _rows(workspace, each, limit)
        names = [column.name for column in each.columns]
        console().print(f"{plural(each.rows, 'row')} in {each.key.name}", markup=False)
        table(names, [[_shown(row[name]) for name in names] for row in rows])
        if each.rows > len(rows):
            console().print(f"{len(rows):,} of {each.rows:,} rows; see more with --limit.")
    if not found:
        console().print(f"No row of {key} is in quarantine.")


def rows_in_quarantine(workspace: Workspace, publication: Publication | None) -> int:
    """How many rows are in quarantine beside a publication."""
    return sum(handle.rows for handle in _tables(workspace, publication))


def _tables(workspace: Workspace, publication: Publication | None) -> tuple[Handle, ...]:
    from meshwright.experience.runs.quarantine import has_quarantine, quarantine_tables

    if publication is None or not has_quarantine(publication):
        return ()
    return quarantine_tables(workspace.registry.handles(publication.id))


def _rows(workspace: Workspace, table: Handle, limit: int) -> list[dict[str, object]]:
    place = (table.key.product.domain, table.key.product.product, "quarantine")
    name = ".".join(f'"{part}"' for part in place)
    sql = f"SELECT * FROM {name} LIMIT {limit}"  # noqa: S608
    found = workspace.infrastructure.engine.query({".".join(place): table}, sql)
    rows: list[dict[str, object]] = found.to_pylist()
    return rows


def _shown(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
