"""A product as linked data."""

from __future__ import annotations

import pyarrow as pa
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

    def rows(name: str) -> pa.Table:
        return snapshot.catalogue.index(name).table(key.domain, key.product)

    document = described_product(snapshot.tables, key, base_of(request), rows)
    return Response(to_json(document), media_type=JSON_LD)


def base_of(request: Request) -> str:
    """The URL of this server as the client knows it."""
    return str(request.base_url).rstrip("/")
