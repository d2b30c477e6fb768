"""Policies: what is demanded, what breaks it, and whether their examples are right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meshwright.cli.options import EnvironmentOption, FormatOption
from meshwright.cli.output import check_format, console, plural, print_json, table, wrapped
from meshwright.cli.workspace import Workspace, open_workspace
from meshwright.errors import InputError
from meshwright.model.printable import printable

if TYPE_CHECKING:
    from meshwright.model.policy import Policy, PolicySet
    from meshwright.supervision.policy.assess import Assessment
    from meshwright.supervision.policy.engine import Violation

SHOWN = 20
"""How many addresses of one policy are printed for people."""

AppliedOption = Annotated[
    bool, typer.Option("--applied", help="What is applied in the environment, not the files of this tree.")
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(no_args_is_help=True, help="Policies as code: list them, check the mesh, test them.")
    group.command("list")(list_policies)
    for command in (show, check, score, test):
        group.command()(command)
    app.add_typer(group, name="policy")


def list_policies(
    context: typer.Context,
    every: Annotated[
        bool, typer.Option("--all", help="Those of the package that are not used, too.")
    ] = False,
    applied: AppliedOption = False,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """The policies in force: those of this tree's files, and of other trees as applied."""
    check_format(format)
    workspace = open_workspace(context, environment, applied=applied)
    known = _policies(_sets(workspace))
    used = {policy.name for policy in known}
    unused = [policy for policy in _of_library() if policy.name not in used] if every else []
    if format == "json":
        rows = [{**_as_json(policy), "used": policy.name in used} for policy in (*known, *unused)]
        print_json({"policies": rows})
        return
    if not known and not unused:
        typer.echo("No policy is in force. `mesh policy list --all` shows those of the package.")
        return
    listed = [_row(policy, "" if policy.name in used else "not used") for policy in (*known, *unused)]
    table(("policy", "severity", "judged", "title", ""), listed)


def show(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(help="Its name: NAME, or DOMAIN/NAME.")],
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """One policy: what it demands, why, how to mend it, and its query."""
    check_format(format)
    workspace = open_workspace(context, environment)
    sets = _sets(workspace)
    found = _named(policy, [*_policies(sets), *_of_library()])
    waivers = [waiver for each in sets for waiver in each.waivers if waiver.policy == found.name]
    if format == "json":
        fields = ("address", "reason", "approver", "expires", "file")
        told = [{name: getattr(waiver, name) for name in fields} for waiver in waivers]
        print_json({**_as_json(found), "waivers": told})
        return
    out = console()
    when = ", ".join(found.when)
    out.print(wrapped(f"{found.name}: {found.title} ({found.severity}; judged: {when})", 0), markup=False)
    for heading, text in (("why", found.why), ("fix", found.fix)):
        out.print(f"\n{heading}", markup=False)
        out.print(wrapped(text, 2), markup=False)
    out.print("\nquery", markup=False)
    out.print("\n".join(f"  {line}" for line in found.query.rstrip().split("\n")), markup=False)
    for waiver in waivers:
        line = f"waived at {waiver.address} until {waiver.expires} by {waiver.approver}: {waiver.reason}"
        out.print(wrapped(line, 0), markup=False)


