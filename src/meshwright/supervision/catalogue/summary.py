"""Every product in one line: what lists, the map and the portfolio show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.model.address import ProductKey
from meshwright.supervision.catalogue.health import GOOD, NOT_LIVE, Health
from meshwright.supervision.catalogue.rows import ByProduct

LIVE = frozenset({"active", "deprecated"})
"""The statuses in which consumers may expect data."""


class MeshState(Protocol):
    """What products are summed up from: the tables, and who reads whom in them."""

    @property
    def tables(self) -> Mapping[str, pa.Table]: ...
    @property
    def reads(self) -> Mapping[tuple[str, str], Sequence[tuple[str, str]]]: ...
    @property
    def consumers(self) -> Mapping[tuple[str, str], Sequence[tuple[str, str]]]: ...
    @property
    def sources(self) -> Mapping[tuple[str, str], Sequence[str]]: ...
    @property
    def open_violations(self) -> pa.Table | None: ...


@dataclass(frozen=True, slots=True)
class ProductSummary:
    """A product as lists show it.

    `consumers` and `reads` count other products; `sources` counts systems outside of the mesh. Counts of
    checks are those of the last run that ended. `cpu_seconds` and `wall_seconds` are those of every recorded
    run; `rows` and `bytes` those of what readers see. `violations` is None where no policies are known.
    """

    domain: str
    product: str
    address: str
    name: str | None
    version: str | None
    status: str
    type: str | None
    purpose: str | None
    owner: str | None
    team: str | None
    tags: tuple[str, ...]
    sunset: str | None
    successor: str | None
    applied_at: datetime | None
    ports: int = 0
    objects: int = 0
    consumers: int = 0
    reads: int = 0
    sources: int = 0
    publication: int | None = None
    published_at: datetime | None = None
    due_at: datetime | None = None
    pinned: bool = False
    rows: int | None = None
    bytes: int | None = None
    run: str | None = None
    run_status: str | None = None
    run_at: datetime | None = None
    run_error: str | None = None
    checks_passed: int | None = None
    checks_failed: int | None = None
    levels: Mapping[str, int] = field(default_factory=dict)
    runs: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    violations: int | None = None
    health_but_for_time: Health = NOT_LIVE

    @property
    def key(self) -> ProductKey:
        """Its key; prints as `domain/product`."""
        return ProductKey(self.domain, self.product)

    @property
    def title(self) -> str:
        """Its name for people; that of its address where it has no other."""
        return self.name or self.product

    @property
    def failure(self) -> str:
        """What the last run ended with, in a line, if it did not publish."""
        return _failure(str(self.key), self.run_error)

    def health(self, now: datetime) -> Health:
        """How it is at a moment."""
        known = self.health_but_for_time
        if self.due_at is None or self.due_at >= now or self.pinned or known.level == "none":
            return known
        return Health("bad" if known.level == "bad" else "warning", (*known.reasons, "A run is due"))


def _failure(key: str, error: str | None) -> str:
    first = (error or "").strip().split("\n")[0].removesuffix(":")
    return first.removeprefix(f"{key} was not published: ")


def _health(key: str, values: Mapping[str, Any]) -> Health:
    """How a product is as far as time does not tell."""
    if values["status"] not in LIVE:
        return NOT_LIVE
    bad, warnings = [], []
    if values["run_status"] == "failed":
        what = _failure(key, values["run_error"])
        bad.append(f"The last run failed: {what}" if what else "The last run failed")
    elif values["run_status"] == "died":
        bad.append("The last run was killed")
    if broken := values["levels"].get("broken", 0):
        warnings.append("A service level is broken" if broken == 1 else f"{broken} service levels are broken")
    if values["publication"] is None:
        warnings.append("Nothing is published yet")
    if values["pinned"]:
        warnings.append(f"Pinned to publication {values['publication']} by a rollback")
    if bad:
        return Health("bad", (*bad, *warnings))
    return Health("warning", tuple(warnings)) if warnings else GOOD


def summaries(state: MeshState) -> Mapping[ProductKey, ProductSummary]:
    """Every applied product by its key, in the order of their addresses."""
    parts = _Parts(state)
    found = [_summary(row, parts) for row in state.tables["products"].select(_PRODUCT).to_pylist()]
    return {each.key: each for each in sorted(found, key=lambda each: each.key)}


_PRODUCT = [
    "domain",
    "product",
    "address",
    "name",
    "version",
    "status",
    "type",
    "purpose",
    "owner",
    "team",
    "tags",
    "sunset",
    "successor",
    "applied_at",
]

_RUN = ["domain", "product", "run", "status", "started_at", "ended_at", "error"]
_CHECKS = ["checks_passed", "checks_failed"]


class _Parts:
    """What other relations say, by domain and product."""

    def __init__(self, state: MeshState) -> None:
        tables = state.tables
        ports = tables["ports"]
        self.ports = _counted(ports.filter(pc.equal(ports["direction"], "output")))
        objects = tables["objects"]
        self.objects = _counted(objects.filter(pc.equal(objects["binding"], "output")))
        self.levels = _levels(tables["slo_status"])
        publications = tables["publications"]
        current = publications.filter(publications["current"])
        self.current = {_key(row): row for row in current.to_pylist()}
        self.runs = {_key(row): row for row in _last_ends(state).to_pylist()}
        costs = tables["runs"].group_by(["domain", "product"])
        totals = costs.aggregate([("cpu_seconds", "sum"), ("wall_seconds", "sum"), ("run", "count")])
        self.costs = {_key(row): row for row in totals.to_pylist()}
        violations = state.open_violations
        self.violations = None if violations is None else _counted(violations)
        self.consumers = {key: len(found) for key, found in state.consumers.items()}
        self.reads = state.reads
        self.sources = state.sources


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["domain"], row["product"]


def _counted(table: pa.Table) -> dict[tuple[str, str], int]:
    counts = (
        table.select(["domain", "product"]).group_by(["domain", "product"]).aggregate([([], "count_all")])
    )
    return {_key(row): row["count_all"] for row in counts.to_pylist()}


def _levels(table: pa.Table) -> dict[tuple[str, str], Counter[str]]:
    counts = table.select(["domain", "product", "status"]).group_by(["domain", "product", "status"])
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in counts.aggregate([([], "count_all")]).to_pylist():
        found.setdefault(_key(row), Counter())[row["status"]] = row["count_all"]
    return found


def _last_ends(state: MeshState) -> pa.Table:
    """The last run of each product that has ended."""
    runs = state.tables["runs"]
    ended = runs.filter(pc.not_equal(runs["status"], "running"))
    return ByProduct(ended.select([*_RUN, *_CHECKS])).last([*_RUN, *_CHECKS])


_NOTHING: Mapping[str, Any] = {}


def _summary(row: Mapping[str, Any], parts: _Parts) -> ProductSummary:
    key = _key(row)
    current = parts.current.get(key, _NOTHING)
    run = parts.runs.get(key, _NOTHING)
    cost = parts.costs.get(key, _NOTHING)
    values: dict[str, Any] = {
        **row,
        "tags": tuple(row["tags"] or ()),
        "ports": parts.ports.get(key, 0),
        "objects": parts.objects.get(key, 0),
        "consumers": parts.consumers.get(key, 0),
        "reads": len(parts.reads.get(key, ())),
        "sources": len(parts.sources.get(key, ())),
        "publication": current.get("number"),
        "published_at": current.get("published_at"),
        "due_at": current.get("due_at"),
        "pinned": bool(current.get("pinned")),
        "rows": current.get("rows"),
        "bytes": current.get("bytes"),
        "run": run.get("run"),
        "run_status": run.get("status"),
        "run_at": run.get("ended_at") or run.get("started_at"),
        "run_error": run.get("error"),
        "checks_passed": run.get("checks_passed"),
        "checks_failed": run.get("checks_failed"),
        "levels": parts.levels.get(key, _NOTHING),
        "runs": cost.get("run_count") or 0,
        "cpu_seconds": cost.get("cpu_seconds_sum") or 0.0,
        "wall_seconds": cost.get("wall_seconds_sum") or 0.0,
        "violations": None if parts.violations is None else parts.violations.get(key, 0),
    }
    return ProductSummary(**values, health_but_for_time=_health(f"{row['domain']}/{row['product']}", values))
