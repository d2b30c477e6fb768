"""Searching the mesh by words, as people ask."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from meshwright.provisioning.ports.search import FILTERS
from meshwright.server.api.answers import Json
from meshwright.server.problems import may_be
from meshwright.server.site import CurrentSite, CurrentSnapshot
from meshwright.supervision.search.question import MOST_CHARACTERS, Question

LIMIT, MOST = 20, 100
FURTHEST = 1000
"""How far into the answers one can go; a better question leads further."""


class Thing(BaseModel):
    """One thing that answers."""

    type: str = Field(description="`product`, `object`, `column`, `domain`, `term`, ...")
    address: str = Field(description="Its permanent address; of a term that of its definition on the web.")
    title: str
    description: str | None
    domain: str
    product: str | None
    port: str | None
    object: str | None
    label: str | None = Field(description="The name for people, where the title is another.")
    data_type: str | None
    status: str | None
    classification: str | None
    tags: list[str]
    owner: str | None
    trust: float = Field(description="How far it can be trusted, from 0 to 1.")
    use: float = Field(description="How much it is used, from 0 to 1.")
    score: float = Field(description="How well it answers; comparable within one answer.")
    marks: dict[str, list[tuple[int, int]]] = Field(
        description="Where in `title` and `description` words of the question are: from, and up to."
    )


class Count(BaseModel):
    """How many of the answers have a value."""

    value: str
    count: int


class SearchAnswer(BaseModel):
    """What answers a question, best first."""

    question: str
    total: int = Field(description="How many things have a word of it.")
    counted: int = Field(description="How many of them can be had, and are counted in `facets`.")
    current: bool = Field(description="False while the index is being renewed after a change.")
    corrected: dict[str, list[str]] = Field(
        description="For words that nothing has, what was looked for instead."
    )
    found: list[Thing]
    facets: dict[str, list[Count]] = Field(description="What the answers can be narrowed down by.")


Text = Annotated[str, Field(max_length=400)]
Filter = Annotated[list[Text] | None, Query(max_length=50, description="Only things with one of these.")]


def router() -> APIRouter:
    """`/search`."""
    found = APIRouter(tags=["search"])

    @found.get(
        "/search",
        response_model=SearchAnswer,
        response_class=Json,
        operation_id="search",
        summary="Search",
        responses=may_be(400, 422, 503),
    )
    def search(
        request: Request,
        site: CurrentSite,
        snapshot: CurrentSnapshot,
        q: Annotated[
            str, Query(max_length=MOST_CHARACTERS, description="Words, or a sentence; empty: everything.")
        ] = "",
        type: Filter = None,
        domain: Filter = None,
        status: Filter = None,
        classification: Filter = None,
        owner: Filter = None,
        tag: Filter = None,
        source: Filter = None,
        product_type: Filter = None,
        limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most.")] = LIMIT,
        offset: Annotated[int, Query(ge=0, le=FURTHEST, description="How many to pass over.")] = 0,
    ) -> Response:
        """Products, tables, columns and terms by words, misspelt ones too; by relevance, trust and use."""
        chosen = {name: request.query_params.getlist(name) for name in FILTERS}
        filters = {name: values for name, values in chosen.items() if values}
        answer = site.search.ask(Question(q, filters, limit, offset))
        return Json(answer.as_json(), headers={"cache-control": "no-store"})

    return found
