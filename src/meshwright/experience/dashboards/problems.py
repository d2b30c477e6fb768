"""Everything that speaks against the dashboards of one product."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from meshwright.errors import Problem, SqlError
from meshwright.experience.dashboards.encodings import columns_named
from meshwright.experience.dashboards.objects import dashboards_of
from meshwright.experience.dashboards.queries import (
    Query,
    UnknownParameter,
    binding,
    bound_columns,
    queries_of,
    read_query,
)
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.dashboard import Dashboard, Filter, Tile
from meshwright.model.product import Product
from meshwright.provisioning.tables import Tables
from meshwright.standards.schema import format_path


def product_problems(product: Product, tables: Tables) -> Iterator[Problem]:
    """What is wrong with them; see `judge.dashboard_problems` for the codes."""
    names: dict[str, str] = {}
    for dashboard in dashboards_of(product):
        other = names.setdefault(dashboard.name, dashboard.file)
        if other != dashboard.file:
            message = f"{product.key} has the dashboard `{dashboard.name}` twice: also {other}"
            yield Problem("MW706", message, dashboard.file, path="dashboard", hint="rename one of them")
        yield from _of_dashboard(dashboard, product, tables)


def _of_dashboard(dashboard: Dashboard, product: Product, tables: Tables) -> Iterator[Problem]:
    queries: list[Query] = []
    columns: dict[str, Collection[str]] = {}
    faults: list[Problem] = []
    for path, text in queries_of(dashboard):
        try:
            queries.append(read_query(text, path, product, dashboard))
        except SqlError as error:
            faults.append(_query_problem(error, path, dashboard))
    with binding(queries, tables) as session:
        for query in queries:
            try:
                columns[query.path] = bound_columns(query, session)
            except SqlError as error:
                faults.append(_query_problem(error, query.path, dashboard))
    yield from faults
    used = {name for query in queries for name in query.parameters}
    for each in dashboard.filters:
        yield from _of_filter(each, dashboard, None if faults else used)
    for tile in dashboard.tiles:
        returned = columns.get(f"{tile.path}.query")
        if returned is not None:
            yield from _of_tile(tile, dashboard, frozenset(returned))


def _query_problem(error: SqlError, path: str, dashboard: Dashboard) -> Problem:
    place = f"{path}:{error.line}:{error.column or 1}" if error.line else path
    code = "MW705" if isinstance(error, UnknownParameter) else "MW703"
    return Problem(code, error.what, dashboard.file, path=place, hint=error.way_out)


# --- tiles


def _of_tile(tile: Tile, dashboard: Dashboard, returned: frozenset[str]) -> Iterator[Problem]:
    """Columns that a tile names and its query does not return."""
    suggest = Suggester(sorted(returned))
    for name, path in _named_by(tile, returned):
        yield Problem(
            "MW704",
            f"the query of this {tile.kind} returns no column `{name}`",
            dashboard.file,
            path=path,
            hint=suggest.hint(name, f"it returns {', '.join(sorted(returned))}"),
        )


def _named_by(tile: Tile, returned: frozenset[str]) -> Iterator[tuple[str, str]]:
    if tile.kind == "chart":
        for name, steps in columns_named(tile.content).missing(returned):
            yield name, f"{tile.path}.chart.{format_path(steps)}"
        return
    places: dict[str, Any] = {}
    if tile.kind == "figure":
        places["figure.value"] = tile.content["value"]
        if "compare" in tile.content:
            places["figure.compare.value"] = tile.content["compare"]["value"]
    else:
        for index, each in enumerate(tile.content.get("columns", ())):
            places[f"table.columns[{index}].column"] = each["column"]
    for path, name in places.items():
        if name not in returned:
            yield name, f"{tile.path}.{path}"


# --- filters


def _of_filter(each: Filter, dashboard: Dashboard, used: set[str] | None) -> Iterator[Problem]:
    """What a filter's own keys say that cannot be; `used` are the parameters that queries read."""
    names = [other for other in dashboard.filters if set(other.parameters) & set(each.parameters)]
    if names[0] is not each:
        yield _filter_problem(
            each, dashboard, "filter", f"`{each.name}` is set by two filters", "rename one of them"
        )
    if used is not None and not used.intersection(each.parameters):
        listed = " or ".join(f"${name}" for name in each.parameters)
        yield _filter_problem(
            each,
            dashboard,
            "filter",
            f"no query reads the filter `{each.name}`",
            f"read {listed} in one",
            "warning",
        )
    if each.default is not None:
        wrong = _wrong_default(each)
        if wrong is not None:
            yield _filter_problem(each, dashboard, "default", *wrong)


def _wrong_default(each: Filter) -> tuple[str, str] | None:
    """What is wrong with a filter's default, and the way out."""
    match each.type:
        case "choice" if isinstance(each.default, list):
            return "a choice has one default", "give one value, or make the filter `choices`"
        case "choice" | "choices":
            chosen = each.default if isinstance(each.default, list) else [each.default]
            unknown = [value for value in chosen if each.values and value not in each.values]
            if unknown:
                return f"`{unknown[0]}` is none of the filter's values", f"one of {_listed(each.values)}"
        case "range":
            if not all(isinstance(end, int | float) for end in each.default.values()):
                return "the ends of a range are numbers", "write {from: 0, to: 10}"
        case "dates":
            if not all(_is_date(end) for end in each.default.values()):
                return "the ends are dates, ISO 8601", 'write {from: "2026-01-01"}'
    return None


def _is_date(value: Any) -> bool:
    try:
        dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _listed(values: Iterable[Any]) -> str:
    shown = list(map(str, values))
    return ", ".join(shown[:12]) + (", ..." if len(shown) > 12 else "")


def _filter_problem(
    each: Filter, dashboard: Dashboard, key: str, message: str, hint: str, severity: str = "error"
) -> Problem:
    return Problem("MW705", message, dashboard.file, path=f"{each.path}.{key}", hint=hint, severity=severity)
