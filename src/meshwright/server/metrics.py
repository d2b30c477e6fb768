"""Metrics for Prometheus: of the mesh as its tables tell it, and of this server."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meshwright import __version__
from meshwright.errors import MeshwrightError
from meshwright.server.api import PREFIX
from meshwright.server.live import LiveMesh, Snapshot
from meshwright.supervision.metamodel.tables import MeshTables

MAX_PRODUCTS = 1000
"""Up to so many products each has series of its own; beyond, series are by domain (`product` is empty)."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of the durations of requests, in seconds."""

_OF = ("domain", "product")


class Measures:
    """The metrics of one application."""

    def __init__(self, live: LiveMesh) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "meshwright_http_request_seconds",
            "Seconds that requests took, by method, route and status.",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(MeshCollector(live))


class MeshCollector(Collector):
    """Tells of the newest state of an environment, whenever it is asked."""

    def __init__(self, live: LiveMesh) -> None:
        self._live = live

    def describe(self) -> Iterable[Metric]:
        """Nothing is collected to register this."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every metric of the mesh; of its registry alone while that never answered."""
        try:
            snapshot: Snapshot | None = self._live.current()
        except MeshwrightError:
            snapshot = None
        reads = snapshot is not None and snapshot.problem is None
        yield _gauge("meshwright_registry_up", "Whether the registry can be read.", (), [((), float(reads))])
        about = (self._live.mesh, self._live.environment, __version__)
        labels = ("mesh", "environment", "version")
        yield _gauge("meshwright_info", "What is served.", labels, [(about, 1.0)])
        if snapshot is not None:
            yield from snapshot.once("metrics", metrics_of)
            yield from _ages(snapshot.once("moments", _moments))


Samples = Iterable[tuple[Sequence[Any], float]]


def _gauge(name: str, told: str, labels: Sequence[str], samples: Samples) -> Metric:
    return _filled(GaugeMetricFamily(name, told, labels=labels), samples)


def _counter(name: str, told: str, labels: Sequence[str], samples: Samples) -> Metric:
    return _filled(CounterMetricFamily(name, told, labels=labels), samples)


def _filled(family: Any, samples: Samples) -> Metric:
    for labels, value in samples:
        family.add_metric([str(label or "") for label in labels], value)
    found: Metric = family
    return found


def metrics_of(mesh: MeshTables) -> list[Metric]:
    """The metrics that depend on nothing but the tables."""
    tables = mesh.tables
    by = _by(mesh)
    runs, current = tables["runs"], _current(mesh)
    found = [
        _gauge(
            "meshwright_products",
            "Products by status.",
            ("domain", "status"),
            _counted(tables["products"], ("domain", "status")),
        ),
        _counter(
            "meshwright_runs",
            "Runs by outcome: published, failed, died; those under way are `running`.",
            (*_OF, "status"),
            _counted(by(runs), (*_OF, "status")),
        ),
        *(
            _counter(f"meshwright_run_{name}", told, _OF, _aggregated(by(runs), column, "sum"))
            for name, column, told in _COSTS
        ),
        _gauge(
            "meshwright_last_run_seconds",
            "Seconds that the last run took; of several products the longest.",
            _OF,
            _aggregated(by(_last(runs)), "wall_seconds", "max"),
        ),
        _gauge(
            "meshwright_last_run_failed",
            "How many products' last run did not publish.",
            _OF,
            _aggregated(_with_failed(by(_last(runs))), "failed", "sum"),
        ),
        _gauge(
            "meshwright_published_rows",
            "Rows that readers see.",
            _OF,
            _aggregated(by(current), "rows", "sum"),
        ),
        _gauge(
            "meshwright_published_bytes",
            "Bytes in storage of what readers see.",
            _OF,
            _aggregated(by(current), "bytes", "sum"),
        ),
        _gauge(
            "meshwright_service_levels",
            "Service levels by what the last run found of them: kept, broken, unknown.",
            (*_OF, "status"),
            _counted(by(tables["slo_status"]), (*_OF, "status")),
        ),
        _gauge(
            "meshwright_checks_not_passed",
            "Checks of last runs that did not pass, by their severity and what became of them.",
            (*_OF, "severity", "status"),
            _counted(by(_of_last(tables["checks"], runs)), (*_OF, "severity", "status")),
        ),
    ]
    for name, told, relation, labels in _OPEN:
        found.append(_gauge(name, told, labels, _counted(_open(by(tables[relation])), labels)))
    return found


_COSTS = (
    ("wall_seconds", "wall_seconds", "Seconds that runs took, all together."),
    ("cpu_seconds", "cpu_seconds", "Seconds of processor time of runs, all together."),
    ("rows_written", "rows_written", "Rows that runs wrote, all together."),
)


