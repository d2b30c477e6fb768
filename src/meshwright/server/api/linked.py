"""A product as linked data."""

from __future__ import annotations

from fastapi import Request, Response
from pydantic_core import to_json

from meshwright.model.address import ProductKey
from meshwright.server.live import Snapshot
from meshwright.server.negotiation import JSON_LD
from meshwright.supervision.exchange.described import described_product


def described(request: Request, snapshot: Snapshot, key: ProductKey) -> Response:
    """A product as DPROD.

    Raises:
        NotFound: no such product is applied.
    """
    return Response(to_json(described_product(snapshot.tables, key, base_of(request))), media_type=JSON_LD)


def base_of(request: Request) -> str:
    """The URL of this server as the client knows it."""
    return str(request.base_url).rstrip("/")
