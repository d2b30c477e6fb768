"""What alerts say: names and what was declared, never a value of data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from meshwright.model.printable import printable
from meshwright.provisioning.ports import Message
from meshwright.supervision.incidents.due import Due

VERSION = 1
"""Of the form of `Message.data`; grows when a receiver that understood it would no longer."""

LISTED = 20
"""Alerts that a message for people tells of one by one; programs get all."""

_LONGEST = 300


def message_of(
    alerts: Sequence[Due], mesh: str, environment: str, now: str, pages: str | None = None
) -> Message:
    """One message for one recipient; `pages` is where the marketplace is, for links."""
    name = hashlib.sha256("\0".join(sorted(alert.id for alert in alerts)).encode()).hexdigest()[:32]
    lines = [line_of(alert, pages) for alert in alerts[:LISTED]]
    if len(alerts) > LISTED:
        lines.append(f"... and {len(alerts) - LISTED} more")
    return Message(
        id=name,
        title=_title(alerts, mesh, environment),
        lines=lines,
        data={
            "version": VERSION,
            "id": name,
            "mesh": mesh,
            "environment": environment,
            "sent_at": now,
            "title": _title(alerts, mesh, environment),
            "alerts": [_data(alert, pages) for alert in alerts],
        },
    )


def line_of(alert: Due, pages: str | None = None) -> str:
    """An alert in one line."""
    incident = alert.incident
    link = _link(alert, pages)
    if alert.phase == "begin":
        said = f"{incident.severity.upper()} {incident.subject}: {incident.summary}"
        said = f"{said} (since {_minute(incident.began_at)})"
    else:
        said = f"ENDED {incident.subject}: {incident.summary}"
        said = f"{said} (until {_minute(incident.ended_at or '')}: {incident.reason or 'it is over'})"
    return brief(said) + (f" {link}" if link else "")


def brief(text: str) -> str:
    """A text on one line, of a length that a message bears."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 4]} ..."


def _title(alerts: Sequence[Due], mesh: str, environment: str) -> str:
    where = f"{mesh} ({environment})"
    if len(alerts) == 1:
        alert = alerts[0]
        what = {"run": "run failed", "service_level": "service level broken", "violation": "policy violated"}
        said = what.get(alert.incident.key.kind, alert.incident.key.kind)
        return brief(f"{where}: {said}{' no more' if alert.phase == 'end' else ''}: {alert.incident.subject}")
    begun = sum(alert.phase == "begin" for alert in alerts)
    counts = [f"{begun} begun"] * (begun > 0) + [f"{len(alerts) - begun} ended"] * (begun < len(alerts))
    return brief(f"{where}: incidents {', '.join(counts)}")


def _data(alert: Due, pages: str | None) -> Mapping[str, Any]:
    incident = alert.incident
    return {
        "id": alert.id,
        "phase": alert.phase,
        "incident": incident.id,
        "kind": incident.key.kind,
        "address": incident.key.address,
        "what": incident.key.what,
        "domain": incident.domain,
        "product": incident.product or None,
        "severity": incident.severity,
        "summary": incident.summary,
        "began_at": incident.began_at,
        "ended_at": incident.ended_at,
        "reason": incident.reason,
        "run": incident.run,
        "link": _link(alert, pages),
    }


def _link(alert: Due, pages: str | None) -> str | None:
    return f"{pages.rstrip('/')}/mesh/{alert.incident.subject}" if pages else None


def _minute(moment: str) -> str:
    return f"{moment[:10]} {moment[11:16]} UTC"
