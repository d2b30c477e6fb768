"""Policies, what breaks them, what is waived, and how far domains keep them, now and over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from meshwright.model.policy import Policy, Waiver
from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.compliance import SEVERITIES, Compliance, Finding
from meshwright.supervision.catalogue.rows import Row

PAGE = 25
"""How many violations a page has."""

DAYS = 60
"""How many days the course of time shows."""


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy with its violations, those that are waived apart; `problem` says why it cannot be judged."""

    policy: Policy
    open: int
    waived: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class DomainCompliance:
    """How far a domain complies: marks of 100, products, and violations by severity."""

    name: str
    marks: float
    products: int
    violations: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Day:
    """How many recorded violations were open at the end of a day."""

    day: date
    open: int


@dataclass(frozen=True, slots=True)
class Governance:
    """The state of governance; `findings` are one page of the `count` that are wanted and not waived."""

    policies: Sequence[PolicyLine]
    domains: Sequence[DomainCompliance]
    findings: Sequence[Finding]
    count: int
    pages: int
    page: int
    waivers: Sequence[Waiver]
    days: Sequence[Day]
    open: int
    marks: float | None


def governance(
    catalogue: Catalogue,
    compliance: Compliance,
    now: datetime,
    policy: str | None = None,
    domain: str | None = None,
    page: int = 1,
) -> Governance:
    """Policies and what they find; `policy` and `domain` choose among the violations."""
    bites = Counter(each.policy for each in compliance.biting)
    waived = Counter(each.policy for each in compliance.findings if each.waiver is not None)
    problems = {each.policy: each.message for each in compliance.failures}
    lines = [
        PolicyLine(each, bites[name], waived[name], problems.get(name))
        for name, each in compliance.policies.items()
    ]
    wanted = [
        each
        for each in compliance.biting
        if (policy is None or each.policy == policy) and (domain is None or each.domain == domain)
    ]
    pages = max(1, -(-len(wanted) // PAGE))
    page = min(max(page, 1), pages)
    means = compliance.means
    return Governance(
        policies=sorted(lines, key=_urgency),
        domains=_domains(catalogue, compliance),
        findings=wanted[(page - 1) * PAGE : page * PAGE],
        count=len(wanted),
        pages=pages,
        page=page,
        waivers=sorted(compliance.waivers, key=lambda waiver: waiver.expires),
        days=_days(catalogue, now),
        open=len(compliance.biting),
        marks=sum(means.values()) / len(means) if means else None,
    )


def fixed(catalogue: Catalogue, domain: str, product: str) -> Sequence[Row]:
    """The recorded violations of a product that are gone, the latest first."""
    rows: list[dict[str, Any]] = catalogue.of("violations", domain, product)
    gone = [row for row in rows if row["fixed_at"] is not None]
    return sorted(gone, key=lambda row: row["fixed_at"], reverse=True)


def _urgency(line: PolicyLine) -> tuple[int, int, str]:
    return -line.open, SEVERITIES.index(line.policy.severity), line.policy.name


def _domains(catalogue: Catalogue, compliance: Compliance) -> Sequence[DomainCompliance]:
    violations: dict[str, Counter[str]] = {}
    for each in compliance.biting:
        violations.setdefault(each.domain, Counter())[each.severity] += 1
    products = Counter(each.domain for each in catalogue.products.values() if each.status != "retired")
    return [
        DomainCompliance(name, marks, products[name], violations.get(name, Counter()))
        for name, marks in sorted(compliance.means.items())
    ]


def _days(catalogue: Catalogue, now: datetime) -> Sequence[Day]:
    """Open violations at the end of each of the last days, waived ones too; none where none was recorded."""
    table = catalogue.tables.get("violations")
    if table is None or not table.num_rows:
        return ()
    steps: Counter[date] = Counter()
    for row in table.select(["first_seen", "fixed_at"]).to_pylist():
        steps[row["first_seen"].date()] += 1
        if row["fixed_at"] is not None:
            steps[row["fixed_at"].date()] -= 1
    first = now.date() - timedelta(days=DAYS - 1)
    count = sum(step for day, step in steps.items() if day < first)
    found = []
    for place in range(DAYS):
        day = first + timedelta(days=place)
        count += steps.get(day, 0)
        found.append(Day(day, count))
    return found
