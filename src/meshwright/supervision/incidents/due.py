"""Which alerts are due at a moment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from meshwright.supervision.incidents.channels import Channel, channels_for
from meshwright.supervision.metamodel.incident_log import (
    IncidentKey,
    IncidentLog,
    StoredAlert,
    StoredIncident,
)

ATTEMPTS = 6
"""How often an alert is tried before it is given up."""

_WAITS = (1, 4, 16, 64, 256)
"""Minutes from a failed attempt to the next."""

LEASE_SECONDS = 120
"""How long an attempt belongs to the process that began it; longer than any delivery may take."""

_REMEMBERED = timedelta(days=2)
"""So long after its end an incident may still have an alert due: longer than all attempts together."""

Phase = Literal["begin", "end"]


@dataclass(frozen=True, slots=True)
class Due:
    """An alert to be sent now."""

    id: str
    incident: StoredIncident
    phase: Phase
    channel: Channel
    attempt: int


def alerts_due(
    log: IncidentLog, channels: Mapping[str, Sequence[Channel]], now: datetime, quiet: timedelta
) -> Iterator[Due]:
    """What is to be said, to whom.

    Each channel is told of an incident's begin, and of its end where it was told, or may have been, of the
    begin. What comes and goes is told once within `quiet`: a begin waits until so much time has passed since
    the last one of the same incident was told there, and is never told where it has ended by then.
    """
    last_told = _last_told(log)
    for incident in log.incidents.values():
        if incident.ended_at is not None and _moment(incident.ended_at) < now - _REMEMBERED:
            continue
        for channel in channels_for(incident.subject, channels):
            begin = log.alerts.get(alert_id(incident, "begin", channel))
            if incident.ended_at is None:
                told = last_told.get((incident.key, channel.name))
                if begin is None and told is not None and told + quiet > now:
                    continue
                yield from _tried(begin, incident, "begin", channel, now)
            elif begin is not None and not _under_way(begin, now):
                end = log.alerts.get(alert_id(incident, "end", channel))
                yield from _tried(end, incident, "end", channel, now)


def alert_id(incident: StoredIncident, phase: Phase, channel: Channel) -> str:
    """The same whenever the same is said to the same channel."""
    return hashlib.sha256("\0".join((incident.id, phase, channel.name)).encode()).hexdigest()[:16]


def again_at(attempt: int, now: datetime) -> datetime | None:
    """When an attempt that failed is made again; None: it was the last."""
    return None if attempt >= ATTEMPTS else now + timedelta(minutes=_WAITS[attempt - 1])


def _tried(
    known: StoredAlert | None, incident: StoredIncident, phase: Phase, channel: Channel, now: datetime
) -> Iterator[Due]:
    attempt = 1 if known is None else known.attempts + 1
    if known is not None and (known.status in ("delivered", "given_up") or not _is_time(known, now)):
        return
    if attempt <= ATTEMPTS:
        yield Due(alert_id(incident, phase, channel), incident, phase, channel, attempt)


def _under_way(alert: StoredAlert, now: datetime) -> bool:
    return alert.status == "attempted" and not _is_time(alert, now)


def _is_time(alert: StoredAlert, now: datetime) -> bool:
    return alert.next_at is None or _moment(alert.next_at) <= now


def _last_told(log: IncidentLog) -> Mapping[tuple[IncidentKey, str], datetime]:
    """When the begin of an incident was last told, or tried, by its key and the channel."""
    found: dict[tuple[IncidentKey, str], datetime] = {}
    for alert in log.alerts.values():
        incident = log.incidents.get(alert.incident)
        if incident is not None and alert.phase == "begin":
            place = (incident.key, alert.channel)
            found[place] = max(_moment(alert.first_at), found.get(place, _moment(alert.first_at)))
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
