"""Which representation of a thing a client wants (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fastapi import Request

HTML = "text/html"
JSON = "application/json"
JSON_LD = "application/ld+json"
YAML = "application/yaml"

PROGRAMS = ("/api/", "/metrics", "/catalogue.jsonld")
"""Where only programs ask: errors there are problem details, all others are pages."""


class Range(NamedTuple):
    """One media range of an `Accept`, with its quality."""

    type: str
    subtype: str
    quality: float
    parameters: frozenset[str] = frozenset()


def ranges_of(accept: str) -> list[Range]:
    """The media ranges of a header; what is malformed is left out.

    >>> ranges_of("text/html;q=0.5, */*")
    [Range(type='text', subtype='html', quality=0.5, parameters=frozenset()), \
Range(type='*', subtype='*', quality=1.0, parameters=frozenset())]
    """
    found = []
    for part in accept[:4000].split(","):
        media, *parameters = (each.strip().lower() for each in part.split(";"))
        kind, slash, sub = media.partition("/")
        if not slash or not kind or not sub or (kind == "*" and sub != "*"):
            continue
        quality, others = 1.0, set()
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                quality = _quality(value.strip())
            elif parameter:
                others.add(parameter.replace(" ", ""))
        found.append(Range(kind, sub, quality, frozenset(others)))
    return found


def _quality(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 1 else 0.0


def best(accept: str | None, offered: Sequence[str]) -> str | None:
    """The offered media type that a client likes most, the first of equals; None where it takes none.

    >>> best("application/ld+json, text/html;q=0.9", ["text/html", "application/ld+json"])
    'application/ld+json'
    >>> best("image/png", ["text/html"]) is None, best(None, ["text/html"])
    (True, 'text/html')
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = ranges_of(accept)
    liked = [(_liking(media, ranges), -place, media) for place, media in enumerate(offered)]
    quality, _, media = max(liked)
    return media if quality > 0 else None


def _liking(media: str, ranges: Sequence[Range]) -> float:
    """The quality of the most specific range that a media type is in; ranges with parameters are not."""
    kind, _, sub = media.partition("/")
    fits = [
        ((one.type != "*") + (one.subtype != "*"), one.quality)
        for one in ranges
        if one.type in ("*", kind) and one.subtype in ("*", sub) and not one.parameters - _HARMLESS
    ]
    return max(fits)[1] if fits else 0.0


_HARMLESS = frozenset({"charset=utf-8", "profile=http://www.w3.org/ns/json-ld#compacted"})
"""Parameters that say what is so anyway."""


def wants_page(request: Request) -> bool:
    """Whether a person asks: outside of the API, with a client that likes HTML best."""
    if request.url.path.startswith(PROGRAMS):
        return False
    offered = (HTML, JSON, JSON_LD, "application/problem+json")
    return best(request.headers.get("accept"), offered) in (HTML, None)
