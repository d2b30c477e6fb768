"""The mesh as linked data over HTTP: the catalogue, and addresses that answer people and programs."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meshwright.model.address import ProductKey
from meshwright.server.api.answers import Json
from meshwright.server.api.conditional import Conditional
from meshwright.server.api.linked import base_of, described
from meshwright.server.api.products import Domain, Major, Name, Port, port_document, product_document
from meshwright.server.negotiation import HTML, JSON, JSON_LD, best
from meshwright.server.site import CurrentSnapshot, site_of
from meshwright.supervision.exchange.described import described_catalogue

OFFERED = (HTML, JSON_LD, JSON)
"""What an address of a product answers with; people come first."""


def router_of_catalogue() -> APIRouter:
    """`/catalogue.jsonld`: the whole mesh for other catalogues."""
    found = APIRouter(route_class=Conditional)

    @found.get("/catalogue.jsonld", include_in_schema=False)
    def catalogue(request: Request, snapshot: CurrentSnapshot) -> Response:
        """Every product as DCAT and DPROD."""
        about = site_of(request).description
        parts = described_catalogue(snapshot.tables, about, base_of(request))
        return StreamingResponse((part.encode() for part in parts), media_type=JSON_LD)

    return found


class VaryingAddresses:
    """Says of every answer at an address of the mesh that it depends on `Accept`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification, version 3."""
        if scope["type"] != "http" or not scope["path"].startswith("/mesh/"):
            await self._app(scope, receive, send)
            return

        async def varying(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).add_vary_header("Accept")
            await send(message)

        await self._app(scope, receive, varying)


class ForPrograms(APIRoute):
    """A route for those who do not want a page: all others are left to the route of the page."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See Starlette."""
        match, found = super().matches(scope)
        if match is not Match.NONE:
            accept = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"accept"), None)
            if best(accept, OFFERED) == HTML:
                return Match.NONE, {}
        return match, found


class _Negotiated(ForPrograms, Conditional):
    """Both."""


def router_of_addresses() -> APIRouter:
    """Addresses of products and ports for programs; the pages have the same for people."""
    found = APIRouter(prefix="/mesh", route_class=_Negotiated)

    @found.get("/{domain}/{product}", include_in_schema=False)
    def product(request: Request, snapshot: CurrentSnapshot, domain: Domain, product: Name) -> Response:
        key = ProductKey(domain, product)
        if _wanted(request) == JSON_LD:
            return described(request, snapshot, key)
        return Json(product_document(snapshot.catalogue, key))

    @found.get("/{domain}/{product}/{port}@{major}", include_in_schema=False)
    def port(
        request: Request, snapshot: CurrentSnapshot, domain: Domain, product: Name, port: Port, major: Major
    ) -> Response:
        key = ProductKey(domain, product)
        if _wanted(request) == JSON_LD:
            return described(request, snapshot, key)
        return Json(port_document(snapshot.catalogue, key, port, major))

    return found


def _wanted(request: Request) -> str:
    wanted = best(request.headers.get("accept"), OFFERED)
    if wanted is None:
        raise HTTPException(406, f"it can be had as {', '.join(OFFERED)}")
    return wanted