_OPEN = (
    (
        "meshwright_policy_violations",
        "Open violations of policies.",
        "violations",
        ("domain", "policy", "severity"),
    ),
    ("meshwright_incidents", "Open incidents.", "incidents", (*_OF, "kind", "severity")),
)


def _by(mesh: MeshTables) -> Any:
    """What takes the product out of rows where there are too many products for series of each."""
    if mesh.tables["products"].num_rows <= MAX_PRODUCTS:
        return lambda table: table
    nothing = pa.scalar("", pa.string())
    return lambda table: table.set_column(
        table.column_names.index("product"), "product", pa.repeat(nothing, len(table))
    )


def _counted(table: pa.Table, labels: Sequence[str]) -> list[tuple[tuple[Any, ...], float]]:
    groups = table.group_by(list(labels), use_threads=False).aggregate([([], "count_all")])
    return [(tuple(row[name] for name in labels), float(row["count_all"])) for row in groups.to_pylist()]


def _aggregated(table: pa.Table, column: str, how: str) -> list[tuple[tuple[Any, ...], float]]:
    groups = table.group_by(list(_OF), use_threads=False).aggregate([(column, how)])
    rows = groups.to_pylist()
    return [
        (tuple(row[name] for name in _OF), float(row[f"{column}_{how}"]))
        for row in rows
        if row[f"{column}_{how}"] is not None
    ]


def _current(mesh: MeshTables) -> pa.Table:
    publications = mesh.tables["publications"]
    return publications.filter(publications["current"])


def _last(runs: pa.Table) -> pa.Table:
    """The last ended run of each product."""
    ended = runs.filter(pc.is_valid(runs["ended_at"]))
    newest = pc.sort_indices(
        ended, [("domain", "ascending"), ("product", "ascending"), ("ended_at", "descending")]
    )
    rows = ended.take(newest)
    if not len(rows):
        return rows
    places = list(zip(rows["domain"].to_pylist(), rows["product"].to_pylist(), strict=True))
    first = [index == 0 or places[index - 1] != place for index, place in enumerate(places)]
    return rows.filter(pa.array(first))


def _with_failed(runs: pa.Table) -> pa.Table:
    failed = pc.cast(pc.not_equal(runs["status"], "published"), pa.int64())
    return runs.append_column("failed", failed)


def _of_last(checks: pa.Table, runs: pa.Table) -> pa.Table:
    return checks.filter(pc.is_in(checks["run"], value_set=_last(runs)["run"].combine_chunks()))


def _open(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.equal(rows["status"], "open"))


Moments = Mapping[str, list[tuple[tuple[Any, ...], datetime]]]


def _moments(mesh: MeshTables) -> Moments:
    """When each product was published, and is due; of several products the earliest."""
    current = _by(mesh)(_current(mesh))
    found: dict[str, list[tuple[tuple[Any, ...], datetime]]] = {}
    for name in ("published_at", "due_at"):
        groups = current.group_by(list(_OF), use_threads=False).aggregate([(name, "min")]).to_pylist()
        found[name] = [
            ((row["domain"], row["product"]), row[f"{name}_min"]) for row in groups if row[f"{name}_min"]
        ]
    return found


def _ages(moments: Moments) -> Iterator[Metric]:
    now = datetime.now(UTC)
    yield _gauge(
        "meshwright_publication_age_seconds",
        "Seconds since what readers see was published; of several products the longest.",
        _OF,
        [(labels, (now - at).total_seconds()) for labels, at in moments["published_at"]],
    )
    yield _gauge(
        "meshwright_publication_overdue_seconds",
        "Seconds since sources were to be read again, 0 before that; of several products the longest.",
        _OF,
        [(labels, max(0.0, (now - at).total_seconds())) for labels, at in moments["due_at"]],
    )


class Timed:
    """Measures every request by the route that answers it, never by its path."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification, version 3."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), "500"

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - start
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._measures.requests.labels(method, _route(scope), status).observe(seconds)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route(scope: Scope) -> str:
    """The pattern of the route that was taken; nothing that a client can make up."""
    path, pattern = scope.get("path", ""), getattr(scope.get("route"), "path_format", None)
    if pattern is None:
        return "/static" if path.startswith("/static/") else "none"
    return f"{PREFIX}{pattern}" if path.startswith(PREFIX) else str(pattern)


def router(measures: Measures) -> APIRouter:
    """`/metrics`."""
    found = APIRouter()

    @found.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        """Everything, in the format that the client asks for: that of Prometheus, or OpenMetrics."""
        encode, media = choose_encoder(request.headers.get("accept", ""))
        return Response(
            encode(measures.registry), headers={"content-type": media, "cache-control": "no-store"}
        )

    return found
