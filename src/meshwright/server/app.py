"""The application: pages, static files, the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from meshwright import __version__
from meshwright.server import addresses, api, metrics, pages
from meshwright.server.failures import handle
from meshwright.server.headers import SecurityHeaders
from meshwright.server.methods import Heads
from meshwright.server.openapi import describe
from meshwright.server.site import Site
from meshwright.server.templating import Pages

MAX_BODY = 2 << 20
"""Bytes that the body of a request may have; single operations take less."""


def create_app(site: Site) -> FastAPI:
    """The application that serves one environment."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        site.live.close()
        site.search.close()
        site.policies.close()

    app = FastAPI(
        title="Meshwright",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{api.PREFIX}/openapi.json",
        max_body_size=MAX_BODY,
        lifespan=lifespan,
    )
    app.state.site = site
    app.state.pages = Pages()
    handle(app)
    measures = metrics.Measures(site.live)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(addresses.VaryingAddresses)
    app.add_middleware(Heads)
    app.add_middleware(metrics.Timed, measures=measures)
    app.mount("/static", _Static(directory=str(resources.files("meshwright.server") / "static")))
    app.include_router(api.router(), prefix=api.PREFIX)
    app.include_router(addresses.router_of_catalogue())
    app.include_router(addresses.router_of_addresses())
    app.include_router(metrics.router(measures))
    describe(app)
    for router in pages.routers():
        app.include_router(router, include_in_schema=False)
    return app


class _Static(StaticFiles):
    """Files that browsers may keep: their address has a digest (see `templating.static`)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        keep = "public, max-age=31536000, immutable" if scope["query_string"] else "no-cache"
        response.headers["cache-control"] = keep
        return response
