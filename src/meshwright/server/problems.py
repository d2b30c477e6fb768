"""Errors as programs read them: problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from meshwright.errors import (
    Conflict,
    InputError,
    MeshwrightError,
    MissingPart,
    NotFound,
    Refused,
    Unavailable,
)
from meshwright.model.printable import printable

MEDIA_TYPE = "application/problem+json"

TYPE = "urn:meshwright:problem:"
"""How the type of a problem starts; the kind of the error follows (docs/errors.md)."""

_STATUS: tuple[tuple[type[MeshwrightError], int], ...] = (
    (NotFound, 404),
    (InputError, 400),
    (MissingPart, 400),
    (Unavailable, 503),
    (Refused, 403),
    (Conflict, 409),
)

_LONGEST = 2000
"""Characters of a text that a problem repeats."""


class Problem(BaseModel):
    """What went wrong, where, why, and the way out (RFC 9457)."""

    type: str = Field(description="`urn:meshwright:problem:` and the kind.")
    title: str = Field(description="The meaning of the status.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened.")
    instance: str = Field(description="The path that was asked for.")
    kind: str = Field(description="The kind of the error, as on the command line.")
    where: str | None = Field(None, description="Where it happened.")
    why: str | None = Field(None, description="Why.")
    way_out: str | None = Field(None, description="What to do.")


def status_of(error: MeshwrightError) -> int:
    """The HTTP status of an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem(
    request: Request, error: MeshwrightError, status: int, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An error as a program reads it."""
    told = {name: _shown(text) for name, text in error.as_json().items() if name in _MEMBERS}
    content = {
        "type": f"{TYPE}{error.kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _shown(error.what),
        "instance": _shown(request.url.path),
        **told,
    }
    answer = JSONResponse(content, status, dict(headers or {}), media_type=MEDIA_TYPE)
    answer.headers["cache-control"] = "no-store"
    return answer


_MEMBERS = ("kind", "where", "why", "way_out")


def _shown(text: Any) -> Any:
    return printable(text[:_LONGEST], keep="\n") if isinstance(text, str) else text


_DESCRIPTIONS: Mapping[int, str] = {
    400: "What was asked for cannot be used.",
    401: "A token is needed.",
    403: "It is not allowed.",
    404: "There is no such thing.",
    405: "The path does not take this method; `Allow` has those that it takes.",
    406: "There is no representation of the types that `Accept` names.",
    413: "The body is too large.",
    415: "The body is of a type or encoding that is not taken.",
    422: "A parameter is not of its type.",
    503: "The registry does not answer; try again later.",
}


def may_be(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that an operation may answer with, for its description."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _DESCRIPTIONS[status], "content": content} for status in statuses}
