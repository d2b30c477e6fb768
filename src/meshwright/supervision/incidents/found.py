"""Which incidents there are at a moment, from the mesh's tables alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.supervision.metamodel.history import History
from meshwright.supervision.metamodel.incident_log import Failing, IncidentKey, Place
from meshwright.supervision.metamodel.tables import MeshTables

RELATIONS = ("products", "support", "slo_status", "violations", "policies", "incidents", "alerts")
"""The tables that sweeps ask for."""

_OVER = frozenset({"retired"})
"""Statuses of products of which nothing is expected any more."""

_FAILED: Mapping[str | None, str] = {
    None: "its process died",
    "build": "a transformation failed",
    "checks": "checks of its contract failed",
    "drift": "a source no longer matches its contract",
    "unavailable": "something it needs did not answer",
    "missing": "something it needs is not there",
    "conflict": "somebody else moved first",
}
"""What a run failed of, by the kind of its error: the error's own words may hold values of data."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that is wrong now. Moments are ISO 8601 in UTC; `product` is empty for a domain's."""

    key: IncidentKey
    domain: str
    product: str
    severity: str
    summary: str
    began_at: str
    seen_at: str
    run: str | None = None

    @property
    def subject(self) -> str:
        """The subject of its facts."""
        return f"{self.domain}/{self.product}" if self.product else self.domain


@dataclass(frozen=True, slots=True)
class Found:
    """The incidents of a moment by key; of `undecided` ones nothing can be told at the moment.

    `kept_since` has, of what is in order, since when; for those that ended.
    """

    incidents: Mapping[IncidentKey, Incident]
    undecided: frozenset[IncidentKey] = frozenset()
    kept_since: Mapping[IncidentKey, str] = field(default_factory=dict)


def find_incidents(tables: MeshTables, now: datetime) -> Found:
    """What is wrong as of `now`: failed runs that nothing followed, broken service levels, violations.

    `tables` have at least `RELATIONS`.
    """
    products = _products(tables)
    found = {each.key: each for each in _failing(tables.history, products)}
    found |= {each.key: each for each in _violations(tables, products, now)}
    known = [each for each in tables.history.log.open if each.key.kind == "service_level"]
    levels = _levels(tables, now, {(each.domain, each.product) for each in known})
    undecided: set[IncidentKey] = set()
    kept: dict[IncidentKey, str] = {
        IncidentKey("run", products[place], "run"): judged.at
        for place, judged in tables.history.judged.items()
        if place in products
    }
    for key, row in levels:
        if (row["domain"], row["product"]) not in products:
            continue
        if row["status"] == "unknown":
            undecided.add(key)
        elif (incident := _broken(key, row, now)) is not None:
            found[key] = incident
        else:
            kept[key] = iso(row["judged_at"])
    return Found(found, frozenset(undecided), kept)


def iso(moment: datetime) -> str:
    """A moment as facts have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _products(tables: MeshTables) -> Mapping[Place, str]:
    """The addresses of the products that something is expected of."""
    table = tables.tables["products"].select(["domain", "product", "address", "status"])
    return {
        (domain, product): address
        for domain, product, address, status in zip(*(c.to_pylist() for c in table.columns), strict=True)
        if status not in _OVER
    }


def _failing(history: History, products: Mapping[Place, str]) -> Iterator[Incident]:
    for place, failing in history.log.failing.items():
        if place in products:
            yield Incident(
                key=IncidentKey("run", products[place], "run"),
                domain=place[0],
                product=place[1],
                severity="error",
                summary=_of_run(failing),
                began_at=failing.since,
                seen_at=failing.last_at,
                run=failing.first_run,
            )


def _violations(tables: MeshTables, products: Mapping[Place, str], now: datetime) -> Iterator[Incident]:
    """One for each policy and product (or domain), however many places break it; none for notes."""
    table = tables.tables["violations"]
    table = table.filter(pc.and_(pc.equal(table["status"], "open"), pc.not_equal(table["severity"], "info")))
    if not len(table):
        return
    policies = tables.tables["policies"]
    titles = dict(zip(policies["policy"].to_pylist(), policies["title"].to_pylist(), strict=True))
    today = now.date().isoformat()
    places: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in table.to_pylist():
        waived = row["waived_until"] is not None and row["waived_until"] >= today
        place = (row["domain"], row["product"] or "")
        if row["domain"] and not waived and (not row["product"] or place in products):
            places.setdefault((*place, row["policy"]), []).append(row)
    for (domain, product, policy), rows in places.items():
        where = f"{len(rows)} places, the first" if len(rows) > 1 else "one place"
        first = min(rows, key=lambda row: (row["first_seen"], row["address"]))
        yield Incident(
            key=IncidentKey("violation", _address(tables.mesh, domain, product), policy),
            domain=domain,
            product=product,
            severity=first["severity"],
            summary=f"policy {policy} is violated at {where} {first['address']}: {titles.get(policy, '')}",
            began_at=iso(first["first_seen"]),
            seen_at=iso(max(row["first_seen"] for row in rows)),
        )


def _address(mesh: str, domain: str, product: str) -> str:
    return f"mesh://{mesh}/{domain}/{product}" if product else f"mesh://{mesh}/{domain}"


def _of_run(failing: Failing) -> str:
    return f"a run failed: {_FAILED.get(failing.error_kind, 'it ended with an error')}"


def _levels(
    tables: MeshTables, now: datetime, also: Iterable[Place]
) -> Iterator[tuple[IncidentKey, Mapping[str, Any]]]:
    """Rows of `slo_status` with their keys, of the products where one is broken and of `also`."""
    status = tables.tables["slo_status"]
    if not len(status):
        return
    expired = pc.fill_null(
        pc.less_equal(status["kept_until"], pa.scalar(now, status["kept_until"].type)), False
    )
    broken = status.filter(pc.or_(pc.equal(status["status"], "broken"), expired))
    places = {*zip(broken["domain"].to_pylist(), broken["product"].to_pylist(), strict=True), *also}
    if not places:
        return
    wanted = pa.array(["/".join(place) for place in sorted(places)], pa.string())
    names = pc.binary_join_element_wise(status["domain"], status["product"], "/")
    rows = status.filter(pc.is_in(names, value_set=wanted)).to_pylist()
    times: dict[tuple[Any, ...], int] = {}
    for row in rows:
        times[_level(row)] = times.get(_level(row), 0) + 1
    for row in rows:
        address = f"mesh://{tables.mesh}/{row['domain']}/{row['product']}/{row['port']}@{row['major']}"
        alone = times[_level(row)] == 1
        what = row["property"] if alone else f"{row['property']} {row['path']}"
        yield IncidentKey("service_level", address, what), row


def _level(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["domain"], row["product"], row["port"], row["major"], row["property"]


def _broken(key: IncidentKey, row: Mapping[str, Any], now: datetime) -> Incident | None:
    promised = " ".join(part for part in (row["value"], row["unit"]) if part)
    promise = f"{row['property']} of {promised}" if promised else row["property"]
    until = row["kept_until"]
    if row["status"] == "broken":
        began, seen, how = row["judged_at"], row["judged_at"], "what was published last does not keep it"
    elif until is not None and until <= now:
        began, seen, how = until, now, "nothing newer was published in time"
    else:
        return None
    return Incident(
        key=key,
        domain=row["domain"],
        product=row["product"],
        severity="error" if str(row["severity"]).lower() == "error" else "warning",
        summary=f"the service level {promise} of {row['port']}@{row['major']} is broken: {how}",
        began_at=iso(began),
        seen_at=iso(seen),
        run=row["run"],
    )
