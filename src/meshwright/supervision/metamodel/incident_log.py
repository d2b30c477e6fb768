"""What facts tell of incidents and of the alerts about them, kept as it grows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from meshwright.model.address import major_of
from meshwright.model.publication import Fact

RUN_ENDS = frozenset({"run.finished", "run.died"})


class IncidentKey(NamedTuple):
    """What tells incidents apart: the same key is never open twice.

    `kind` is `run`, `service_level` or `violation`; `address` is that of what is at fault; `what` is what of
    it: `run`, the name of a service level, the id of a policy.
    """

    kind: str
    address: str
    what: str


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An incident as its facts tell it; moments are ISO 8601 in UTC. `product` is empty for a domain's.

    `began_at` is when it began, `opened_at` when that was found and `seen_at` when it was last found;
    `ended_at` is None while it is open.
    """

    id: str
    domain: str
    product: str
    key: IncidentKey
    severity: str
    summary: str
    began_at: str
    opened_at: str
    seen_at: str
    run: str | None = None
    ended_at: str | None = None
    reason: str | None = None

    @property
    def subject(self) -> str:
        """The subject of its facts: `domain/product`, or the domain."""
        return f"{self.domain}/{self.product}" if self.product else self.domain


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """What came of telling a channel of one end of an incident; `phase` is `begin` or `end`.

    `status` is `attempted` (until `next_at` somebody is at it), `delivered`, `failed` (tried again at
    `next_at`) or `given_up`.
    """

    id: str
    incident: str
    domain: str
    product: str
    phase: str
    channel: str
    tool: str
    status: str
    attempts: int
    first_at: str
    last_at: str
    next_at: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """Runs of a product that failed, none of which was followed by one that published.

    `error_kind` is that of the last one's error, None where its process died.
    """

    since: str
    last_at: str
    times: int
    first_run: str
    error_kind: str | None


Place = tuple[str, str]
"""A domain and a product."""


@dataclass(frozen=True)
class IncidentLog:
    """Failing products, incidents and alerts by id, as told by facts up to one of them."""

    failing: Mapping[Place, Failing] = field(default_factory=dict)
    incidents: Mapping[str, StoredIncident] = field(default_factory=dict)
    alerts: Mapping[str, StoredAlert] = field(default_factory=dict)

    def grown(self) -> GrowingLog:
        """A copy that takes further facts."""
        return GrowingLog(dict(self.failing), dict(self.incidents), dict(self.alerts))

    @property
    def open(self) -> Iterator[StoredIncident]:
        """The incidents that have not ended."""
        return (incident for incident in self.incidents.values() if incident.ended_at is None)


class GrowingLog:
    """Takes facts in their order."""

    def __init__(
        self,
        failing: dict[Place, Failing],
        incidents: dict[str, StoredIncident],
        alerts: dict[str, StoredAlert],
    ) -> None:
        self._failing = failing
        self._incidents = incidents
        self._alerts = alerts
        self._open: dict[Place, dict[str, None]] = {}
        for incident in incidents.values():
            if incident.ended_at is None:
                self._open.setdefault((incident.domain, incident.product), {})[incident.id] = None

    def done(self) -> IncidentLog:
        """What has been taken."""
        return IncidentLog(self._failing, self._incidents, self._alerts)

    def take(self, fact: Fact) -> None:
        """Take one fact; those of other kinds change nothing."""
        if fact.kind in RUN_ENDS:
            self._run_ended(fact)
        elif fact.kind.startswith("incident."):
            self._incident(fact)
        elif fact.kind.startswith("alert."):
            self._alert(fact)
        elif fact.kind == "product.removed":
            self._failing.pop(_place(fact), None)

    def _run_ended(self, fact: Fact) -> None:
        place = _place(fact)
        published = fact.payload.get("status") == "published"
        if published:
            self._failing.pop(place, None)
        else:
            error = fact.payload.get("error") or {}
            run = str(fact.payload.get("run"))
            before = self._failing.get(place) or Failing(fact.at, fact.at, 0, run, None)
            times = before.times + 1
            self._failing[place] = replace(before, last_at=fact.at, times=times, error_kind=error.get("kind"))
        broken = _broken_ports(fact)
        for name in self._open.get(place, ()):
            incident = self._incidents[name]
            if (incident.key.kind == "run" and not published) or _port_of(incident) in broken:
                self._incidents[name] = replace(incident, seen_at=fact.at)

    def _incident(self, fact: Fact) -> None:
        told, place = fact.payload, _place(fact)
        name = str(told.get("incident"))
        if fact.kind == "incident.opened":
            self._incidents[name] = StoredIncident(
                id=name,
                domain=place[0],
                product=place[1],
                key=IncidentKey(told["kind"], told["address"], told["what"]),
                severity=told["severity"],
                summary=told["summary"],
                began_at=told["began_at"],
                opened_at=fact.at,
                seen_at=max(told["began_at"], told.get("seen_at") or ""),
                run=told.get("run"),
            )
            self._open.setdefault(place, {})[name] = None
        elif fact.kind == "incident.ended" and name in self._incidents:
            self._open.get(place, {}).pop(name, None)
            self._incidents[name] = replace(
                self._incidents[name], ended_at=told["ended_at"], reason=told.get("reason")
            )

    def _alert(self, fact: Fact) -> None:
        told, (domain, product) = fact.payload, _place(fact)
        name = str(told.get("alert"))
        known = self._alerts.get(name)
        if fact.kind == "alert.attempted":
            if known is None:
                known = StoredAlert(
                    id=name,
                    incident=told["incident"],
                    domain=domain,
                    product=product,
                    phase=told["phase"],
                    channel=told["channel"],
                    tool=told["tool"],
                    status="attempted",
                    attempts=0,
                    first_at=fact.at,
                    last_at=fact.at,
                )
            status = known.status if known.status == "delivered" else "attempted"
            self._alerts[name] = replace(
                known, status=status, attempts=told["attempt"], last_at=fact.at, next_at=told["until"]
            )
        elif known is not None and known.status != "delivered":
            again = told.get("again_at")
            status = "delivered" if fact.kind == "alert.delivered" else "failed" if again else "given_up"
            self._alerts[name] = replace(
                known, status=status, last_at=fact.at, next_at=again, reason=told.get("reason")
            )


def _place(fact: Fact) -> Place:
    domain, _, product = fact.subject.partition("/")
    return domain, product


def _port_of(incident: StoredIncident) -> str:
    """The end of the address of the port whose service level is broken."""
    if incident.key.kind != "service_level":
        return ""
    return incident.key.address.partition("://")[2].partition("/")[2]


def _broken_ports(fact: Fact) -> frozenset[str]:
    """The ends of addresses of ports of which a run found a service level broken."""
    levels: Any = fact.payload.get("service_levels") or ()
    return frozenset(
        f"{fact.subject}/{level.get('port')}@{major_of(level.get('version'))}"
        for level in levels
        if level.get("status") in ("fail", "warn")
    )
