"""Who may write: whoever has the token, or, where there is none, a program on this machine."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable

from fastapi import Request
from starlette.exceptions import HTTPException

from meshwright.errors import MeshwrightError, Refused

SECRET = "serve"  # noqa: S105 (the name of the entry in `secrets`)
"""The entry of an environment's `secrets` that has the token."""

_OF_BROWSERS = ("origin", "sec-fetch-site", "referer", "cookie")
"""What a browser sends, and a program does not: a page of somebody else could make it post."""

_OF_PROXIES = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""What says that somebody else asks, through a machine that is near."""

_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


def allow(request: Request, token: Callable[[], str | None]) -> None:
    """Let a request write, or not.

    Raises:
        HTTPException: 401 without the token, where there is one.
        Refused: there is none, and the request does not come from a program on this machine.
        MissingPart: the reference to the token leads nowhere.
    """
    wanted = token()
    if wanted:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), wanted.encode())
        if scheme.lower() != "bearer" or not right:
            raise HTTPException(
                401, "a token is needed to write", {"www-authenticate": 'Bearer realm="mesh"'}
            )
        return
    if not _from_here(request):
        raise _refused()


def _refused() -> MeshwrightError:
    return Refused(
        "writing needs a token",
        why="this server has none, and then takes only what programs on its own machine post",
        way_out=f"name one in mesh.yaml, `secrets: {{{SECRET}: env:NAME}}` of the environment, and send it: "
        "`Authorization: Bearer TOKEN`",
    )


def _from_here(request: Request) -> bool:
    """Whether a program on this machine asks: no browser, no proxy, and by a name of this machine."""
    client = request.client
    if client is None or any(name in request.headers for name in (*_OF_BROWSERS, *_OF_PROXIES)):
        return False
    try:
        near = ipaddress.ip_address(client.host.partition("%")[0]).is_loopback
    except ValueError:
        return False
    host = request.headers.get("host", "").lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return near and name in _NAMES
