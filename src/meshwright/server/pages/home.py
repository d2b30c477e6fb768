"""The home page."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from meshwright.server.site import CurrentSnapshot, pages_of
from meshwright.supervision.catalogue import Catalogue

router = APIRouter()


@router.get("/")
def home(request: Request, snapshot: CurrentSnapshot) -> Response:
    """Domains and their products."""
    catalogue = snapshot.once("catalogue", Catalogue)
    return pages_of(request).render(request, "home.html", domains=catalogue.domains())
