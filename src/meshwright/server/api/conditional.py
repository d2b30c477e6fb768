"""Answers that are asked for again: entity tags of the state that they are of (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from meshwright import __version__
from meshwright.server.site import snapshot_of

KEEP = "private, no-cache"
"""Clients may keep an answer, and ask whether it is still so before they use it."""


class Conditional(APIRoute):
    """A route whose answers depend on nothing but the request and the state of the environment."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See FastAPI."""
        handle = super().get_route_handler()

        async def handle_conditionally(request: Request) -> Response:
            if request.method != "GET":
                return await handle(request)
            known = request.headers.get("if-none-match")
            tag = await _tag(request)
            if known is not None and tag in _tags(known):
                return _not_modified(tag)
            response = await handle(request)
            if response.status_code == 200:
                if known is not None and known.strip() == "*":
                    return _not_modified(tag, response.headers.get("vary"))
                response.headers["etag"] = tag
                response.headers.setdefault("cache-control", KEEP)
            return response

        return handle_conditionally


def _not_modified(tag: str, vary: str | None = None) -> Response:
    headers = {"etag": tag, "cache-control": KEEP, **({"vary": vary} if vary else {})}
    return Response(status_code=304, headers=headers)


async def _tag(request: Request) -> str:
    from starlette.concurrency import run_in_threadpool

    snapshot = await run_in_threadpool(snapshot_of, request)
    told = (
        __version__,
        snapshot.token,
        str(snapshot.catalogue.on),  # waivers end by the day
        snapshot.problem is not None,
        request.url.path,
        request.url.query,
        request.headers.get("accept", ""),
        request.headers.get("host", ""),
    )
    return f'"{hashlib.blake2b(repr(told).encode(), digest_size=12).hexdigest()}"'


def _tags(header: str) -> list[str]:
    """The tags of an `If-None-Match`, weak ones as strong ones: that is how it compares them."""
    return [each.strip().removeprefix("W/") for each in header[:4000].split(",")]
