"""The page of a domain."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from meshwright.server.site import CurrentSnapshot, pages_of
from meshwright.supervision.catalogue.domains import domain as domain_of

router = APIRouter()


@router.get("/mesh/{domain}")
def domain(request: Request, snapshot: CurrentSnapshot, domain: str) -> Response:
    """A domain, its people and its products."""
    now = datetime.now(UTC)
    found = domain_of(snapshot.catalogue, domain, now)
    return pages_of(request).render(request, "domain.html", domain=found, now=now)
