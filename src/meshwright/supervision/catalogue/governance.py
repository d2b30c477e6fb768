"""Policies, what breaks them, what is waived, and how far domains keep them, now and over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.rows import Row
from meshwright.supervision.catalogue.summary import LIVE

PAGE = 100
DAYS = 60
"""How many days the course of time shows."""

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy with how many open violations it has, those that are waived apart."""

    row: Row
    open: int
    waived: int


@dataclass(frozen=True, slots=True)
class DomainCompliance:
    """How far a domain complies: live products, those without an open violation, violations by severity."""

    name: str
    products: int
    clean: int
    violations: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Day:
    """How many violations were open at the end of a day."""

    day: date
    open: int


@dataclass(frozen=True, slots=True)
class Governance:
    """The state of governance. None of `policies` means that no policy is in force."""

    policies: Sequence[PolicyLine]
    domains: Sequence[DomainCompliance]
    violations: Sequence[Row]
    count: int
    pages: int
    page: int
    waivers: Sequence[Row]
    days: Sequence[Day]
    clean: int
    products: int


def governance(
    catalogue: Catalogue,
    now: datetime,
    policy: str | None = None,
    domain: str | None = None,
    page: int = 1,
) -> Governance:
    """Policies and what is recorded against them; `policy` and `domain` choose among the violations."""
    policies = _rows(catalogue, "policies")
    found = catalogue.open_violations
    broken = found if found is not None else pa.table({"policy": pa.array([], pa.string())})
    counts = Counter(broken["policy"].to_pylist())
    waived = Counter(_waived(catalogue))
    shown = _chosen(broken, policy, domain)
    pages = max(1, -(-shown.num_rows // PAGE))
    page = min(max(page, 1), pages)
    domains = _domains(catalogue, broken)
    return Governance(
        policies=sorted(
            (PolicyLine(row, counts[row["policy"]], waived[row["policy"]]) for row in policies),
            key=lambda line: (-line.open, SEVERITIES.index(line.row["severity"]), line.row["policy"]),
        ),
        domains=domains,
        violations=_sorted(shown).slice((page - 1) * PAGE, PAGE).to_pylist(),
        count=shown.num_rows,
        pages=pages,
        page=page,
        waivers=sorted(_rows(catalogue, "waivers"), key=lambda row: str(row["expires"])),
        days=_days(catalogue, now),
        clean=sum(each.clean for each in domains),
        products=sum(each.products for each in domains),
    )


def product_policies(catalogue: Catalogue, domain: str, product: str) -> Mapping[str, Sequence[Row]]:
    """What is recorded about one product: `open`, `waived` and `fixed` violations, and its `waivers`."""
    rows = catalogue.of("violations", domain, product)
    today = catalogue.on.isoformat()
    is_waived = [(row["waived_until"] or "") >= today for row in rows]
    still = [row["status"] == "open" for row in rows]
    return {
        "open": [r for r, o, w in zip(rows, still, is_waived, strict=True) if o and not w],
        "waived": [r for r, o, w in zip(rows, still, is_waived, strict=True) if o and w],
        "fixed": [r for r, o in zip(rows, still, strict=True) if not o],
        "waivers": catalogue.of("waivers", domain, product),
    }


def titles(catalogue: Catalogue) -> Mapping[str, Row]:
    """The policies in force by name."""
    return {row["policy"]: row for row in _rows(catalogue, "policies")}


def _rows(catalogue: Catalogue, relation: str) -> list[Row]:
    table = catalogue.tables.get(relation)
    found: list[Row] = table.to_pylist() if table is not None else []
    return found


def _waived(catalogue: Catalogue) -> list[str]:
    table = catalogue.tables.get("violations")
    if table is None:
        return []
    waived = pc.fill_null(pc.greater_equal(table["waived_until"], catalogue.on.isoformat()), False)
    names: list[str] = table.filter(pc.and_(pc.equal(table["status"], "open"), waived))["policy"].to_pylist()
    return names


def _chosen(broken: pa.Table, policy: str | None, domain: str | None) -> pa.Table:
    if policy is not None:
        broken = broken.filter(pc.equal(broken["policy"], policy))
    if domain is not None and "domain" in broken.column_names:
        broken = broken.filter(pc.equal(broken["domain"], domain))
    return broken


def _sorted(broken: pa.Table) -> pa.Table:
    """The gravest first, then the newest."""
    if "severity" not in broken.column_names:
        return broken
    weight = pc.index_in(broken["severity"], value_set=pa.array(SEVERITIES))
    return (
        broken.append_column("_weight", weight)
        .sort_by([("_weight", "ascending"), ("first_seen", "descending")])
        .drop_columns(["_weight"])
    )


def _domains(catalogue: Catalogue, broken: pa.Table) -> Sequence[DomainCompliance]:
    violations: dict[str, Counter[str]] = {}
    guilty: set[tuple[str, str]] = set()
    if "domain" in broken.column_names:
        for row in broken.select(["domain", "product", "severity"]).to_pylist():
            violations.setdefault(row["domain"], Counter())[row["severity"]] += 1
            if row["product"] is not None and row["severity"] != "info":
                guilty.add((row["domain"], row["product"]))
    products: Counter[str] = Counter()
    clean: Counter[str] = Counter()
    for each in catalogue.products.values():
        if each.status in LIVE:
            products[each.domain] += 1
            clean[each.domain] += (each.domain, each.product) not in guilty
    names = sorted(catalogue.tables["domains"]["domain"].to_pylist())
    return [
        DomainCompliance(name, products[name], clean[name], violations.get(name, Counter())) for name in names
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
