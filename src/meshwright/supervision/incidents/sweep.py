"""The sweep: what is wrong becomes facts, and facts become alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from meshwright.errors import MeshwrightError
from meshwright.model.address import ProductKey
from meshwright.model.publication import Fact
from meshwright.provisioning.ports import AlertChannel, Recipient
from meshwright.provisioning.registry import Event, Registry
from meshwright.provisioning.tables import Readable, Tables
from meshwright.supervision.incidents.changes import DECISIVE, changes, moved
from meshwright.supervision.incidents.channels import channels_of
from meshwright.supervision.incidents.due import LEASE_SECONDS, Due, again_at, alerts_due
from meshwright.supervision.incidents.found import RELATIONS, find_incidents, iso
from meshwright.supervision.incidents.scope import ProductReading
from meshwright.supervision.incidents.wording import brief, message_of
from meshwright.supervision.metamodel.history import VIOLATIONS
from meshwright.supervision.metamodel.relations import needed
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.policy.assess import sets_of
from meshwright.supervision.policy.record import same_violation
from meshwright.supervision.policy.sweep import relations_of_sweep, sweep_policies

QUIET_MINUTES = 15
"""See `Watch.quiet`; what `quiet_minutes` of mesh.yaml is unless it is said."""

_TRIES = 10
"""How often it is looked anew where others record at the same time."""

_AT_ONCE = 8
"""How many recipients are told at once."""

_MOST = 50
"""Alerts in one message."""

_ALERTS = ("alert.attempted", "alert.delivered", "alert.failed")


@dataclass
class Swept:
    """What a sweep did: facts of incidents that it recorded, and alerts by what came of them.

    `problems` say, by channel, why alerts were not delivered, and which policies could not be judged.
    `violations` are the facts about violations that it recorded.
    """

    opened: list[Event] = field(default_factory=list)
    ended: list[Event] = field(default_factory=list)
    violations: int = 0
    delivered: int = 0
    failed: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class Watch:
    """Sweeps an environment. Several may do so at once, in several processes, with one outcome.

    `channels` carry messages by the way they travel; without any, incidents are recorded and nobody is told.
    `engine` runs the queries of policies; without it they are not judged. `shared` gives tables that
    somebody else keeps, to begin with. The time is the registry's.
    """

    mesh: str
    environment: str
    registry: Registry
    readable: Readable
    channels: Mapping[str, AlertChannel] = field(default_factory=dict)
    quiet: timedelta = timedelta(minutes=QUIET_MINUTES)
    pages: str | None = None
    engine: Callable[[], Tables] | None = None
    shared: Callable[[], MeshTables] | None = None
    reached: Callable[[str], None] = lambda step: None
    _tables: MeshTables | None = field(default=None, repr=False)
    _judged: tuple[object, str] | None = field(default=None, repr=False)

    def sweep(self) -> Swept:
        """Look at everything.

        Raises:
            Unavailable: the registry does not answer.
        """
        swept = Swept()
        tables = self._judge_policies(self._known(), swept)
        tables = self._record(tables, None, swept)
        self._tables = None if self.shared else tables
        self._tell(tables, swept)
        return swept

    def _known(self) -> MeshTables:
        if self.shared is not None:
            return self.shared()
        return self._tables or MeshTables.empty(self.mesh, RELATIONS)

    def current(self) -> tuple[MeshTables, Sequence[Event]]:
        """The tables as they are, and the facts that a sweep would record now."""
        tables = self._refreshed(MeshTables.empty(self.mesh, RELATIONS), None)
        now = self._now()
        return tables, list(changes(tables.history.log, find_incidents(tables, now), iso(now)))

    def sweep_product(self, product: ProductKey, seconds: float | None = None) -> Swept:
        """Look at one product; channels that take longer than `seconds` are left to themselves.

        Raises:
            Unavailable: the registry does not answer.
        """
        swept = Swept()
        tables = self._record(MeshTables.empty(self.mesh, RELATIONS), product, swept)
        self._tell(tables, swept, seconds)
        return swept

    def _judge_policies(self, tables: MeshTables, swept: Swept) -> MeshTables:
        """Record what the continuous policies find, when something has changed since they last did."""
        tables = self._refreshed(tables, None)
        today = self._now().date().isoformat()
        if self.engine is None or self._judged == (tables.token, today):
            return tables
        sets = sets_of(tables.policies.values())
        wanted = needed([*RELATIONS, *relations_of_sweep(sets)])
        if not wanted <= tables.names:
            tables = self._refreshed(MeshTables.empty(self.mesh, wanted), None)
            sets = sets_of(tables.policies.values())
            if not needed([*RELATIONS, *relations_of_sweep(sets)]) <= wanted:
                return tables  # others apply at this moment: the next sweep judges
        found, events = sweep_policies(sets, tables, self.engine, today)
        if events:
            seen = tables.history.last
            recorded = self.registry.record_unless(self.environment, events, seen, VIOLATIONS, same_violation)
            swept.violations = len(recorded)
        if found is not None:
            swept.problems += [f"policy {failure}" for failure in found.failures]
        if not events:
            self._judged = (tables.token, today)
        return tables

    def _record(self, tables: MeshTables, product: ProductKey | None, swept: Swept) -> MeshTables:
        """Record what is different; gives the tables of afterwards."""
        for _ in range(_TRIES):
            tables = self._refreshed(tables, product)
            now = self._now()
            wanted = list(changes(tables.history.log, find_incidents(tables, now), iso(now)))
            if not wanted:
                break
            self.reached("decided")
            seen = tables.history.last
            recorded = self.registry.record_unless(self.environment, wanted, seen, DECISIVE, moved)
            for event in recorded:
                (swept.opened if event.kind == "incident.opened" else swept.ended).append(event)
            self.reached("recorded")
        return tables

    def _refreshed(self, tables: MeshTables, product: ProductKey | None) -> MeshTables:
        with self.readable.reading(self.environment) as reading:
            return tables.refreshed(reading if product is None else ProductReading(reading, product))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.registry.moment(), UTC)

    def _tell(self, tables: MeshTables, swept: Swept, seconds: float | None = None) -> None:
        due = list(alerts_due(tables.history.log, channels_of(tables), self._now(), self.quiet))
        known = [alert for alert in due if alert.channel.recipient.carrier in self.channels]
        if not known:
            return
        pool = ThreadPoolExecutor(_AT_ONCE, "tells")
        tasks = [
            pool.submit(self._deliver, recipient, alerts, tables.history.last)
            for recipient, alerts in _by_recipient(known)
        ]
        done, left = wait(tasks, seconds)
        pool.shutdown(wait=False, cancel_futures=True)
        for task in done:
            told, problem = task.result()
            if problem is None:
                swept.delivered += told
            else:
                swept.failed += told
                swept.problems.append(problem)
        if left:
            swept.problems.append("some channels did not answer in time; the next sweep tries again")

    def _deliver(self, recipient: Recipient, alerts: Sequence[Due], seen: int) -> tuple[int, str | None]:
        """Tell one recipient what nobody else is telling; gives how many alerts, and why they failed."""
        mine = self._claimed(alerts, seen)
        if not mine:
            return 0, None
        now = self._now()
        message = message_of(mine, self.mesh, self.environment, iso(now), self.pages)
        self.reached("claimed")
        problem = None
        try:
            self.channels[recipient.carrier].send(recipient, message)
        except MeshwrightError as error:
            problem = brief(": ".join(part for part in (error.what, error.why) if part))
        self.reached("sent")
        events = [_result(alert, message.id, problem, self._now()) for alert in mine]
        self.registry.record(self.environment, events)
        name = mine[0].channel.name
        return len(mine), None if problem is None else f"{mine[0].incident.subject}, {name}: {problem}"

    def _claimed(self, alerts: Sequence[Due], seen: int) -> Sequence[Due]:
        """The alerts that are this process's to send, for as long as the lease lasts."""
        until = iso(self._now() + timedelta(seconds=LEASE_SECONDS))
        events = {alert.id: _attempted(alert, until) for alert in alerts}
        taken = self.registry.record_unless(
            self.environment, list(events.values()), seen, _ALERTS, _same_alert
        )
        mine = {event.payload["alert"] for event in taken}
        return [alert for alert in alerts if alert.id in mine]


