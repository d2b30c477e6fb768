"""Where data come from, what comes of them, what would break; and what others tell of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated, Any, Literal

import pyarrow as pa
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from meshwright.server.api.answers import Json
from meshwright.server.api.conditional import Conditional
from meshwright.server.live import Snapshot
from meshwright.server.problems import may_be
from meshwright.server.site import CurrentSnapshot
from meshwright.supervision.catalogue.tracing import RELATIONS, Traced, traced
from meshwright.supervision.lineage.answers import Broken, impact_of, related_columns, step_as_json
from meshwright.supervision.lineage.find import Found, find

LIMIT, MOST = 500, 5000
"""Columns of an answer where nothing else is asked for, and at most."""


@dataclass
class Lineage:
    """The lineage of the newest state that was asked for, kept until something that it is made of changes."""

    _made: tuple[tuple[pa.Table, ...], Traced] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, snapshot: Snapshot) -> Traced:
        """The lineage of a state."""
        tables = tuple(snapshot.tables.tables[name] for name in RELATIONS)
        with self._lock:
            if self._made is None or any(
                one is not other for one, other in zip(tables, self._made[0], strict=True)
            ):
                self._made = (tables, traced(snapshot.tables))
            return self._made[1]


class Step(BaseModel):
    """One edge of a path, in the direction of the data."""

    model_config = ConfigDict(populate_by_name=True)
    from_: str = Field(alias="from", description="The place that is read.")
    to: str = Field(description="The place that is made.")
    how: str = Field(description="What becomes of the value: `identity`, `aggregation`, `filter`, ...")
    model: str | None = Field(description="The model that makes it so.")
    origin: Literal["computed", "told"] = Field(description="Whether we worked it out, or others told of it.")
    job: str | None = Field(description="The job that was told to make it so.")


class Column(BaseModel):
    """A column that another one comes from, or that comes of it."""

    address: str = Field(description="The port, `source:CONTRACT` or `dataset:NAMESPACE`.")
    object: str = Field(description="The table, by its name in data.")
    column: str | None = Field(description="The column; null for the rows of the table; `*` for any.")
    distance: int = Field(description="Steps between them.")
    kind: Literal["direct", "indirect", "unknown"]
    how: str = Field(description="What becomes of the value on the whole path.")
    masking: bool = Field(description="Whether the value cannot be read out of the result.")
    path: list[Step] = Field(description="A shortest path.")


class TableAt(BaseModel):
    """A table that another one is made of, or that is made of it."""

    address: str
    object: str
    distance: int


class Start(BaseModel):
    """What was asked about: tables, or one column of one."""

    tables: list[dict[str, str]] = Field(description="Each with `address` and `object`.")
    column: str | None


class Ways(BaseModel):
    """What lies on one side."""

    tables: list[TableAt]
    columns: list[Column]
    more: bool = Field(description="Whether there are more columns than were asked for.")


class LineageAnswer(BaseModel):
    """Where something comes from and what comes of it."""

    start: Start
    upstream: Ways | None = Field(description="Null where only the other side was asked for.")
    downstream: Ways | None


class BrokenProduct(BaseModel):
    """A product that names what is dropped."""

    product: str
    models: list[str] = Field(description="The models, or jobs outside the mesh, that do.")
    columns: list[dict[str, str | None]] = Field(
        description="What they make of it: `address`, `object`, `column`."
    )


class ImpactAnswer(BaseModel):
    """What dropping something does."""

    start: Start
    broken: list[BrokenProduct] = Field(description="Products whose models name it.")
    unsure: list[BrokenProduct] = Field(description="Products whose models may.")
    later: list[Column] = Field(description="Columns further downstream that change or are missed then.")
    more: bool = Field(description="Whether there are more of them than were asked for.")


class PathAnswer(BaseModel):
    """A shortest path from one thing to another; null where there is none."""

    path: list[Step] | None
    distance: int | None


Subject = Annotated[
    str,
    Query(
        max_length=4000,
        description="`domain.product`, `.object`, `.column` behind it; an address; `source:CONTRACT`; "
        "`dataset:NAMESPACE.NAME`.",
    ),
]
Direct = Annotated[bool, Query(description="Only where values are carried over: no filters, joins, groups.")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many columns at most.")]


def router() -> APIRouter:
    """`/lineage`, `/lineage/paths`, `/impact`."""
    found = APIRouter(route_class=Conditional, tags=["lineage"])
    kept = Lineage()
    usual: Any = {"response_class": Json, "responses": may_be(400, 404, 422, 503)}

    @found.get("/lineage", response_model=LineageAnswer, operation_id="lineage", summary="Lineage", **usual)
    def lineage(
        snapshot: CurrentSnapshot,
        of: Subject,
        direction: Annotated[Literal["both", "upstream", "downstream"], Query()] = "both",
        direct: Direct = False,
        limit: Limit = LIMIT,
    ) -> Response:
        """Where a product, a table or a column comes from, and what comes of it, nearest first."""
        known = kept.of(snapshot)
        start = _found(of, known)
        sides = {
            way: _ways(known, start, way == "downstream", direct, limit)
            if direction in ("both", way)
            else None
            for way in ("upstream", "downstream")
        }
        return Json({"start": _start(start), **sides})

    @found.get(
        "/lineage/paths", response_model=PathAnswer, operation_id="lineage_path", summary="A path", **usual
    )
    def path(
        snapshot: CurrentSnapshot,
        source: Annotated[Subject, Query(alias="from")],
        target: Annotated[Subject, Query(alias="to")],
        direct: Direct = False,
    ) -> Response:
        """A shortest path from one column or table to another, in the direction of the data."""
        known = kept.of(snapshot)
        return Json(_path(known, _found(source, known), _found(target, known), direct))

    @found.get("/impact", response_model=ImpactAnswer, operation_id="impact", summary="Impact", **usual)
    def impact(
        snapshot: CurrentSnapshot, of: Subject, direct: Direct = False, limit: Limit = LIMIT
    ) -> Response:
        """What breaks when a column, or a table, is dropped."""
        known = kept.of(snapshot)
        start = _found(of, known)
        answer = impact_of(known.graph, start, known.tables, not direct)
        return Json(
            {
                "start": _start(start),
                "broken": [_broken(each) for each in answer.broken],
                "unsure": [_broken(each) for each in answer.unsure],
                "later": [each.as_json() for each in answer.later[:limit]],
                "more": len(answer.later) > limit,
            }
        )

    return found


def _found(text: str, known: Traced) -> Found:
    return find(text, known.products, known.tables)


def _start(found: Found) -> dict[str, Any]:
    return {
        "tables": [{"address": each.address, "object": each.object} for each in found.tables],
        "column": found.column,
    }


def _ways(known: Traced, start: Found, downstream: bool, direct: bool, limit: int) -> Mapping[str, Any]:
    columns = list(islice(related_columns(known.graph, start, downstream, not direct), limit + 1))
    return {
        "tables": list(_tables(known, start, downstream)),
        "columns": [each.as_json() for each in columns[:limit]],
        "more": len(columns) > limit,
    }


def _tables(known: Traced, start: Found, downstream: bool) -> Iterator[Mapping[str, Any]]:
    starts = [(each.address, each.object.lower()) for each in start.tables]
    reached = known.graph.reach_tables(starts, downstream)
    for key, distance in sorted(reached.items(), key=lambda item: (item[1], item[0])):
        yield {"address": key[0], "object": known.names.get(key, key[1]), "distance": distance}


def _path(known: Traced, source: Found, target: Found, direct: bool) -> Mapping[str, Any]:
    graph = known.graph

    def numbers(found: Found) -> list[int]:
        return [n for t in found.tables for n in graph.starts(t.address, t.object, found.column)]

    reach = graph.reach(numbers(source), True, not direct)
    ends = [number for number in numbers(target) if reach.distances[number] > 1]
    if not ends:
        return {"path": None, "distance": None}
    nearest = min(ends, key=lambda number: reach.distances[number])
    steps = [step_as_json(step) for step in reach.path(nearest)]
    return {"path": steps, "distance": sum(step["how"] != "part" for step in steps)}


def _broken(each: Broken) -> Mapping[str, Any]:
    return {
        "product": each.product,
        "models": list(each.models),
        "columns": [
            {"address": place.address, "object": place.object, "column": place.column or None}
            for place in each.columns
        ],
    }
