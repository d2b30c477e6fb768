"""Listening on a port, and answering there until somebody stops it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from meshwright.errors import Unavailable

_WAITING = 2048
"""Connections that may wait to be taken."""


@contextmanager
def listen(host: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    """A socket that listens, and its address for a browser; port 0 is any free one.

    Raises:
        Unavailable: somebody else has the port, or it is not ours to have.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # without its protocol asyncio would not send at once what belongs to one answer: 40 ms each
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(_WAITING)  # whoever reads the address may connect
        except OSError as error:
            raise Unavailable(
                f"port {port} of {host} cannot be used",
                why=error.strerror or str(error),
                way_out="stop what listens there, or take another with --port",
            ) from None
        shown = f"[{host}]" if ":" in host else host
        yield listening, f"http://{shown}:{listening.getsockname()[1]}"


def serve_app(app: Any, listening: socket.socket) -> None:
    """Answer until the process is told to stop."""
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listening])