def check(
    context: typer.Context,
    policy: Annotated[list[str] | None, typer.Argument(help="Only these policies.")] = None,
    applied: AppliedOption = False,
    record: Annotated[
        bool,
        typer.Option("--record", help="Record what is new and what is gone in the applied mesh, as facts."),
    ] = False,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """Judge the policies: over this tree's files with the rest as applied, or over what is applied."""
    check_format(format)
    if record and policy:
        raise InputError("a sweep that is recorded judges every policy", way_out="leave the names out")
    workspace = open_workspace(context, environment, applied=applied or record)
    found = _assessed(workspace, policy or ())
    recorded = None
    if record:
        from meshwright.supervision.policy.sweep import record_sweep

        existing = {str(key) for key in workspace.state.products}
        name = workspace.environment.name
        recorded = asdict(record_sweep(found, workspace.registry, name, existing))
    errors = [each for each in found.biting if each.severity == "error"]
    if format == "json":
        print_json(_check_json(workspace, found, recorded))
    else:
        _print_check(found, recorded)
    if errors or found.failures or found.wrong_waivers:
        raise typer.Exit(1)


def score(
    context: typer.Context,
    applied: AppliedOption = False,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """How far each domain and product keeps the policies, and what is missing to full marks."""
    from meshwright.supervision.policy.score import mean_by_domain, scores

    check_format(format)
    workspace = open_workspace(context, environment, applied=applied)
    tables: dict[str, Any] = {}
    found = _assessed(workspace, (), tables)
    products = tables["products"].select(["domain", "product", "status"]).to_pylist()
    places = [(row["domain"], row["product"]) for row in products if row["status"] != "retired"]
    domains = {*tables["domains"]["domain"].to_pylist(), *(domain for domain, _ in places)}
    marked = scores(found, domains, places)
    means = mean_by_domain(marked)
    if format == "json":
        print_json(
            {
                "domains": {domain: round(marks, 1) for domain, marks in means.items()},
                "scores": [each.as_json() for each in marked],
            }
        )
        return
    if not found.policies:
        typer.echo("No policy is in force: nothing to score.")
        return
    for domain, marks in means.items():
        console().print(f"{domain}: {marks:.0f} of 100", markup=False)
        rows = [
            (each.product or "(the domain)", f"{each.marks:.0f}", _missing(each.missing, each.waived))
            for each in marked
            if each.domain == domain
        ]
        table(("product", "score", "missing to full marks"), rows)


def test(
    context: typer.Context,
    policy: Annotated[list[str] | None, typer.Argument(help="Only these policies.")] = None,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """Try the examples of this tree's policies, those of the package that it uses included."""
    from meshwright.supervision.policy.assess import sets_of
    from meshwright.supervision.policy.engine import SECONDS
    from meshwright.supervision.policy.examples import try_examples

    check_format(format)
    workspace = open_workspace(context, environment, connect=False)
    known = _policies(sets_of(workspace.policies.declared.values()))
    chosen = [_named(name, known) for name in policy] if policy else known
    tried = list(try_examples(chosen, workspace.tables_engine, SECONDS))
    wrong = [each for each in tried if each.problem is not None]
    without = [each.name for each in chosen if not each.examples]
    if format == "json":
        print_json({"examples": [each.as_json() for each in tried], "without_examples": without})
    else:
        for each in wrong:
            line = f"x {each.policy}: {each.example}: {each.problem}"
            console().print(wrapped(line, 0, 4), markup=False)
        for name in without:
            console().print(f"! {name} has no examples", markup=False)
        typer.echo(
            f"{_count(len(chosen) - len(without))}, {plural(len(tried), 'example')}, {len(wrong)} wrong."
        )
    if wrong:
        raise typer.Exit(1)


# --- inside


def _sets(workspace: Workspace) -> Sequence[PolicySet]:
    """The policies in force, as this tree's files would have them, or as they are applied."""
    from meshwright.supervision.policy.assess import sets_of

    demands = {} if workspace.applied else workspace.policies.demands
    merged = {**workspace.policies.applied, **demands}
    return sets_of(each for _, each in sorted(merged.items()) if each is not None)


def _policies(sets: Sequence[PolicySet]) -> Sequence[Policy]:
    return [policy for each in sets for policy in each.policies]


def _of_library() -> Sequence[Policy]:
    from meshwright.supervision.policy.library import library_policies

    return library_policies()


def _named(name: str, known: Sequence[Policy]) -> Policy:
    from difflib import get_close_matches

    for policy in known:
        if policy.name == name:
            return policy
    close = get_close_matches(name, [policy.name for policy in known], 1)
    hint = f"did you mean {close[0]}?" if close else "`mesh policy list` shows what there is"
    raise InputError(f"there is no policy `{name}`", way_out=hint)


def _assessed(workspace: Workspace, names: Collection[str], into: dict[str, Any] | None = None) -> Assessment:
    """What the policies find; `into` is given the tables, with those of domains and products."""
    from meshwright.supervision.policy.assess import assess, relations_for

    sets = _sets(workspace)
    known = _policies(sets)
    chosen = [_named(name, known) for name in names] if names else known
    wanted = relations_for(sets, chosen) | ({"domains", "products"} if into is not None else set())
    tables = workspace.policies.tables(wanted)
    if into is not None:
        into.update(tables)
    mesh, today = workspace.raw.settings.name, workspace.now()[: len("2026-01-31")]
    return assess(sets, chosen, tables, workspace.tables_engine, mesh, today)


def _check_json(
    workspace: Workspace, found: Assessment, recorded: Mapping[str, int] | None
) -> Mapping[str, Any]:
    return {
        "environment": workspace.environment.name,
        "applied": workspace.applied,
        "policies": {
            name: {"title": policy.title, "severity": policy.severity, "fix": policy.fix}
            for name, policy in sorted(found.policies.items())
        },
        "violations": [_violation_json(each, found) for each in found.violations],
        "failures": [each.as_json() for each in found.failures],
        "wrong_waivers": [
            {"file": each.waiver.file, "message": each.message, "way_out": each.way_out}
            for each in found.wrong_waivers
        ],
        **({} if recorded is None else {"recorded": dict(recorded)}),
    }


def _violation_json(violation: Violation, found: Assessment) -> Mapping[str, Any]:
    waiver = found.waiver(violation)
    return {
        "policy": violation.policy,
        "severity": violation.severity,
        "address": violation.address,
        "reason": violation.reason,
        "waived_until": waiver.expires if waiver else None,
    }


def _print_check(found: Assessment, recorded: Mapping[str, int] | None) -> None:
    out = console()
    by_policy: dict[str, list[Violation]] = {}
    for violation in found.biting:
        by_policy.setdefault(violation.policy, []).append(violation)
    for name, violations in by_policy.items():
        policy = found.policies[name]
        sign = "x" if policy.severity == "error" else "!"
        head = f"{sign} {name} ({policy.severity}): {policy.title}"
        out.print(wrapped(head, 0, 4), markup=False, style="red" if sign == "x" else "yellow")
        for each in violations[:SHOWN]:
            out.print(wrapped(f"{printable(each.address)}: {each.reason}", 4, 2), markup=False)
        if len(violations) > SHOWN:
            out.print(f"    and {len(violations) - SHOWN:,} more; --format json has them all", markup=False)
        out.print(wrapped(f"way out: {policy.fix}", 4, 2), markup=False)
    for failure in found.failures:
        out.print(wrapped(f"x {failure}", 0, 4), markup=False, style="bold red")
    for wrong in found.wrong_waivers:
        out.print(wrapped(f"x {wrong}", 0, 4), markup=False, style="bold red")
    waived = len(found.violations) - len(found.biting)
    parts = [
        plural(sum(each.severity == severity for each in found.biting), noun)
        for severity, noun in (("error", "error"), ("warning", "warning"), ("info", "note"))
    ]
    out.print(f"{_count(len(found.policies))}: {', '.join(parts)}, {waived:,} waived.", markup=False)
    if recorded is not None:
        told = ", ".join(f"{count:,} {name}" for name, count in recorded.items())
        out.print(f"Recorded: {told}.", markup=False)


def _count(policies: int) -> str:
    return f"{policies:,} {'policy' if policies == 1 else 'policies'}"


def _missing(missing: Sequence[str], waived: Sequence[str]) -> str:
    return ", ".join([*missing, *(f"{name} (waived)" for name in waived)])


def _row(policy: Policy, note: str) -> tuple[str, ...]:
    return policy.name, policy.severity, ", ".join(policy.when), policy.title, note


def _as_json(policy: Policy) -> dict[str, Any]:
    names = ("name", "scope", "title", "severity", "why", "fix", "query", "file")
    return {**{name: getattr(policy, name) for name in names}, "when": list(policy.when)}
