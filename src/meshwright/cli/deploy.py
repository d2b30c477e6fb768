"""Plan, apply, and what continuous integration runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meshwright.cli.options import EnvironmentOption, FormatOption
from meshwright.cli.output import check_format, console, print_json, wrapped
from meshwright.cli.workspace import Workspace, open_workspace
from meshwright.errors import Conflict, InputError, MeshwrightError, Refused
from meshwright.experience.plan.plan import Plan, pins

if TYPE_CHECKING:
    from meshwright.experience.runs.nursery import Nursery

AllowBreaking = Annotated[
    str | None,
    typer.Option("--allow-breaking", metavar="REASON", help="Allow breaking changes, and say why."),
]
AllowDestroy = Annotated[
    bool, typer.Option("--allow-destroy", help="Allow removing products with their data.")
]
TakeOver = Annotated[
    list[str] | None,
    typer.Option(
        "--take-over", metavar="DOMAIN", help="Take a domain over from the repository that owns it."
    ),
]


ATTEMPTS = 5
"""How often a plan is made or judged anew when others apply at the same time."""


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
    take_over: TakeOver = None,
    format: FormatOption = "text",
) -> None:
    """What would change in an environment, and whom it hits. Changes nothing."""
    check_format(format)
    _must_have_reason(allow_breaking)
    workspace = open_workspace(context, environment)
    found = workspace.plan(allow_breaking, allow_destroy, take_over or ())
    if out is not None:
        from meshwright.experience.plan.kept import plan_to_text

        _write(context.obj.directory / out, plan_to_text(found))
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
    take_over: TakeOver = None,
    format: FormatOption = "text",
) -> None:
    """Make the environment match the declarations: provision, build what is stale, verify, publish."""
    check_format(format)
    _must_have_reason(allow_breaking)
    if file is not None:
        if allow_breaking or allow_destroy or take_over:
            raise InputError(
                "a kept plan is applied as it was reviewed",
                way_out="say --allow-breaking, --allow-destroy and --take-over to `mesh plan --out`",
            )
        workspace, found = _judged(context, _read_plan(context, file, environment), str(file))
        _show_and_ask(found, format, yes)
        _execute_agreed(context, workspace, found, format, str(file))
        return
    for attempt in range(1, ATTEMPTS + 1):
        workspace = open_workspace(context, environment)
        workspace.must_have_domains(take_over or ())
        if workspace.unchanged():
            return _nothing(workspace, format)
        with workspace.nursery(len(workspace.raw.bundles)) as nursery:
            found = workspace.plan(allow_breaking, allow_destroy, take_over or ())
            if found.empty:
                return _nothing(workspace, format)
            _show_and_ask(found, format, yes)
            if not yes:
                return _execute_agreed(context, workspace, found, format, "the plan", nursery)
            try:
                return _execute(workspace, found, format, nursery)
            except Conflict:
                if attempt == ATTEMPTS:
                    raise


def _show_and_ask(found: Plan, format: str, yes: bool) -> None:
    if format == "text":
        _show(found, format)
    if found.refusals:
        if format == "text":
            raise Refused("the plan is refused: nothing was applied")
        return
    if yes:
        return
    if format != "text":
        raise InputError("applying asks first, and JSON holds no question", way_out="say --yes")
    if not _agreed():
        raise typer.Exit(1)


def _execute_agreed(
    context: typer.Context,
    workspace: Workspace,
    found: Plan,
    format: str,
    where: str,
    nursery: Nursery | None = None,
) -> None:
    """Execute this very plan, also when others apply what it does not depend on at the same time."""
    for _ in range(ATTEMPTS):
        try:
            return _execute(workspace, found, format, nursery)
        except Conflict as error:  # before anything is built
            conflict = error
        workspace, found = _judged(context, found, where)
    raise conflict


def _must_have_reason(allow_breaking: str | None) -> None:
    if allow_breaking is not None and not allow_breaking.strip():
        raise InputError("--allow-breaking needs a reason", way_out='say why: --allow-breaking "REASON"')


def ci(
    context: typer.Context,
    environment: EnvironmentOption = None,
    allow_breaking: AllowBreaking = None,
    allow_destroy: AllowDestroy = False,
    take_over: TakeOver = None,
    format: Annotated[str, typer.Option("--format", help="`markdown` or `json`.")] = "markdown",
) -> None:
    """Plan, verdict and consumers hit as Markdown for a pull request; exit code 1 when refused."""
    from meshwright.experience.plan.explain import as_markdown, fenced

    check_format(format, ("markdown", "json"))
    if format == "json":
        plan(context, environment, None, allow_breaking, allow_destroy, take_over, format)
        return
    try:
        _must_have_reason(allow_breaking)
        workspace = open_workspace(context, environment)
        found = workspace.plan(allow_breaking, allow_destroy, take_over or ())
    except MeshwrightError as error:
        typer.echo(f"## Mesh plan: not possible\n\n{fenced(str(error))}")
        raise typer.Exit(error.exit_code) from None
    typer.echo(as_markdown(found), nl=False)
    if not workspace.state.products:
        typer.echo(
            f"\n> **Nothing is applied in `{found.environment}`**, so this plan is compared with nothing and "
            "can find no breaking change. Let `registry` in mesh.yaml name one that this machine reaches."
        )
    if found.refusals:
        raise typer.Exit(1)


def _show(found: Plan, format: str) -> None:
    if format == "json":
        from meshwright.experience.plan.kept import plan_to_json

        print_json(plan_to_json(found))
        return
    from meshwright.cli.plans import compact

    out = console()
    styles = {"+": "green", "-": "red", "x": "bold red", "!": "yellow", ">": "cyan"}
    for line in compact(found):
        style = "red" if line.startswith("    BREAKING") else styles.get(line[:1])
        out.print(wrapped(line, 0, 6), style=style, markup=False)


def _nothing(workspace: Workspace, format: str) -> None:
    name = workspace.environment.name
    if format == "json":
        print_json({"environment": name, "already": True, "outcomes": []})
        return
    typer.echo(f"Environment {name} matches the declarations. Nothing to do.")
    for pin in pins(workspace.state, workspace.raw.settings.owned):
        typer.echo(f"! {pin}")


def _agreed() -> bool:
    import sys

    if not sys.stdin.isatty():
        raise InputError("applying asks first, and nobody can answer here", way_out="say --yes")
    return typer.confirm("Apply this plan?")


def _read_plan(context: typer.Context, file: Path, environment: str | None) -> Plan:
    from meshwright.experience.plan.kept import plan_from_text

    try:
        text = (context.obj.directory / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        way_out = "name a file that `mesh plan --out FILE` wrote"
        raise InputError("the plan cannot be read", where=str(file), why=why, way_out=way_out) from error
    found = plan_from_text(text, str(file))
    if environment is not None and environment != found.environment:
        raise InputError(
            f"the plan is for environment `{found.environment}`, not `{environment}`",
            where=str(file),
            way_out=f"make one for `{environment}`, or leave --environment out",
        )
    return found


def _judged(context: typer.Context, found: Plan, where: str) -> tuple[Workspace, Plan]:
    """A plan in the environment as it is now, with what speaks against it, and its workspace.

    Raises:
        Conflict: the environment has moved as far as the plan depends on it.
        InputError: the plan does not follow from its declarations, or is of another tree.
    """
    from dataclasses import replace

    from meshwright.experience.plan.apply import declarations_in, overtaken
    from meshwright.experience.plan.base import base_digest
    from meshwright.experience.plan.changes import DomainTakeover

    workspace = open_workspace(context, found.environment, kept=found)
    _must_be_of_this_tree(workspace, found, where)
    taken = [change.domain for change in found.changes if isinstance(change, DomainTakeover)]
    again = workspace.plan(found.allowed.get("breaking"), "destroy" in found.allowed, taken)
    changes = (*again.declarations, *found.builds)
    if base_digest(changes, workspace.mesh, workspace.state) != found.base:
        if declarations_in(found, workspace.state):
            return workspace, found  # what is left of it is to be done
        raise overtaken(found)
    if (again.declarations, again.bundles, again.domains) != (
        found.declarations,
        found.bundles,
        found.domains,
    ):
        raise InputError(
            "the plan does not say what its declarations would do",
            where=where,
            why="it was changed, or another version of Meshwright made it",
            way_out="make it again with `mesh plan --out FILE`",
        )
    against = (*found.refusals, *again.refusals, *workspace.kept_problems(found))
    return workspace, replace(found, refusals=tuple(dict.fromkeys(against)))


def _must_be_of_this_tree(workspace: Workspace, found: Plan, where: str) -> None:
    settings = workspace.raw.settings
    for what, its, ours in (
        ("mesh", found.mesh, settings.name),
        ("repository", found.repository, settings.repository),
    ):
        if its != ours:
            raise InputError(
                f"the plan is for {what} `{its}`, this is `{ours}`",
                where=where,
                way_out=f"apply it in the {what} that it was made for",
            )
    owned = settings.owned | workspace.gone
    foreign = sorted(set(found.owned) - owned) if "domains" in settings.document else []
    if foreign:
        raise InputError(
            f"the plan is for domain `{foreign[0]}`, which this tree does not own",
            where=where,
            way_out="apply it in the tree that it was made in",
        )


def _execute(workspace: Workspace, found: Plan, format: str, nursery: Nursery | None = None) -> None:
    from meshwright.cli.following import Following
    from meshwright.cli.progress import Progress
    from meshwright.experience.plan.apply import apply_plan

    built = [build.product for build in found.builds]
    with Following(workspace) as following, Progress(format == "text", built) as progress:
        run_context = workspace.run_context(progress.listener)
        report = following.after(progress.done)
        applied = apply_plan(run_context, found, report, workspace.workers, nursery)
    workspace.policies.judge_published(applied.outcomes, format == "text")
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
    elif not found.builds:
        from meshwright.experience.plan.explain import stored

        console().print(wrapped(f"Applied: {stored(found)}; there was nothing to build.", 0), markup=False)
    else:
        published = sum(outcome.status == "published" for outcome in applied.outcomes)
        typer.echo(f"Applied: {published} of {len(applied.outcomes)} products published.")
    if applied.failed:
        raise typer.Exit(1)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"the plan cannot be kept: {error.strerror}", where=str(path)) from error
