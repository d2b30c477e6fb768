"""Unit tests of transformations."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from meshwright.cli.options import FormatOption
from meshwright.cli.output import check_format, console, plural, print_json, wrapped
from meshwright.cli.products import product_key
from meshwright.cli.values import as_text
from meshwright.cli.workspace import open_workspace
from meshwright.errors import Refused
from meshwright.experience.testing import TestOutcome


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(test)


def test(
    context: typer.Context,
    products: Annotated[
        list[str] | None, typer.Argument(help="Products to test; all of this tree when left out.")
    ] = None,
    format: FormatOption = "text",
) -> None:
    """Run the unit tests of transformations: given rows -> expected rows. No environment is touched."""
    from meshwright.experience.testing import run_tests, unit_tests

    check_format(format)
    workspace = open_workspace(context, None, connect=False, alone=True)
    keys = {product_key(workspace, name) for name in products or ()}
    foreign = sorted(key for key in keys if key.domain not in workspace.mesh.owned)
    if foreign:
        way_out = "test it in the tree that owns it"
        raise Refused(f"{foreign[0]} is another tree's, and so are its tests", way_out=way_out)
    tests = [
        test
        for key, product in workspace.mesh.products.items()
        if (not keys or key in keys) and key.domain in workspace.mesh.owned
        for test in unit_tests(product)
    ]
    with tempfile.TemporaryDirectory() as folder:
        outcomes = run_tests(
            workspace.mesh, tests, workspace.local_infrastructure(Path(folder)), Path(folder)
        )
    failed = sum(not outcome.passed for outcome in outcomes)
    if format == "json":
        print_json(
            {"passed": len(outcomes) - failed, "failed": failed, "tests": list(map(_as_json, outcomes))}
        )
    else:
        for outcome in outcomes:
            _print(outcome)
        console().print(f"{plural(len(outcomes), 'test')}: {len(outcomes) - failed} passed, {failed} failed")
    raise typer.Exit(1 if failed else 0)


def _as_json(outcome: TestOutcome) -> dict[str, object]:
    return {
        "test": outcome.test.name,
        "product": str(outcome.test.product.key),
        "model": outcome.test.model,
        "file": outcome.test.file,
        "passed": outcome.passed,
        "missing": [dict(row) for row in outcome.missing],
        "unexpected": [dict(row) for row in outcome.unexpected],
        "error": outcome.error,
    }


def _print(outcome: TestOutcome) -> None:
    out = console()
    mark = "[green]ok[/]  " if outcome.passed else "[red]FAIL[/]"
    out.print(mark, end=" ")
    out.print(f"{outcome.test.product.key} {outcome.test.model}: {outcome.test.name}", markup=False)
    if outcome.error:
        out.print(wrapped(outcome.error, 5), markup=False)
    for note in outcome.notes:
        out.print(f"     {note}", markup=False)
    for word, rows in (("missing", outcome.missing), ("unexpected", outcome.unexpected)):
        for row in rows:
            out.print(wrapped(f"{word}: {as_text(row)}", 5), markup=False)
