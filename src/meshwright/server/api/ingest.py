"""What others tell of lineage: events of OpenLineage."""

from __future__ import annotations

import json
import zlib
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from meshwright.errors import InputError
from meshwright.server.api.answers import Json
from meshwright.server.negotiation import JSON
from meshwright.server.problems import may_be
from meshwright.server.site import Site, site_of
from meshwright.server.writes import allow
from meshwright.standards.openlineage_events import read_event
from meshwright.supervision.lineage.received import receive

MAX_BYTES = 1 << 20
"""An event is not larger, packed or not."""


class Received(BaseModel):
    """An event that was taken."""

    new: bool = Field(description="Whether it told anything that was not known; else nothing is recorded.")
    datasets: int = Field(description="How many datasets it told of.")


_BODY = {
    "required": True,
    "description": "A RunEvent, a JobEvent or a DatasetEvent; it may be packed (`Content-Encoding: gzip`).",
    "content": {
        JSON: {
            "schema": {
                "type": "object",
                "required": ["eventTime", "producer", "schemaURL"],
                "properties": {
                    "eventTime": {"type": "string", "format": "date-time"},
                    "producer": {"type": "string", "format": "uri"},
                    "schemaURL": {"type": "string", "format": "uri"},
                },
                "externalDocs": {"url": "https://openlineage.io/spec/2-0-2/OpenLineage.json"},
            }
        }
    },
}


def router() -> APIRouter:
    """`POST /lineage`."""
    found = APIRouter(tags=["lineage"])

    @found.post(
        "/lineage",
        status_code=201,
        response_model=Received,
        response_class=Json,
        operation_id="receive_lineage",
        summary="Tell of lineage (OpenLineage)",
        responses=may_be(400, 401, 403, 413, 415, 503),
        openapi_extra={"requestBody": _BODY, "security": [{}, {"token": []}]},
    )
    async def tell(request: Request) -> Response:
        """Take an OpenLineage event (specification 2-0-2) in; see docs/lineage.md for what becomes of it."""
        site = site_of(request)
        await run_in_threadpool(allow, request, site.token)
        value = _value(_unpacked(request, await _body(request)), request)
        return await run_in_threadpool(_taken, site, value)

    return found


def _taken(site: Site, value: Any) -> Response:
    event = read_event(value)
    new = receive(site.registry, site.environment.name, event)
    return Json({"new": new, "datasets": len(event.inputs) + len(event.outputs)}, 201)


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            raise HTTPException(413, f"an event has at most {MAX_BYTES:,} bytes")
    return bytes(data)


def _unpacked(request: Request, data: bytes) -> bytes:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return data
    if encoding not in ("gzip", "x-gzip"):
        raise HTTPException(415, "a body is plain or gzip", {"accept-encoding": "gzip, identity"})
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise InputError("the body is no gzip", why=str(error)) from None
    if len(found) > MAX_BYTES:
        raise HTTPException(413, f"an event has at most {MAX_BYTES:,} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise InputError("the body is no gzip", why="it ends too early, or goes on after its end")
    return found


def _value(data: bytes, request: Request) -> Any:
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media.strip().lower() != JSON or charset not in ("", "utf-8", "utf8"):
        raise HTTPException(415, f"an event is posted as {JSON}", {"accept-post": JSON})
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError("the body is no JSON", why=why) from None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")
