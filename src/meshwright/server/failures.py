"""Errors as answers: a page for people, problem details for programs (`docs/errors.md`)."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from meshwright.errors import InputError, MeshwrightError, NotFound
from meshwright.server.headers import HEADERS
from meshwright.server.negotiation import wants_page
from meshwright.server.problems import problem, status_of
from meshwright.server.site import pages_of

_TITLES = {
    400: "That cannot be answered",
    403: "That is not allowed",
    404: "There is no such page",
    405: "That cannot be done here",
    500: "Something is wrong on our side",
    503: "The registry does not answer",
}

_RETRY = {"retry-after": "5"}


def answer(request: Request, error: MeshwrightError, status: int) -> Response:
    """An error as a program or a person reads it."""
    if not wants_page(request):
        return problem(request, error, status, _RETRY if status == 503 else None)
    title = _TITLES.get(status, "That did not work")
    return pages_of(request).render(request, "error.html", status, code=status, title=title, error=error)


def handle(app: FastAPI) -> None:
    """Answer every error of this application."""

    @app.exception_handler(MeshwrightError)
    def _ours(request: Request, error: MeshwrightError) -> Response:
        return answer(request, error, status_of(error))

    @app.exception_handler(RequestValidationError)
    def _parameters(request: Request, error: RequestValidationError) -> Response:
        said = "; ".join(
            f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors()[:10]
        )
        way_out = "the parameters are described at /api/v1/openapi.json"
        found = InputError("a parameter cannot be used", why=said, way_out=way_out)
        return answer(request, found, 400 if wants_page(request) else 422)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == 404:
            found: MeshwrightError = NotFound(
                f"there is nothing at {request.url.path}", way_out="search for what you want, or go home"
            )
        elif error.status_code == 405:
            allowed = ", ".join(sorted(_allowed(request)))
            headers["allow"] = allowed
            found = InputError(
                f"{request.method} cannot be done at {request.url.path}", way_out=f"it takes {allowed}"
            )
        else:
            found = InputError(str(error.detail))
        response = answer(request, found, error.status_code)
        response.headers.update(headers)
        return response

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> Response:
        what = "this request could not be answered"
        response = answer(request, MeshwrightError(what, way_out="the server's log says why"), 500)
        response.headers.update(HEADERS)  # this answer is made outside of all middleware
        return response


def _allowed(request: Request) -> Iterable[str]:
    """Every method that some route takes at this path."""
    found = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]
    return [*found, *(["HEAD"] if "GET" in found else [])]
