"""Reports about the mesh, for people who will not open the tool."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meshwright.cli.options import EnvironmentOption
from meshwright.cli.output import check_format, console, size_text
from meshwright.cli.values import as_text, columns_of, plain
from meshwright.cli.workspace import open_workspace
from meshwright.errors import InputError, MeshwrightError

if TYPE_CHECKING:
    from meshwright.cli.workspace import Workspace
    from meshwright.experience.dashboards.look import View

REPORTS = ("portfolio", "compliance", "quality", "lineage")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(report)


def report(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="`portfolio`, `compliance`, `quality` or `lineage`.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write; NAME.html in the working folder, or standard output."),
    ] = None,
    domain: Annotated[str | None, typer.Option(help="Only this domain.")] = None,
    environment: EnvironmentOption = None,
    format: Annotated[
        str, typer.Option("--format", help="`html`, `json`, or `csv` (the rows of its last table).")
    ] = "html",
) -> None:
    """Report on what is applied in an environment, and on what happened there."""
    from meshwright.experience.dashboards.look import look_at_mesh, tables_read
    from meshwright.experience.rules.suggest import Suggester
    from meshwright.supervision.metamodel.own import relation_of
    from meshwright.supervision.reports.catalogue import report as report_named

    check_format(format, ("html", "json", "csv"))
    if name not in REPORTS:
        otherwise = f"there are {', '.join(REPORTS)}"
        raise InputError(f"there is no report `{name}`", way_out=Suggester(REPORTS).hint(name, otherwise))
    workspace = open_workspace(context, environment, applied=True)
    wanted = report_named(name)
    at = datetime.now(UTC)
    read = tables_read(wanted)
    tables = workspace.mesh_tables(relation_of(each) for each in read)
    offered = {each: tables.tables[relation_of(each)] for each in read}
    with workspace.tables_engine.tables(offered) as session:
        view = look_at_mesh(wanted, session, {"domain": [domain]} if domain else {})
    wrong = next((choice for choice in view.choices if choice.problem), None)
    if wrong is not None:
        known = Suggester(wrong.options)
        raise InputError(
            f"there is no domain `{domain}` in {workspace.environment.name}",
            way_out=known.hint(str(domain), f"there are {', '.join(known.names) or 'none'}"),
        )
    fault = next((seen.fault for seen in view.tiles if seen.fault is not None), None)
    if fault is not None:
        raise MeshwrightError(f"the report cannot be made: {fault.what}", where=fault.path)
    _write(_text(view, format, workspace, at), out, name if format == "html" else None)


def _text(view: View, format: str, workspace: Workspace, at: datetime) -> str:
    mesh, environment = workspace.raw.settings.name, workspace.environment.name
    if format == "html":
        from meshwright.server.dashboards.render import place_in, reported
        from meshwright.wiring import charts

        return reported(view, charts(), mesh, environment, at, place_in(view.dashboard.file))
    if format == "csv":
        return _csv(view)
    parts = [
        {"title": seen.tile.title, "kind": seen.tile.kind, "rows": _rows(seen.rows)}
        for seen in view.tiles
        if seen.rows is not None
    ]
    found = {
        "report": view.dashboard.name,
        "mesh": mesh,
        "environment": environment,
        "at": at.isoformat(timespec="seconds"),
        "parts": parts,
    }
    return json.dumps(plain(found), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _rows(rows: Any) -> list[dict[str, Any]]:
    names = rows.column_names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns_of(rows), strict=True)]


def _csv(view: View) -> str:
    """The rows of the last table (RFC 4180): null is nothing."""
    rows = next(seen.rows for seen in reversed(view.tiles) if seen.tile.kind == "table")
    assert rows is not None
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows.column_names)
    for row in zip(*columns_of(rows), strict=True):
        writer.writerow(["" if value is None else as_text(value) for value in row])
    return text.getvalue()


def _write(text: str, out: Path | None, name: str | None) -> None:
    import sys

    if out is None and name is None:
        sys.stdout.write(text)
        return
    file = out or Path(f"{name}.html")
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror}", where=str(file)) from error
    console().print(f"Wrote {file} ({size_text(len(text.encode()))}).", markup=False)
