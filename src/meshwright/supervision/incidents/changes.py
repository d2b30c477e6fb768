"""The difference between what is wrong and what is recorded, as facts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from meshwright.model.publication import Fact
from meshwright.provisioning.registry import Event
from meshwright.supervision.incidents.found import Found, Incident
from meshwright.supervision.metamodel.history import VIOLATIONS
from meshwright.supervision.metamodel.incident_log import RUN_ENDS, IncidentKey, IncidentLog, StoredIncident

DECISIVE = (*sorted(RUN_ENDS), *VIOLATIONS, "incident.opened", "incident.ended")
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
        "reason": _reason(known.key.kind, since is not None),
        "ended_at": min(since, now) if since and since >= known.began_at else now,
    }
    return Event("incident.ended", known.subject, payload)


def _reason(kind: str, in_order: bool) -> str:
    match kind:
        case "violation":
            return "nothing violates it any more, or a waiver lets it"
        case "run" if in_order:
            return "a run published"
        case "service_level" if in_order:
            return "it is kept again"
    return "nothing expects it any more"


def _id(key: IncidentKey, now: str) -> str:
    """Different for each time that the same goes wrong."""
    return hashlib.sha256("\0".join((*key, now)).encode()).hexdigest()[:16]
