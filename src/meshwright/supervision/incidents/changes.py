"""The difference between what is wrong and what is recorded, as facts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from meshwright.model.publication import Fact
from meshwright.provisioning.registry import Event
from meshwright.supervision.incidents.found import Found, Incident
from meshwright.supervision.metamodel.incident_log import RUN_ENDS, IncidentKey, IncidentLog, StoredIncident

DECISIVE = (*sorted(RUN_ENDS), "incident.opened", "incident.ended")
"""Facts after which what is wrong with their subject is to be found anew."""


def changes(log: IncidentLog, found: Found, now: str) -> Iterator[Event]:
    """The facts that make `log` tell what was `found` at `now` (ISO 8601, UTC)."""
    stored = {incident.key: incident for incident in log.open}
    for key, incident in found.incidents.items():
        if key not in stored:
            yield _opened(incident, now)
    for key, known in stored.items():
        if key not in found.incidents and key not in found.undecided:
            yield _ended(known, found, now)


def moved(event: Event, fact: Fact) -> bool:
    """Whether a fact of `DECISIVE` takes the ground from an event that was decided before it."""
    return event.subject == fact.subject


def _opened(incident: Incident, now: str) -> Event:
    payload = {
        "incident": _id(incident.key, now),
        "kind": incident.key.kind,
        "address": incident.key.address,
        "what": incident.key.what,
        "severity": incident.severity,
        "summary": incident.summary,
        "began_at": incident.began_at,
        "seen_at": incident.seen_at,
        "run": incident.run,
    }
    return Event("incident.opened", incident.subject, payload)


def _ended(known: StoredIncident, found: Found, now: str) -> Event:
    since = found.kept_since.get(known.key)
    payload = {
        "incident": known.id,
        "kind": known.key.kind,
        "address": known.key.address,
        "what": known.key.what,
        "reason": _REASONS.get(known.key.kind, "it is in order again")
        if since
        else "nothing expects it any more",
        "ended_at": min(since, now) if since and since >= known.began_at else now,
    }
    return Event("incident.ended", known.subject, payload)


_AGAIN = "it is in order again"

_REASONS = {"run": "a run published", "service_level": "it is kept again"}


def _id(key: IncidentKey, now: str) -> str:
    """Different for each time that the same goes wrong."""
    return hashlib.sha256("\0".join((*key, now)).encode()).hexdigest()[:16]
