"""Plan, apply, and what continuous integration runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from meshwright.cli.options import EnvironmentOption, FormatOption
from meshwright.cli.output import check_format, console, print_json
from meshwright.cli.workspace import Workspace, open_workspace
from meshwright.errors import InputError, MeshwrightError
from meshwright.experience.plan.plan import Plan

AllowBreaking = Annotated[
    str | None,
    typer.Option("--allow-breaking", metavar="REASON", help="Allow breaking changes, and say why."),
]
AllowDestroy = Annotated[
    bool, typer.Option("--allow-destroy", help="Allow removing products with their data.")
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (plan, apply, ci):
        app.command()(command)


def plan(
    context: typer.Context,
    environment: EnvironmentOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Keep the plan in this file, to apply it later.")
    ] = None,
    allow_breaking: AllowBreaking = None,
    allow_destroy: AllowDestroy = False,
    format: FormatOption = "text",
) -> None:
    """What would change in an environment, and whom it hits. Changes nothing."""
    check_format(format)
    workspace = open_workspace(context, environment)
    found = workspace.plan(allow_breaking, allow_destroy)
    if out is not None:
        from meshwright.experience.plan.plan import plan_to_json

        _write(out, json.dumps(plan_to_json(found), indent=1))
    _show(found, format)
    if out is not None and format == "text":
        console().print(f"Kept in {out}; `mesh apply {out}` applies it.", markup=False)
    if found.refusals:
        raise typer.Exit(1)


def apply(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A plan kept by `mesh plan --out`.")] = None,
    environment: EnvironmentOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    allow_breaking: AllowBreaking = None,
    allow_destroy: AllowDestroy = False,
    format: FormatOption = "text",
) -> None:
    """Make the environment match the declarations: provision, build what is stale, verify, publish."""
    check_format(format)
    if file is not None:
        if allow_breaking or allow_destroy:
            raise InputError(
                "a kept plan is applied as it was reviewed",
                way_out="say --allow-breaking and --allow-destroy to `mesh plan --out`",
            )
        workspace, found = _kept(context, file, environment)
    else:
        workspace = open_workspace(context, environment)
        if workspace.unchanged():
            _nothing(workspace, format)
            return
        found = workspace.plan(allow_breaking, allow_destroy)
        if found.empty:
            _nothing(workspace, format)
            return
    if format == "text":
        _show(found, format)
        if not found.refusals and not yes and not _agreed():
            raise typer.Exit(1)
    _execute(workspace, found, format)


def ci(
    context: typer.Context,
    environment: EnvironmentOption = None,
    allow_breaking: AllowBreaking = None,
    allow_destroy: AllowDestroy = False,
) -> None:
    """Plan, verdict and consumers hit as Markdown for a pull request; exit code 1 when refused."""
    from meshwright.experience.plan.explain import as_markdown

    try:
        workspace = open_workspace(context, environment)
        found = workspace.plan(allow_breaking, allow_destroy)
    except MeshwrightError as error:
        typer.echo(f"## Mesh plan: not possible\n\n```text\n{error}\n```")
        raise typer.Exit(error.exit_code) from None
    typer.echo(as_markdown(found), nl=False)
    if found.refusals:
        raise typer.Exit(1)


def _show(found: Plan, format: str) -> None:
    if format == "json":
        from meshwright.experience.plan.plan import plan_to_json

        print_json(plan_to_json(found, with_bundles=False))
        return
    from meshwright.experience.plan.explain import explain

    out = console()
    styles = {"+": "green", "-": "red", "x": "bold red", "!": "yellow", ">": "cyan"}
    for line in explain(found):
        style = "red" if line.startswith("    BREAKING") else styles.get(line[:1])
        out.print(line, style=style, markup=False)


def _nothing(workspace: Workspace, format: str) -> None:
    name = workspace.environment.name
    if format == "json":
        print_json({"environment": name, "already": True, "outcomes": []})
    else:
        typer.echo(f"Environment {name} matches the declarations. Nothing to do.")


def _agreed() -> bool:
    import sys

    if not sys.stdin.isatty():
        raise InputError("applying asks first, and nobody can answer here", way_out="say --yes")
    return typer.confirm("Apply this plan?")


def _kept(context: typer.Context, file: Path, environment: str | None) -> tuple[Workspace, Plan]:
    from meshwright.experience.plan.plan import plan_from_json

    path = context.obj.directory / file
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the plan cannot be read", where=str(file), why=str(error)) from error
    found = plan_from_json(text, str(file))
    if environment is not None and environment != found.environment:
        raise InputError(
            f"the plan is for environment `{found.environment}`, not `{environment}`",
            where=str(file),
            way_out=f"make one for `{environment}`, or leave --environment out",
        )
    workspace = open_workspace(context, found.environment, bundles=found.bundles, domains=found.domains)
    return workspace, found


def _execute(workspace: Workspace, found: Plan, format: str) -> None:
    from meshwright.cli.progress import Progress
    from meshwright.experience.plan.apply import apply_plan

    with Progress(format == "text", len(found.builds)) as progress:
        applied = apply_plan(workspace.run_context(progress.step), found, progress.done, workspace.workers)
    if format == "json":
        print_json(
            {
                "environment": found.environment,
                "already": applied.already,
                "outcomes": [outcome.as_json() for outcome in applied.outcomes],
            }
        )
    elif applied.already:
        typer.echo("This plan is already applied. Nothing to do.")
    else:
        published = sum(outcome.status == "published" for outcome in applied.outcomes)
        typer.echo(f"Applied: {published} of {len(applied.outcomes)} products published.")
    if applied.failed:
        raise typer.Exit(1)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"the plan cannot be kept: {error.strerror}", where=str(path)) from error
