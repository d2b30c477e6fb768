"""Watching over a mesh: what is wrong, since when, and who is told."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meshwright.cli.options import EnvironmentOption, FormatOption
from meshwright.cli.output import check_format, console, plural, print_json, table, wrapped
from meshwright.cli.products import product_key
from meshwright.cli.workspace import Workspace, open_workspace
from meshwright.errors import InputError, MeshwrightError, Unavailable

if TYPE_CHECKING:
    from meshwright.provisioning.registry import Event
    from meshwright.supervision.incidents.sweep import Swept, Watch

LISTED = 50


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (incidents, watch):
        app.command()(command)


def incidents(
    context: typer.Context,
    product: Annotated[str | None, typer.Argument(help="A product; all of them when left out.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that have not ended.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = LISTED,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """What went wrong, newest first: failed runs, broken service levels, violations of policies."""
    check_format(format)
    workspace = open_workspace(context, environment, applied=True)
    key = None if product is None else product_key(workspace, product)
    tables, coming = _watch(workspace).current()
    rows = [*map(_not_recorded, _opening(coming)), *tables.tables["incidents"].to_pylist()]
    over = {event.payload["incident"] for event in coming if event.kind == "incident.ended"}
    found = [
        {**row, "recorded": row["incident"] is not None, "over": row["incident"] in over}
        for row in rows
        if (key is None or (row["domain"], row["product"]) == (key.domain, key.product))
        and not (open_only and (row["status"] == "ended" or row["incident"] in over))
    ]
    found.sort(key=lambda row: str(row["began_at"]), reverse=True)
    if format == "json":
        print_json({"environment": workspace.environment.name, "incidents": found[:limit]})
        return
    if not found:
        nothing = "No incident is open" if open_only else "There were no incidents"
        console().print(f"{nothing} in {workspace.environment.name}.", markup=False)
        return
    table(("severity", "of", "since", "until", "what"), [_line(row) for row in found[:limit]])
    if len(found) > limit:
        console().print(f"{limit} of {len(found):,}; see more with --limit.", markup=False)
    waiting = sum(not row["recorded"] or row["over"] for row in found)
    if waiting:
        console().print(
            f"{plural(waiting, 'change')} not recorded yet: `mesh watch --once` does that.", markup=False
        )


def _opening(coming: Sequence[Event]) -> Sequence[Event]:
    return [event for event in coming if event.kind == "incident.opened"]


def _not_recorded(event: Event) -> Mapping[str, Any]:
    from datetime import datetime

    told = event.payload
    domain, _, product = event.subject.partition("/")
    shown = {name: told[name] for name in ("kind", "address", "what", "severity", "summary", "run")}
    began, seen = (datetime.fromisoformat(told[name]) for name in ("began_at", "seen_at"))
    never = {"incident": None, "opened_at": None, "ended_at": None, "reason": None}
    moments = {"began_at": began, "last_seen": seen}
    return {"domain": domain, "product": product or None, "status": "open", **shown, **moments, **never}


def _line(row: Mapping[str, Any]) -> Sequence[Any]:
    subject = f"{row['domain']}/{row['product']}" if row["product"] else row["domain"]
    until = _minute(row["ended_at"]) if row["ended_at"] else "over" if row["over"] else "open"
    what = f"{row['summary']} ({row['reason']})" if row["reason"] else row["summary"]
    return row["severity"], subject, _minute(row["began_at"]), until, what


def _minute(moment: Any) -> str:
    return f"{moment:%Y-%m-%d\u00a0%H:%M}"


def watch(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end; for cron.")] = False,
    every: Annotated[
        str, typer.Option("--every", metavar="TIME", help="How long to wait between looks: `30s`, `5min`.")
    ] = "60s",
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """Look for incidents, record them, and tell the support channels of their products; until stopped."""
    import time

    check_format(format)
    seconds = _seconds(every)
    workspace = open_workspace(context, environment, applied=True)
    watching = _watch(workspace)
    if format == "text":
        console().print(wrapped(_begin(workspace, once, every), 0), markup=False)
    while True:
        try:
            swept = watching.sweep()
        except Unavailable as error:
            if once:
                raise
            _say(format, None, error)
        else:
            _say(format, swept, None)
        if once:
            return
        time.sleep(seconds)


def _watch(workspace: Workspace) -> Watch:
    from meshwright.wiring import open_watch

    return open_watch(workspace.raw.settings.name, workspace.environment, workspace.root)


def _begin(workspace: Workspace, once: bool, every: str) -> str:
    name = workspace.environment.name
    told = "" if "alerts" in workspace.environment.settings else " Nobody is told: it has no `alerts`."
    return f"Looking at {name}{' once' if once else f' every {every}; Ctrl-C stops it'}.{told}"


def _seconds(every: str) -> float:
    from meshwright.experience.contracts.durations import NoDuration, duration

    try:
        seconds = duration(every, None, "second").total_seconds
    except NoDuration as error:
        raise InputError(f"--every: {error}", way_out="write 30s, 5min or 1h") from None
    if not 1 <= seconds <= 86_400:
        raise InputError(f"--every {every} is too short or too long", way_out="write 1s to 1d")
    return seconds


def _say(format: str, swept: Swept | None, error: MeshwrightError | None) -> None:
    """One sweep: as JSON always, as text what happened."""
    _print_swept(format, swept, error)
    sys.stdout.flush()


def _print_swept(format: str, swept: Swept | None, error: MeshwrightError | None) -> None:
    if format == "json":
        print_json(_as_json(swept) if swept is not None else {"error": error.as_json() if error else None})
        return
    out = console()
    if swept is None:
        out.print(str(error), markup=False)
        return
    for event in swept.opened:
        out.print(wrapped(f"began: {event.subject}: {event.payload['summary']}", 0), markup=False)
    for event in swept.ended:
        what = f"{event.payload['kind'].replace('_', ' ')} {event.payload['what']}"
        out.print(wrapped(f"ended: {event.subject}: {what}: {event.payload['reason']}", 0), markup=False)
    if swept.violations:
        out.print(f"{plural(swept.violations, 'change')} of violations recorded.", markup=False)
    if swept.delivered:
        out.print(f"{plural(swept.delivered, 'alert')} delivered.", markup=False)
    for problem in swept.problems:
        out.print(wrapped(f"not done: {problem}", 0), markup=False)


def _as_json(swept: Swept) -> Mapping[str, Any]:
    return {
        "began": [{"subject": event.subject, **event.payload} for event in swept.opened],
        "ended": [{"subject": event.subject, **event.payload} for event in swept.ended],
        "violations": swept.violations,
        "delivered": swept.delivered,
        "failed": swept.failed,
        "problems": swept.problems,
    }
