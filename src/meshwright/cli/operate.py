"""Running products and looking after what they published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meshwright.cli.options import EnvironmentOption, FormatOption
from meshwright.cli.output import check_format, console, plural, print_json, size_text, table, wrapped
from meshwright.cli.products import owned_key, product_key
from meshwright.cli.workspace import open_workspace
from meshwright.errors import InputError
from meshwright.model.publication import Cost, Fact, Publication

if TYPE_CHECKING:
    from meshwright.experience.runs.sweep import Collected
    from meshwright.provisioning.registry import EnvironmentState


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (run, status, history, rollback, unpin, gc, facts):
        app.command()(command)


def run(
    context: typer.Context,
    products: Annotated[
        list[str] | None, typer.Argument(help="Products to run; all stale ones when left out.")
    ] = None,
    downstream: Annotated[bool, typer.Option("--downstream", help="Also build what reads them.")] = False,
    due: Annotated[
        bool, typer.Option("--due", help="Only products that are due; for cron and several machines.")
    ] = False,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """Build products as they were last applied: extract, transform, verify, publish."""
    from meshwright.cli.following import Following
    from meshwright.cli.progress import Progress, summary
    from meshwright.experience.plan.apply import run_builds
    from meshwright.experience.plan.schedule import builds_for

    check_format(format)
    workspace = open_workspace(context, environment, applied=True)
    named = [owned_key(workspace, name) for name in products or ()]
    state = workspace.state
    mesh = replace(workspace.mesh, owned=workspace.owned)
    builds = builds_for(mesh, state, named, downstream, due, workspace.now())
    with (
        workspace.nursery(len(builds)) as nursery,
        Following(workspace) as following,
        Progress(format == "text", builds) as progress,
    ):
        run_context = workspace.run_context(progress.listener)
        report = following.after(progress.done)
        outcomes = run_builds(run_context, builds, report, workspace.workers, nursery)
    workspace.policies.judge_published(outcomes, format == "text")
    if format == "json":
        print_json({"outcomes": [outcome.as_json() for outcome in outcomes]})
    elif not outcomes:
        console().print(_nothing_to_run(state, due), markup=False)
    else:
        console().print(wrapped(f"Run: {summary(outcomes)}", 0), markup=False)
    if any(outcome.status in ("failed", "blocked") for outcome in outcomes):
        raise typer.Exit(1)
    if not due and any(outcome.status == "locked" for outcome in outcomes):
        raise typer.Exit(1)


def _nothing_to_run(state: EnvironmentState, due: bool) -> str:
    if not state.products:
        return f"Nothing is applied in {state.environment}. Try `mesh apply`."
    return "Nothing is due." if due else "Nothing is stale and nothing is due."


def status(
    context: typer.Context, environment: EnvironmentOption = None, format: FormatOption = "text"
) -> None:
    """Every applied product: what is published, since when, and whether it is stale."""
    check_format(format)
    workspace = open_workspace(context, environment, applied=True)
    state, now = workspace.state, workspace.now()
    from meshwright.cli.quarantine import rows_in_quarantine
    from meshwright.experience.staleness import stale_reasons

    ends = workspace.registry.last_ends(state.environment)
    rows: list[dict[str, Any]] = []
    for key, known in sorted(state.products.items()):
        product = workspace.mesh.products.get(key)
        if product is None or not workspace.mesh.sees(product):
            continue
        upstream = workspace.mesh.upstream(product)
        reasons = stale_reasons(state, key, known.digest, upstream, (), now)
        rows.append(
            {
                "product": str(key),
                "status": known.status,
                "publication": known.current.id if known.current else None,
                "number": known.current.number if known.current else None,
                "published": known.current.created_at if known.current else None,
                "due": known.current.due_at if known.current else None,
                "pinned": known.pinned,
                "stale": list(reasons),
                "quarantined": rows_in_quarantine(workspace, known.current),
                "failed_run": _failed(ends.get(key)),
            }
        )
    if format == "json":
        places = {"warehouse": workspace.environment.warehouse, "registry": workspace.environment.registry}
        print_json({"environment": state.environment, **places, "products": rows})
        return
    if not rows:
        console().print(f"Nothing is applied in {state.environment}. Try `mesh apply`.")
        return
    table(
        ("product", "status", "no.", "published", "state"),
        [
            (
                row["product"],
                row["status"],
                row["number"] or "",
                _moment(row["published"], "minutes"),
                _state(row),
            )
            for row in rows
        ],
    )
    where = f"tables in {workspace.environment.warehouse}, registry {workspace.environment.registry}"
    console().print(wrapped(f"Environment {state.environment}: {where}", 0), markup=False)


def _failed(end: Fact | None) -> dict[str, Any] | None:
    """What is to be said of a last run that did not publish."""
    if end is None or end.payload.get("status") == "published":
        return None
    error = end.payload.get("error") or {"what": "its process died"}
    return {"run": end.payload["run"], "at": end.at, "error": error}


def _state(row: Mapping[str, Any]) -> str:
    parts = ["pinned"] if row["pinned"] else list(row["stale"])
    if row["failed_run"]:
        what = row["failed_run"]["error"]["what"].split("\n")[0].removesuffix(":")
        parts.insert(0, f"last run failed: {what}")
    state = "; ".join(parts) or "up to date"
    return f"{state}; {plural(row['quarantined'], 'row')} in quarantine" if row["quarantined"] else state


def history(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="A product or an address.")],
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """The retained publications of a product, newest first, and its failed runs."""
    check_format(format)
    workspace = open_workspace(context, environment, applied=True)
    key = product_key(workspace, address)
    publications = workspace.registry.publications(workspace.environment.name, key)
    current = workspace.state.products[key].current
    runs = {
        fact.payload["run"]: fact.payload
        for fact in workspace.registry.facts(workspace.environment.name, str(key), ("run.finished",), 200)
    }
    rows = [_publication_row(p, current, runs.get(p.run, {})) for p in publications]
    failed = [payload for payload in runs.values() if payload["status"] != "published"]
    if format == "json":
        print_json({"product": str(key), "publications": rows, "failed_runs": failed})
        return
    table(
        ("", "no.", "published", "rows", "seconds", "CPU", "memory", "written", "stored"),
        [
            (
                "*" if row["current"] else "",
                row["number"],
                _moment(row["at"]),
                row["rows"],
                Decimal(f"{row['cost']['wall_seconds']:.2f}"),
                Decimal(f"{row['cost']['cpu_seconds']:.2f}"),
                size_text(row["cost"]["peak_memory_bytes"]),
                size_text(row["cost"]["bytes_written"]),
                size_text(row["cost"]["bytes_stored"]),
            )
            for row in rows
        ],
    )
    for row in rows:
        if row["quarantined"]:
            put = f"publication {row['number']} put {plural(row['quarantined'], 'row')} into quarantine"
            console().print(wrapped(f"{put}; see `mesh quarantine {key}`", 2), markup=False)
    for payload in failed[:5]:
        what = (payload.get("error") or {}).get("what", "").split("\n")[0]
        console().print(wrapped(f"failed run {payload['run']}: {what}", 2), markup=False)


def _publication_row(
    publication: Publication, current: Publication | None, run: Mapping[str, Any]
) -> dict[str, Any]:
    cost = {**asdict(Cost()), **run.get("cost", {})}
    return {
        "publication": publication.id,
        "number": publication.number,
        "at": publication.created_at,
        "current": current is not None and current.id == publication.id,
        "rows": sum(run.get("objects", {}).values()),
        "quarantined": sum(each["rows"] for each in run.get("quarantined", {}).values()),
        "cost": cost,
        "inputs": dict(publication.inputs),
    }


def rollback(
    context: typer.Context,
    product: Annotated[str, typer.Argument(help="The product.")],
    to: Annotated[str, typer.Option("--to", help="The publication, by id or number.")],
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """Let readers see an older publication again; the product is pinned to it."""
    check_format(format)
    from meshwright.experience.runs.rollback import roll_back

    workspace = open_workspace(context, environment, applied=True)
    publication = roll_back(workspace.run_context(), owned_key(workspace, product), to)
    if format == "json":
        seen = {"publication": publication.id, "number": publication.number, "pinned": True}
        print_json({"product": str(publication.product), **seen})
        return
    console().print(
        f"{publication.product} is at publication {publication.number} ({publication.id}) and pinned.\n"
        f"`mesh run {publication.product}` builds it anew; "
        f"`mesh unpin {publication.product}` lets it be stale."
    )


def unpin(
    context: typer.Context,
    product: Annotated[str, typer.Argument(help="The product.")],
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """Let a product that was rolled back be built again when it is stale."""
    check_format(format)
    from meshwright.experience.runs.rollback import let_go

    workspace = open_workspace(context, environment, applied=True)
    key = owned_key(workspace, product)
    let_go(workspace.run_context(), key)
    if format == "json":
        print_json({"product": str(key), "pinned": False})
    else:
        console().print(f"{key} is no longer pinned.")


def gc(
    context: typer.Context,
    now: Annotated[
        bool, typer.Option("--now", help="Do not wait for those who may still read (`grace_seconds`).")
    ] = False,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """Remove what dead runs, expired publications and lost references left behind."""
    from meshwright.experience.runs.sweep import collect

    check_format(format)
    workspace = open_workspace(context, environment, applied=True)
    owned = [key for key in workspace.state.products if key.domain in workspace.owned]
    found = collect(workspace.run_context(clean=False), owned, now)
    if format == "json":
        print_json(
            {
                "removed_files": found.removed,
                "orphan_files": found.orphans,
                "orphan_bytes": found.orphan_bytes,
                "waiting_files": found.waiting,
                "waiting_until": found.until,
                "busy": sorted(map(str, found.busy)),
                "problems": found.problems,
            }
        )
    else:
        _print_collected(found)
    if found.problems:
        raise typer.Exit(1)


def _print_collected(found: Collected) -> None:
    lines = [f"Removed {plural(found.removed, 'file')}."]
    if found.orphans:
        size = size_text(found.orphan_bytes)
        lines.append(f"Removed {plural(found.orphans, 'file')} ({size}) that nothing referred to.")
    if found.waiting:
        until = f"{_moment(found.until)} UTC"
        lines.append(
            f"{plural(found.waiting, 'file')} of expired publications or removed products stay until "
            f"{until}, for those who still read them; `mesh gc --now` does not wait."
        )
    if found.busy:
        lines.append(f"Runs are under way, so left alone: {', '.join(sorted(map(str, found.busy)))}.")
    lines += [f"Not done: {problem}" for problem in found.problems]
    for line in lines:
        console().print(wrapped(line, 0), markup=False)


def facts(
    context: typer.Context,
    subject: Annotated[str | None, typer.Argument(help="A product; all subjects when left out.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    verify: Annotated[bool, typer.Option("--verify", help="Check the chain of hashes.")] = False,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """What happened in an environment, newest first."""
    check_format(format)
    workspace = open_workspace(context, environment, applied=True)
    name = workspace.environment.name
    if verify:
        broken = workspace.registry.verify_facts(name)
        if broken is not None:
            raise InputError(
                f"fact {broken.sequence} ({broken.kind}) does not follow from the one before it",
                why="somebody changed the registry's history",
            )
        if format == "json":
            print_json({"environment": name, "valid": True})
        else:
            console().print("Every fact follows from the one before it.")
        return
    found = workspace.registry.facts(name, subject, (), limit)
    if subject and not found:  # the facts of a product that was removed are found by its name alone
        found = workspace.registry.facts(name, str(product_key(workspace, subject)), (), limit)
    if format == "json":
        print_json(
            [
                {n: getattr(f, n) for n in ("sequence", "kind", "subject", "at", "payload", "hash")}
                for f in found
            ]
        )
        return
    table(
        ("no.", "at", "kind", "subject", "status"),
        [(f.sequence, _moment(f.at), f.kind, f.subject, f.payload.get("status", "")) for f in found],
    )


def _moment(text: object, to_the: str = "seconds") -> str:
    shown = str(text)[: 16 if to_the == "minutes" else 19]
    return shown.replace("T", "\u00a0") if text else "never"
