"""The home page, and the choice between light and dark."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from meshwright.server.site import CurrentSnapshot, pages_of
from meshwright.server.templating import THEMES
from meshwright.supervision.catalogue.home import home as home_of

router = APIRouter()

_YEAR = 365 * 86_400


@router.get("/")
def home(request: Request, snapshot: CurrentSnapshot) -> Response:
    """Search, domains, what is new, what is failing."""
    now = datetime.now(UTC)
    return pages_of(request).render(request, "home.html", home=home_of(snapshot.catalogue, now), now=now)


@router.get("/theme")
def theme(request: Request, to: str = "") -> Response:
    """Remember a theme and go back; without one, follow the system again."""
    back = urlsplit(request.headers.get("referer", ""))
    here = back.netloc == request.url.netloc and back.path.startswith("/") and not back.path.startswith("//")
    target = (back.path + (f"?{back.query}" if back.query else "")) if here else "/"
    response = RedirectResponse(target, 303)
    if to in THEMES:
        response.set_cookie("theme", to, max_age=_YEAR, samesite="lax", path="/")
    else:
        response.delete_cookie("theme", path="/")
    return response
