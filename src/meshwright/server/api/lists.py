"""One list for each relation of the mesh: filters, order and pages are made from its definition."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, create_model

from meshwright.errors import InputError
from meshwright.server.api.answers import Json, all_of, row_model, rows_of, sound
from meshwright.server.api.conditional import Conditional
from meshwright.server.api.paging import Orders, page
from meshwright.server.problems import may_be
from meshwright.server.site import CurrentSnapshot
from meshwright.supervision.metamodel.column import Column
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations import RELATIONS

LIMIT, MOST = 100, 1000
"""Rows of a page where nothing else is asked for, and at most."""

_LONGEST = 4000

_OWN = frozenset({"limit", "cursor", "sort"})
"""Parameters of every list; a column of one of these names would be filtered by `NAME_is`."""


def router() -> APIRouter:
    """`/products`, `/ports`, ...: one list for each relation."""
    found = APIRouter(route_class=Conditional, tags=["lists"])
    orders = Orders()
    for name, relation in RELATIONS.items():
        found.add_api_route(
            f"/{name}",
            _endpoint(relation, orders),
            methods=["GET"],
            operation_id=f"list_{name}",
            summary=f"List {name.replace('_', ' ')}",
            description=f"{relation.description} Sorted by its key unless `sort` says otherwise.",
            response_model=page_model(name),
            response_class=Json,
            responses=may_be(400, 422, 503),
        )
    return found


def page_model(name: str) -> type[BaseModel]:
    """The type of a page of a relation."""
    title = f"{row_model(name).__name__.removesuffix('Row')}Page"
    rows: Any = list[row_model(name)]  # type: ignore[misc]
    return create_model(
        title,
        items=(rows, Field(description="Rows.")),
        total=(int, Field(description="How many rows fit the filters, on all pages.")),
        next=(str | None, Field(description="Where the next page is; null on the last one.")),
    )


def _endpoint(relation: Relation, orders: Orders) -> Callable[..., Response]:
    filters = {parameter: (column, how) for parameter, column, how, _ in _filters(relation)}
    known = {*_OWN, *map(_alias, filters)}

    def listed(request: Request, snapshot: CurrentSnapshot, **given: Any) -> Response:
        _refuse_unknown(request, known)
        table = snapshot.tables.tables[relation.name]
        limit, cursor, sort = (given.pop(name) for name in ("limit", "cursor", "sort"))
        masks = (
            how(table[column.name], given[name])
            for name, (column, how) in filters.items()
            if given.get(name) not in (None, [])
        )
        found = page(relation, table, orders, all_of(masks), sort, cursor, limit)
        more = _next(request, found.cursor)
        answer = Json({"items": rows_of(found.rows), "total": found.total, "next": more})
        if more is not None:
            answer.headers["link"] = f'<{more}>; rel="next"'
        return answer

    listed.__signature__ = inspect.Signature([*_common(relation), *_parameters(relation)])  # type: ignore[attr-defined]
    listed.__name__ = f"list_{relation.name}"
    return listed


def _refuse_unknown(request: Request, known: Collection[str]) -> None:
    """A misspelt filter would let everything through."""
    for name in request.query_params:
        if name not in known:
            close = get_close_matches(name, known, 1)
            way_out = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(sorted(known))}"
            raise InputError(f"this list has no parameter `{name[:100]}`", way_out=way_out)


def _common(relation: Relation) -> Iterator[inspect.Parameter]:
    yield _parameter("request", Request)
    yield _parameter("snapshot", CurrentSnapshot)
    yield _parameter(
        "limit", Annotated[int, Query(ge=1, le=MOST, description="How many rows at most.")], LIMIT
    )
    yield _parameter(
        "cursor",
        Annotated[str | None, Query(max_length=_LONGEST, description="Where to go on: see `next`.")],
        None,
    )
    names = [column.name for column in relation.columns if column.kind != "texts"]
    orders = Literal[tuple(f"{sign}{name}" for name in names for sign in ("", "-"))]  # type: ignore[valid-type]
    told = "A column to sort by; with `-` downwards. Rows without a value come last."
    yield _parameter("sort", Annotated[orders | None, Query(description=told)], None)


def _parameters(relation: Relation) -> Iterator[inspect.Parameter]:
    for name, column, _, kind in _filters(relation):
        told = f"{_WORDS[column.kind]} {column.description}".strip()
        if name.endswith("_from"):
            told = f"At this moment or later. {column.description}"
        elif name.endswith("_before"):
            told = f"Before this moment. {column.description}"
        query = Query(alias=_alias(name), description=told, max_length=50 if _is_list(column) else None)
        yield _parameter(name, Annotated[kind, query], None)


_WORDS: Mapping[str, str] = {
    "text": "Only rows with this value, or one of these.",
    "integer": "Only rows with this value, or one of these.",
    "boolean": "Only rows where this is so.",
    "texts": "Only rows that have this value among theirs.",
    "timestamp": "",
}

Texts = list[Annotated[str, Field(max_length=_LONGEST)]] | None
Integers = list[Annotated[int, Field(ge=-(2**63), lt=2**63)]] | None
Filter = Callable[[pa.ChunkedArray, Any], Any]


def _is_list(column: Column) -> bool:
    return column.kind in ("text", "integer", "texts")


def _filters(relation: Relation) -> Iterator[tuple[str, Column, Filter, Any]]:
    """Parameters, with their column, what they let through, and their type; numbers are no filters."""
    for column in relation.columns:
        name = f"{column.name}_"
        match column.kind:
            case "text":
                yield name, column, _one_of, Texts
            case "integer":
                yield name, column, _one_of, Integers
            case "boolean":
                yield name, column, pc.equal, bool | None
            case "texts":
                yield name, column, _having, Texts
            case "timestamp":
                yield f"{column.name}_from", column, _from, datetime | None
                yield f"{column.name}_before", column, _before, datetime | None
            case _:
                pass


def _alias(name: str) -> str:
    plain = name.removesuffix("_")
    return f"{plain}_is" if plain in _OWN else plain


def _one_of(values: pa.ChunkedArray, wanted: list[Any]) -> Any:
    return pc.is_in(values, value_set=pa.array([_sound(each) for each in wanted], values.type))


def _sound(value: Any) -> Any:
    return sound(value) if isinstance(value, str) else value


def _having(values: pa.ChunkedArray, wanted: list[str]) -> Any:
    lists = values.combine_chunks()
    hits = pc.is_in(lists.flatten(), value_set=pa.array([_sound(each) for each in wanted], pa.string()))
    rows = pc.list_parent_indices(lists).filter(hits)
    return pc.is_in(pa.array(range(len(lists)), rows.type), value_set=rows)


def _moment(moment: datetime) -> pa.Scalar:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return pa.scalar(aware.astimezone(UTC), pa.timestamp("us", tz="UTC"))


def _from(values: pa.ChunkedArray, moment: datetime) -> Any:
    return pc.greater_equal(values, _moment(moment))


def _before(values: pa.ChunkedArray, moment: datetime) -> Any:
    return pc.less(values, _moment(moment))


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _next(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"
