"""Pages of an API's answer, one after another, and the items on each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from meshwright.adapters.api.client import Answer, ApiClient, shown
from meshwright.adapters.api.settings import ApiSettings, Paging
from meshwright.errors import DriftError, Unavailable

_USUAL = ("items", "data", "results")


class Digits(str):
    """A number with a fraction or an exponent, with all digits that it was written with."""

    __slots__ = ()


def pages(
    client: ApiClient, settings: ApiSettings, params: Mapping[str, str], where: str
) -> Iterator[list[dict[str, Any]]]:
    """The items of each page, in order. Fractions come as text, so that no digit is lost.

    Raises:
        DriftError: the answer holds no items where they should be.
        Unavailable: an answer is no JSON, pages repeat, or there are more than the maximum.
    """
    paging = settings.paging
    url, sent = settings.url, {**settings.params, **params}
    sent.update(_first(paging))
    seen, fetched, last = set[str](), 0, ""
    for number in range(1, settings.max_pages + 1):
        answer = client.get(url, sent)
        document = _parse(answer, where)
        items = items_of(document, settings.items, where)
        digest = hashlib.sha256(answer.body).hexdigest()
        if items and paging.kind in ("page", "offset") and digest == last:
            raise _endless(f"page {number} is the same as page {number - 1}", where)
        last = digest
        yield items
        fetched += len(items)
        following = _next(client, paging, answer, document, items, number, fetched)
        if following is None:
            return
        address, changed = following
        key = address or json.dumps(changed, sort_keys=True)
        if key in seen:
            raise _endless(f"page {number} leads back to an earlier page", where)
        seen.add(key)
        # A next link is complete: what we sent before is part of it, or not wanted any more.
        url, sent = (address, {}) if address else (url, {**sent, **changed})
    raise Unavailable(
        f"{shown(settings.url)} has more than {settings.max_pages} pages",
        where=where,
        why="the API never says that a page is the last one, or there is more data than expected",
        way_out="correct the server's `paging`, or raise its `max_pages`",
    )


def items_of(document: Any, path: str | None, where: str) -> list[dict[str, Any]]:
    """The records of one page: at the dotted `path`, or where they usually are.

    Raises:
        DriftError: there is no list of objects there.
    """
    if path:
        found = at(document, path)
    elif isinstance(document, Mapping):
        found = next((document[name] for name in _USUAL if isinstance(document.get(name), list)), None)
    else:
        found = document
    if not isinstance(found, list):
        keys = ", ".join(map(str, document)) if isinstance(document, Mapping) else type(document).__name__
        raise DriftError(
            f"the answer has no list of items{f' at {path}' if path else ''}",
            where=where,
            why=f"it has: {keys or 'nothing'}",
            way_out="name the dotted path to the list in the server's custom property `items`",
        )
    stranger = next((item for item in found if not isinstance(item, dict)), None)
    if stranger is not None:
        raise DriftError(f"an item of the answer is no object but a {type(stranger).__name__}", where=where)
    return found


def at(document: Any, path: str) -> Any:
    """What a dotted path leads to; None where it leads nowhere.

    >>> at({"meta": {"next": 3}}, "meta.next")
    3
    """
    for part in path.split("."):
        document = document.get(part) if isinstance(document, Mapping) else None
    return document


def _first(paging: Paging) -> dict[str, str]:
    """The parameters of the first page."""
    size = {paging.size_param: str(paging.size)} if paging.size_param and paging.size else {}
    match paging.kind:
        case "page":
            return {paging.page_param: str(paging.start), **size}
        case "offset":
            return {paging.offset_param: "0", paging.limit_param: str(paging.size or 100), **size}
    return size


def _next(
    client: ApiClient,
    paging: Paging,
    answer: Answer,
    document: Any,
    items: list[dict[str, Any]],
    number: int,
    fetched: int,
) -> tuple[str | None, dict[str, str]] | None:
    """The next page: an address, or parameters that change; None after the last."""
    match paging.kind:
        case "page" | "offset":
            total = at(document, paging.total_path) if paging.total_path else None
            short = paging.stop == "short" and len(items) < (paging.size or 0)
            if not items or short or (isinstance(total, int) and fetched >= total):
                return None
            if paging.kind == "page":
                return None, {paging.page_param: str(paging.start + number)}
            return None, {paging.offset_param: str(fetched)}
        case "cursor":
            cursor = at(document, paging.cursor_path)
            return None if cursor in (None, "", False) else (None, {paging.cursor_param: str(cursor)})
        case "next_link" | "link_header":
            link = answer.next_link if paging.kind == "link_header" else at(document, paging.next_path)
            return (client.refuse_elsewhere(str(link), answer.url), {}) if link else None
    return None


def _parse(answer: Answer, where: str) -> Any:
    try:
        return json.loads(answer.body, parse_float=Digits, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unavailable(
            f"the answer of {shown(answer.url)} is no JSON",
            where=where,
            why=f"{len(answer.body)} bytes that do not parse",
            way_out="check the server's location and `path`",
        ) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _endless(why: str, where: str) -> Unavailable:
    return Unavailable(
        "the pages of the API do not end",
        where=where,
        why=why,
        way_out="correct the server's `paging`: the API does not understand its parameters",
    )
