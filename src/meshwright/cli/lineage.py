"""Where data come from and where they go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meshwright.cli.options import EnvironmentOption, FormatOption
from meshwright.cli.output import check_format, console, plural, print_json, print_text, table, wrapped
from meshwright.cli.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from meshwright.supervision.lineage.answers import Broken, Related
    from meshwright.supervision.lineage.edges import Tables
    from meshwright.supervision.lineage.find import Found
    from meshwright.supervision.lineage.graph import LineageGraph

ROWS_OF_TEXT = 60
"""How many columns are printed for people."""

Subject = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS[.COLUMN]",
        help="A product, table or column: `domain.product.object.column`, an address, `source:CONTRACT`.",
    ),
]
DirectOption = Annotated[
    bool, typer.Option("--direct", help="Only where values are carried over: no filters, joins, groups.")
]


_LISTED = 5
"""Columns of a table that are named; JSON has them all."""


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(lineage)
    app.command()(impact)


def lineage(
    context: typer.Context,
    address: Subject,
    upstream: Annotated[bool, typer.Option("--upstream", help="Only where it comes from.")] = False,
    downstream: Annotated[bool, typer.Option("--downstream", help="Only what comes from it.")] = False,
    direct: DirectOption = False,
    environment: EnvironmentOption = None,
    format: Annotated[str, typer.Option("--format", help="`text`, `json` or `mermaid`.")] = "text",
) -> None:
    """Where a table or a column comes from, and what comes from it, across the whole environment."""
    from meshwright.supervision.lineage.answers import as_mermaid, related_columns

    check_format(format, ("text", "json", "mermaid"))
    workspace = open_workspace(context, environment, applied=True)
    graph, tables, found = _open(workspace, address)
    ways = [way for way, wanted in (("upstream", upstream), ("downstream", downstream)) if wanted]
    ways = ways or ["upstream", "downstream"]
    if found.column is None and format != "mermaid":
        _tables(graph, tables, found, ways, format)
        return
    related = {way: list(related_columns(graph, found, way == "downstream", not direct)) for way in ways}
    if format == "json":
        print_json(
            {
                "start": _start(found),
                **{way: [each.as_json() for each in columns] for way, columns in related.items()},
            }
        )
    elif format == "mermaid":
        print_text(as_mermaid(related, tables))
    else:
        for way, columns in related.items():
            _print_related(address, way, columns, tables)


def impact(
    context: typer.Context,
    address: Subject,
    direct: DirectOption = False,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """What breaks when a column, or a table, is dropped: products whose models name it, and what follows."""
    from meshwright.supervision.lineage.answers import impact_of

    check_format(format)
    workspace = open_workspace(context, environment, applied=True)
    graph, tables, found = _open(workspace, address)
    answer = impact_of(graph, found, tables, not direct)
    if format == "json":
        print_json(
            {
                "start": _start(found),
                "broken": [_broken(each) for each in answer.broken],
                "unsure": [_broken(each) for each in answer.unsure],
                "later": [each.as_json() for each in answer.later],
            }
        )
        return
    if not answer.broken and not answer.unsure:
        console().print(f"Nothing that is applied reads {address}.", markup=False)
        return
    for heading, hit in (("breaks", answer.broken), ("may break, which cannot be told", answer.unsure)):
        if hit:
            console().print(wrapped(f"Dropping {address} {heading}:", 0), markup=False)
            table(
                ("product", "table", "columns made from it", "in models"),
                [
                    (each.product, name, columns, ", ".join(each.models))
                    for each in hit
                    for name, columns in _columns(each.columns)
                ],
            )
    if answer.later:
        _print_related(address, "further downstream", answer.later, tables)


def _open(workspace: Workspace, address: str) -> tuple[LineageGraph, Tables, Found]:
    """The graph of the environment, its tables, and what is asked for."""
    from meshwright.experience.models import product_lineages
    from meshwright.supervision.lineage.edges import Told, tables_of
    from meshwright.supervision.lineage.find import find
    from meshwright.supervision.lineage.graph import graph_of
    from meshwright.supervision.lineage.told import ours_of, told_of

    mesh = workspace.mesh
    own = tables_of(mesh)
    external = workspace.registry.external(workspace.environment.name)
    told = told_of(external, ours_of(mesh), own) if external else Told({}, ())
    tables = {**own, **told.tables}
    seen = {str(key): key for key, product in mesh.products.items() if mesh.sees(product)}
    found = find(address, seen, tables)
    stored = dict(workspace.registry.lineages(workspace.environment.name))
    missing = [product for key, product in mesh.products.items() if key not in stored]
    if missing:  # applied by a version that stored none
        stored.update(product_lineages(missing, mesh, workspace.cache))
    return graph_of(mesh, stored, told), tables, found


def _start(found: Found) -> dict[str, Any]:
    return {
        "tables": [{"address": each.address, "object": each.object} for each in found.tables],
        "column": found.column,
    }


def _tables(graph: LineageGraph, tables: Tables, found: Found, ways: Iterable[str], format: str) -> None:
    from meshwright.supervision.lineage.answers import table_label

    folded = {(address, name.lower()): each for (address, name), each in tables.items()}
    starts = [(each.address, each.object.lower()) for each in found.tables]
    answers: dict[str, list[dict[str, Any]]] = {}
    for way in ways:
        reached = graph.reach_tables(starts, way == "downstream")
        answers[way] = [
            {
                "address": key[0],
                "object": folded[key].object if key in folded else key[1],
                "distance": distance,
            }
            for key, distance in sorted(reached.items(), key=lambda item: (item[1], item[0]))
        ]
    if format == "json":
        print_json({"start": _start(found), **answers})
        return
    for way, rows in answers.items():
        console().print(f"{way.capitalize()}:" if rows else f"Nothing {way}.", markup=False)
        if rows:
            labels = [tables.get((row["address"], row["object"])) for row in rows]
            table(
                ("steps", "table"),
                [
                    (row["distance"], table_label(known, tables) if known else row["object"])
                    for row, known in zip(rows, labels, strict=True)
                ],
            )


def _print_related(address: str, way: str, columns: Iterable[Related], tables: Tables) -> None:
    from meshwright.model.lineage import MEANING
    from meshwright.supervision.lineage.answers import label

    rows = []
    for each in columns:
        subtype, masking = MEANING[each.how]
        models = dict.fromkeys(step.model or step.job or "" for step in each.path)
        how = f"{subtype}, masking" if masking else subtype
        rows.append((each.distance, label(each.place, tables), how, ", ".join(filter(None, models))))
    if not rows:
        console().print(f"Nothing {way} of {address}.", markup=False)
        return
    console().print(f"{way.capitalize()} of {address}:", markup=False)
    table(("steps", "column", "how", "by models"), rows[:ROWS_OF_TEXT])
    if len(rows) > ROWS_OF_TEXT:
        more = plural(len(rows) - ROWS_OF_TEXT, "more column")
        console().print(f"and {more}; --format json has them all", markup=False)


def _broken(each: Broken) -> dict[str, Any]:
    return {
        "product": each.product,
        "models": list(each.models),
        "columns": [
            {"address": place.address, "object": place.object, "column": place.column or None}
            for place in each.columns
        ],
    }


def _columns(places: Iterable[Any]) -> list[tuple[str, str]]:
    """The columns of each table, by its name; without one, which rows it has."""
    found: dict[str, dict[str, None]] = {}
    for place in places:
        found.setdefault(place.object, {})[place.column or "its rows"] = None
    listed = []
    for name, columns in found.items():
        more = f" and {len(columns) - _LISTED} more" if len(columns) > _LISTED else ""
        listed.append((name, ", ".join(list(columns)[:_LISTED]) + more))
    return listed