def _by_recipient(alerts: Iterable[Due]) -> Iterator[tuple[Recipient, Sequence[Due]]]:
    """The alerts of each recipient, some at a time."""
    found: dict[Recipient, list[Due]] = {}
    for alert in alerts:
        found.setdefault(alert.channel.recipient, []).append(alert)
    for recipient, of_one in found.items():
        for start in range(0, len(of_one), _MOST):
            yield recipient, of_one[start : start + _MOST]


def _attempted(alert: Due, until: str) -> Event:
    payload = {
        "alert": alert.id,
        "incident": alert.incident.id,
        "phase": alert.phase,
        "channel": alert.channel.name,
        "tool": alert.channel.recipient.tool,
        "attempt": alert.attempt,
        "until": until,
    }
    return Event("alert.attempted", alert.incident.subject, payload)


def _result(alert: Due, message: str, problem: str | None, now: datetime) -> Event:
    payload = {"alert": alert.id, "message": message, "attempt": alert.attempt}
    if problem is None:
        return Event("alert.delivered", alert.incident.subject, payload)
    again = again_at(alert.attempt, now)
    return Event(
        "alert.failed",
        alert.incident.subject,
        {**payload, "reason": problem, "again_at": None if again is None else iso(again)},
    )


def _same_alert(event: Event, fact: Fact) -> bool:
    return bool(event.payload["alert"] == fact.payload.get("alert"))
