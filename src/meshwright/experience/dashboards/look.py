"""A dashboard as its readers see it: the rows behind each tile, and the publication they are from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from meshwright.errors import InputError, NotFound, SqlError
from meshwright.experience.dashboards.choices import Asked, Choice, read_choices
from meshwright.experience.dashboards.objects import Served
from meshwright.experience.dashboards.queries import Query, queries_of, read_query
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.dashboard import Dashboard, Filter, Tile
from meshwright.model.product import Product
from meshwright.model.publication import Handle, ObjectKey, Publication
from meshwright.provisioning.registry import Registry
from meshwright.provisioning.tables import Tables, TablesSession
from meshwright.sql.parse import parse_model

MAX_ROWS = 5_000
"""Rows behind one tile: more are no picture any more."""

MAX_VALUES = 1_000
"""Values that a filter offers."""

SECONDS = 10.0
"""How long one query may take."""

MEMORY = "512MiB"
"""What the queries of one dashboard may hold at a time."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a tile shows nothing; `path` is the place in the document, with line and column inside a query."""

    what: str
    path: str
    way_out: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One tile with its rows (at most `MAX_ROWS`; `more` says that there are others), or its fault."""

    tile: Tile
    rows: pa.Table | None = field(default=None, repr=False)
    more: bool = False
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """What the run that made a publication found, and whether one failed since.

    `failed` are the checks that failed and did not stop it; `quarantined` counts rows that were put aside.
    """

    passed: int
    failed: tuple[str, ...]
    not_judged: int
    quarantined: int
    broken_levels: tuple[str, ...]
    failed_since: str | None = None  # ISO 8601, UTC

    @property
    def sound(self) -> bool:
        """Whether nothing speaks against what is shown."""
        return not (self.failed or self.quarantined or self.broken_levels or self.failed_since)


@dataclass(frozen=True, slots=True)
class View:
    """A dashboard as it is shown; `publication` and `quality` are None where nothing is published."""

    dashboard: Dashboard
    publication: Publication | None
    quality: Quality | None
    choices: tuple[Choice, ...]
    tiles: tuple[Seen, ...]


def look(
    dashboard: Dashboard,
    product: Product,
    registry: Registry,
    environment: str,
    tables: Tables,
    asked: Asked,
) -> View:
    """A dashboard over what its product published last in an environment, as `asked` for.

    A tile whose query fails shows its fault; the others are not disturbed.

    Raises:
        Unavailable: the registry or the data do not answer.
    """
    publication = registry.current(environment, [product.key]).get(product.key)
    if publication is None:
        nothing = read_choices(dashboard, asked, lambda each: each.values)
        return View(dashboard, None, None, nothing, tuple(Seen(tile) for tile in dashboard.tiles))
    try:
        handles = registry.handles(publication.id)
    except InputError:  # it was published anew, and the other one forgotten
        publication = registry.current(environment, [product.key])[product.key]
        handles = registry.handles(publication.id)
    queries: dict[str, Query] = {}
    faults: dict[str, Fault] = {}
    for path, text in queries_of(dashboard):
        try:
            queries[path] = read_query(text, path, product, dashboard)
        except SqlError as error:
            faults[path] = _fault(error, path)
    with _session(tables, queries, faults, handles, publication) as session:
        choices = read_choices(dashboard, asked, lambda each: _values(each, session, queries, faults))
        parameters = {name: value for choice in choices for name, value in choice.parameters.items()}
        seen = tuple(_seen(tile, session, queries, faults, parameters) for tile in dashboard.tiles)
    return View(dashboard, publication, quality_of(registry, environment, publication), choices, seen)


def tables_read(dashboard: Dashboard) -> frozenset[str]:
    """The tables of the mesh (`mesh.products`) that the queries of a report read."""
    return frozenset(
        ".".join(reference.parts).lower()
        for path, text in queries_of(dashboard)
        for reference in parse_model(text, "duckdb", path, parameters=True).references
    )


def look_at_mesh(dashboard: Dashboard, session: TablesSession, asked: Asked) -> View:
    """A report as it is `asked` for: its queries are over tables of the mesh that `session` offers."""
    queries = {
        path: Query(path, text, {}, parse_model(text, "duckdb", path, parameters=True).parameters)
        for path, text in queries_of(dashboard)
    }
    faults: dict[str, Fault] = {}
    choices = read_choices(dashboard, asked, lambda each: _values(each, session, queries, faults))
    parameters = {name: value for choice in choices for name, value in choice.parameters.items()}
    seen = tuple(_seen(tile, session, queries, faults, parameters) for tile in dashboard.tiles)
    return View(dashboard, None, None, choices, seen)


@contextmanager
def _session(
    tables: Tables,
    queries: Mapping[str, Query],
    faults: dict[str, Fault],
    handles: Mapping[ObjectKey, Handle],
    publication: Publication,
) -> Iterator[TablesSession]:
    """A session over everything that the queries read of a publication."""
    found: dict[str, Handle] = {}
    for path, query in queries.items():
        for name, served in query.objects.items():
            handle = handles.get(_key(served, publication))
            if handle is not None:
                found[name] = handle
                continue
            faults[path] = Fault(
                f"publication {publication.number} holds no `{served.name}` yet",
                path,
                f"apply the product and run it: `mesh apply`, `mesh run {publication.product}`",
            )
    with tables.tables({}, found, MEMORY) as session:
        yield session


def _key(served: Served, publication: Publication) -> ObjectKey:
    return ObjectKey(publication.product, served.name, served.port.major, served.port.name)


def _rows(
    session: TablesSession, query: Query, parameters: Mapping[str, Any], limit: int
) -> tuple[pa.Table, bool]:
    bound = {name: parameters[name] for name in query.parameters} or None
    found = session.query(query.text, "the query", SECONDS, bound, limit + 1)
    return found.slice(0, limit), found.num_rows > limit


def _values(
    each: Filter, session: TablesSession, queries: Mapping[str, Query], faults: dict[str, Fault]
) -> Sequence[Any]:
    """What can be chosen of a filter."""
    path = f"{each.path}.query"
    if each.query is None:
        return each.values
    if path in faults:
        return ()
    try:
        rows, _ = _rows(session, queries[path], {}, MAX_VALUES)
    except SqlError as error:
        faults[path] = _fault(error, path)
        return ()
    found: list[Any] = rows.column(0).to_pylist()
    return found


def _seen(
    tile: Tile,
    session: TablesSession,
    queries: Mapping[str, Query],
    faults: Mapping[str, Fault],
    parameters: Mapping[str, Any],
) -> Seen:
    if tile.query is None:
        return Seen(tile)
    path = f"{tile.path}.query"
    if path in faults:
        return Seen(tile, fault=faults[path])
    try:
        rows, more = _rows(session, queries[path], parameters, MAX_ROWS)
    except SqlError as error:
        return Seen(tile, fault=_fault(error, path))
    return Seen(tile, rows, more)


def _fault(error: SqlError, path: str) -> Fault:
    place = f"{path}:{error.line}:{error.column or 1}" if error.line else path
    return Fault(error.what, place, error.way_out)


def quality_of(registry: Registry, environment: str, publication: Publication) -> Quality | None:
    """What the run of a publication found; None where its facts are not there."""
    since: str | None = None
    newest = True
    for fact in registry.facts(environment, str(publication.product), ("run.finished",), 200):
        payload = fact.payload
        if payload.get("run") == publication.run:
            checks = payload.get("checks", ())
            return Quality(
                passed=payload.get("passed", 0),
                failed=tuple(
                    each["check"] for each in checks if each.get("status") in ("fail", "error", "warn")
                ),
                not_judged=sum(each.get("status") == "skip" for each in checks),
                quarantined=sum(each.get("rows", 0) for each in (payload.get("quarantined") or {}).values()),
                broken_levels=tuple(
                    str(each.get("expected"))
                    for each in payload.get("service_levels", ())
                    if each.get("status") in ("fail", "warn")
                ),
                failed_since=since,
            )
        if newest and payload.get("status") != "published" and fact.at > publication.created_at:
            since = fact.at
        newest = False
    return None


def find_dashboard(dashboards: Sequence[Dashboard], name: str | None, product: str) -> Dashboard:
    """The dashboard of this name, or the only one there is.

    Raises:
        NotFound: there is none of this name.
        InputError: there are several, and none is named.
    """
    names = Suggester(each.name for each in dashboards)
    if not dashboards:
        raise NotFound(
            f"{product} has no dashboard",
            way_out="write one in its folder `dashboards`; see docs/dashboards.md",
        )
    if name is None:
        if len(dashboards) == 1:
            return dashboards[0]
        raise InputError(f"{product} has several dashboards", way_out=f"say {' or '.join(names.names)}")
    found = next((each for each in dashboards if each.name == name), None)
    if found is None:
        known = f"it has {', '.join(names.names)}"
        raise NotFound(f"{product} has no dashboard `{name}`", way_out=names.hint(name, known))
    return found
