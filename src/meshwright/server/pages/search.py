"""Searching the mesh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from markupsafe import Markup, escape

from meshwright.model.printable import printable
from meshwright.provisioning.ports.search import FILTERS
from meshwright.server.links import page_of_address, page_of_place
from meshwright.server.site import CurrentSite, CurrentSnapshot, pages_of
from meshwright.server.wording import web_address
from meshwright.supervision.search.answer import FoundThing, Spans
from meshwright.supervision.search.question import MOST_CHARACTERS, Question

router = APIRouter()

PAGE = 20
SUGGESTED = 8
MOST_PAGES = 50

_KINDS = {"object": "table"}
"""Types as people call them."""

_FACETS: Mapping[str, str] = {
    "type": "Kind",
    "domain": "Domain",
    "status": "Status",
    "classification": "Classification",
    "product_type": "Type of product",
    "owner": "Owner",
    "tag": "Tag",
    "source": "Source system",
}
"""Facets in the order of the page."""

_VALUES = 8
"""How many values of a facet are shown unless it is opened."""


@router.get("/search")
def search(
    request: Request, site: CurrentSite, snapshot: CurrentSnapshot, q: str = "", page: int = 1
) -> Response:
    """What answers a question, with facets to choose from."""
    q = q[:MOST_CHARACTERS].strip()
    page = min(max(page, 1), MOST_PAGES)
    chosen = {name: request.query_params.getlist(name) for name in FILTERS if name in request.query_params}
    answer = site.search.ask(Question(q, chosen, PAGE, (page - 1) * PAGE))
    pages = min(MOST_PAGES, max(1, -(-answer.counted // PAGE)))

    def link(**changes: Any) -> str:
        """This search with something else chosen."""
        wanted: dict[str, Any] = {"q": q, **chosen, **changes}
        return "/search?" + urlencode({name: each for name, each in wanted.items() if each}, doseq=True)

    return pages_of(request).render(
        request,
        "search.html",
        q=q,
        answer=answer,
        chosen=chosen,
        facets=[(name, title, answer.facets.get(name, ())) for name, title in _FACETS.items()],
        shown_values=_VALUES,
        next_page=lambda number: link(page=number),
        toggled=lambda name, value: link(**{name: _toggled(chosen.get(name, []), value)}),
        href=href_of,
        kind=kind_of,
        marked=marked,
        page=page,
        pages=pages,
        now=datetime.now(UTC),
    )


@router.get("/search/suggestions")
def suggestions(site: CurrentSite, snapshot: CurrentSnapshot, q: str = "") -> Mapping[str, Any]:
    """The first answers while somebody types: what the field in the head of every page shows."""
    q = q[:MOST_CHARACTERS].strip()
    found = site.search.ask(Question(q, {}, SUGGESTED, 0, typing=True)).found if q else ()
    return {
        "results": [
            {"kind": kind_of(each), "name": printable(each.title), "where": where_of(each), "href": href}
            for each in found
            if (href := href_of(each)) is not None
        ]
    }


def href_of(found: FoundThing) -> str | None:
    """The page of what was found; for a term the place of its definition, if a page may link to that."""
    if found.type == "term":
        return web_address(found.address)
    address = found.address.partition("#")[0]
    if found.type == "object":
        return page_of_place(address, found.title)
    if found.type == "column" and found.object:
        return page_of_place(address, found.object, found.title)
    return page_of_address(address)


def kind_of(found: FoundThing) -> str:
    """What it is, as people call it."""
    return _KINDS.get(found.type, found.type)


def where_of(found: FoundThing) -> str:
    """What it belongs to."""
    parts = [found.domain, found.product, found.object if found.type == "column" else None]
    return printable(" / ".join(part for part in parts if part))


def marked(text: str | None, spans: Spans) -> Markup:
    """A text with what was looked for picked out."""
    text = text or ""
    parts: list[Markup] = []
    at = 0
    for start, end in spans:
        parts += [
            escape(printable(text[at:start], keep="\n")),
            Markup("<mark>%s</mark>") % printable(text[start:end]),
        ]
        at = end
    parts.append(escape(printable(text[at:], keep="\n")))
    return Markup("").join(parts)


def _toggled(values: Sequence[str], value: str) -> list[str]:
    return [each for each in values if each != value] if value in values else [*values, value]
