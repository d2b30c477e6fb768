"""Errors as answers: a page for people, the envelope of `docs/errors.md` for programs."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from meshwright.errors import InputError, MeshwrightError, MissingPart, NotFound, Refused, Unavailable
from meshwright.server.headers import HEADERS
from meshwright.server.site import pages_of

API = "/api/"
"""Where programs ask: errors below it are JSON, all others are pages."""

_STATUS: tuple[tuple[type[MeshwrightError], int], ...] = (
    (NotFound, 404),
    (InputError, 400),
    (MissingPart, 400),
    (Unavailable, 503),
    (Refused, 403),
)

_TITLES = {
    400: "That cannot be answered",
    403: "That is not allowed",
    404: "There is no such page",
    405: "That cannot be done here",
    500: "Something is wrong on our side",
    503: "The registry does not answer",
}


def status_of(error: MeshwrightError) -> int:
    """The HTTP status of an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def answer(request: Request, error: MeshwrightError, status: int) -> Response:
    """An error as a program or a person reads it."""
    if request.url.path.startswith(API):
        return JSONResponse({"error": error.as_json()}, status)
    title = _TITLES.get(status, "That did not work")
    return pages_of(request).render(request, "error.html", status, code=status, title=title, error=error)


def handle(app: FastAPI) -> None:
    """Answer every error of this application."""

    @app.exception_handler(MeshwrightError)
    def _ours(request: Request, error: MeshwrightError) -> Response:
        return answer(request, error, status_of(error))

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        wrong = [f"`{'.'.join(map(str, each['loc'][1:]))}`: {each['msg']}" for each in error.errors()]
        found = InputError("this request cannot be read", why="; ".join(wrong), way_out="correct it")
        return answer(request, found, status_of(found))

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            found: MeshwrightError = NotFound(
                f"there is nothing at {request.url.path}", way_out="search for what you want, or go home"
            )
        else:
            found = InputError(str(error.detail))
        response = answer(request, found, error.status_code)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> Response:
        what = "this request could not be answered"
        response = answer(request, MeshwrightError(what, way_out="the server's log says why"), 500)
        response.headers.update(HEADERS)  # this answer is made outside of all middleware
        return response
