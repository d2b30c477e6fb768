"""How an API is read: the custom properties of its server."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from meshwright.adapters.extraction.place import place, required_setting, setting
from meshwright.errors import InputError
from meshwright.model.contract import ContractObject
from meshwright.model.product import Source

PAGING_KINDS = ("none", "page", "offset", "cursor", "next_link", "link_header")
AUTH_KINDS = ("none", "bearer", "basic", "header", "query")

_OWN = frozenset(
    {"path", "items", "paging", "auth", "since_param", "headers", "params", "timeout", "retries", "max_pages"}
)


@dataclass(frozen=True, slots=True)
class Paging:
    """How the pages of an answer follow each other (custom property `paging`)."""

    kind: str = "none"
    page_param: str = "page"
    start: int = 1
    size_param: str | None = None
    size: int | None = None
    offset_param: str = "offset"
    limit_param: str = "limit"
    cursor_param: str = "cursor"
    cursor_path: str = "next_cursor"
    next_path: str = "next"
    total_path: str | None = None
    stop: str = "empty"  # page, offset: after an empty page, or after a `short` one


@dataclass(frozen=True, slots=True)
class Auth:
    """How we say who we are (custom property `auth`); `name` is that of a header or parameter."""

    kind: str = "none"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Everything about one object of an API; seconds for times."""

    url: str
    items: str | None
    paging: Paging
    auth: Auth | None
    since_param: str | None
    timeout: float
    retries: int
    max_pages: int
    headers: Mapping[str, str] = field(repr=False)
    params: Mapping[str, str] = field(repr=False)


def api_settings(source: Source, obj: ContractObject, environ: Mapping[str, str]) -> ApiSettings:
    """The settings of the source's server for one object.

    Raises:
        InputError: a setting is unknown, of the wrong kind, or the location is no HTTP address.
        MissingPart: a variable is not set.
    """
    where = place(source, obj)
    _closed("custom property", source.server.custom, _OWN, where)
    location = required_setting(source, "location", environ)
    parts = urlsplit(location)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("the server's location is no http:// or https:// address", where=where)
    if parts.username or parts.password:
        raise InputError(
            "the server's location holds credentials",
            where=where,
            way_out="declare them as secrets of the environment, and how they are sent as `auth`",
        )
    path = str(setting(source, "path", environ, "/{object}")).replace("{object}", quote(obj.table, safe=""))
    below, _, query = path.partition("?")
    separator = "" if below.startswith("/") or not below else "/"
    url = urlunsplit(
        parts._replace(
            path=f"{parts.path.rstrip('/')}{separator}{below}",
            query="&".join(filter(None, (parts.query, query))),
            fragment="",
        )
    )
    auth = setting(source, "auth", environ)
    return ApiSettings(
        url=url,
        items=setting(source, "items", environ),
        paging=_paging(_mapping(setting(source, "paging", environ, {}), "paging", where), where),
        auth=None if auth is None else _auth(_mapping(auth, "auth", where), where),
        since_param=setting(source, "since_param", environ),
        timeout=float(_number(setting(source, "timeout", environ, 60), "timeout", where)),
        retries=_number(setting(source, "retries", environ, 4), "retries", where),
        max_pages=_number(setting(source, "max_pages", environ, 10_000), "max_pages", where),
        headers=_texts(_mapping(setting(source, "headers", environ, {}), "headers", where)),
        params=_texts(_mapping(setting(source, "params", environ, {}), "params", where)),
    )


def _paging(given: Mapping[str, Any], where: str) -> Paging:
    _closed("setting of `paging`", given, frozenset(Paging.__slots__), where)
    values = dict(given)
    for name in ("start", "size"):
        if values.get(name) is not None:
            values[name] = _number(values[name], name, where)
    paging = Paging(**values)
    _one_of("paging", paging.kind, PAGING_KINDS, where)
    _one_of("stop", paging.stop, ("empty", "short"), where)
    if paging.stop == "short" and paging.size is None:
        raise InputError("paging that stops at a short page needs `size`", where=where)
    return paging


def _auth(given: Mapping[str, Any], where: str) -> Auth:
    _closed("setting of `auth`", given, frozenset(Auth.__slots__), where)
    auth = Auth(**given)
    _one_of("auth", auth.kind, AUTH_KINDS, where)
    if auth.kind == "query" and not auth.name:
        raise InputError(
            "auth of kind query needs `name`",
            where=where,
            way_out="name the parameter that carries the token",
        )
    return auth


def _closed(what: str, given: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise InputError(
                f"{name} is no {what} of an api server",
                where=where,
                way_out=f"did you mean {close[0]}?" if close else f"one of {', '.join(sorted(known))}",
            )


def _one_of(what: str, value: str, known: tuple[str, ...], where: str) -> None:
    if value not in known:
        raise InputError(f"{value} is no kind of {what}", where=where, way_out=f"one of {', '.join(known)}")


def _mapping(value: Any, name: str, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f"`{name}` of an api server is a mapping", where=where)
    return value


def _number(value: Any, name: str, where: str) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdigit():
        raise InputError(f"`{name}` of an api server is a whole number", where=where)
    return int(text)


def _texts(given: Mapping[str, Any]) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in given.items()}
