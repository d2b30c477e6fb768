"""What a request asks of a dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import Request

from meshwright.server.dashboards.tiles import Size


def asked_of(request: Request) -> Mapping[str, Sequence[str]]:
    """The fields of its address."""
    asked: dict[str, list[str]] = {}
    for field, value in request.query_params.multi_items():
        asked.setdefault(field, []).append(value)
    return asked


def sizes_for(request: Request) -> Sequence[Size]:
    """What charts are drawn for: the kind of machine that asks, as drawing takes time."""
    return ("narrow",) if "Mobi" in request.headers.get("user-agent", "") else ("wide",)
