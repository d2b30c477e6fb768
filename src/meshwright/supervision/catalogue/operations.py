"""What runs, what failed, and how fresh data are against what was promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.incidents import ShownIncident, open_incidents
from meshwright.supervision.catalogue.rows import Row
from meshwright.supervision.catalogue.summary import LIVE, ProductSummary

PAGE = 50
"""How many runs a page has."""

LISTED = 50
"""How many broken service levels, due and failing products are listed."""

FRESHNESS = ("latency", "frequency", "freshness", "timeliness")
"""The service levels that are about how fresh data are."""


@dataclass(frozen=True, slots=True)
class Operations:
    """The state of runs. Counts and seconds are those of runs that ended in the last day.

    `failing` are live products whose last run did not publish, `due` those whose sources were to be read
    by now. `levels` counts verdicts on service levels of freshness; `stale` are those that are broken.
    `incidents` are the newest of those that are open.
    """

    ended: int
    failed: int
    cpu_seconds: float
    running: Sequence[Row]
    failing: Sequence[ProductSummary]
    due: Sequence[ProductSummary]
    coming: Sequence[ProductSummary]
    levels: Mapping[str, int]
    stale: Sequence[Row]
    open_incidents: int
    incidents: Sequence[ShownIncident]
    runs: Sequence[Row]
    count: int
    pages: int
    page: int


def operations(catalogue: Catalogue, now: datetime, status: str | None = None, page: int = 1) -> Operations:
    """The runs of the mesh, newest first; with `status` only those that ended so."""
    runs = catalogue.tables["runs"]
    lately = _lately(runs, now)
    live = [each for each in catalogue.products.values() if each.status in LIVE]
    waiting = sorted(
        (each for each in live if each.due_at is not None and not each.pinned),
        key=lambda each: each.due_at or now,
    )
    levels = _freshness(catalogue)
    counts = {row["values"]: row["counts"] for row in pc.value_counts(levels["status"]).to_pylist()}
    open_count, newest = open_incidents(catalogue)
    stale = levels.filter(pc.equal(levels["status"], "broken")).slice(0, LISTED)
    some = runs if status is None else runs.filter(pc.equal(runs["status"], status))
    pages = max(1, -(-some.num_rows // PAGE))
    page = min(max(page, 1), pages)
    return Operations(
        ended=lately.num_rows,
        failed=pc.sum(pc.not_equal(lately["status"], "published")).as_py() or 0,
        cpu_seconds=pc.sum(lately["cpu_seconds"]).as_py() or 0.0,
        running=runs.filter(pc.equal(runs["status"], "running")).slice(0, LISTED).to_pylist(),
        failing=[each for each in live if each.run_status in ("failed", "died")][:LISTED],
        due=[each for each in waiting if each.due_at is not None and each.due_at < now][:LISTED],
        coming=[each for each in waiting if each.due_at is not None and each.due_at >= now][:10],
        levels=counts,
        stale=stale.to_pylist(),
        open_incidents=open_count,
        incidents=newest,
        runs=_newest(some, page),
        count=some.num_rows,
        pages=pages,
        page=page,
    )


def _lately(runs: pa.Table, now: datetime) -> pa.Table:
    since = pa.scalar(now - timedelta(days=1), pa.timestamp("us", tz="UTC"))
    return runs.filter(pc.fill_null(pc.greater_equal(runs["ended_at"], since), False))


def _freshness(catalogue: Catalogue) -> pa.Table:
    levels = catalogue.tables["slo_status"]
    return levels.filter(pc.is_in(levels["property"], value_set=pa.array(FRESHNESS)))


def _newest(runs: pa.Table, page: int) -> Sequence[Row]:
    """A page of runs; the relation has them in the order of their ends, open ones last."""
    end = runs.num_rows - (page - 1) * PAGE
    start = max(0, end - PAGE)
    found: list[Row] = runs.slice(start, end - start).to_pylist()
    return found[::-1]
