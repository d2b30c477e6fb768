"""A bound on a whole conversation: a timeout of a socket bounds only each read of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def deadline(connected: Callable[[], socket.socket | None], seconds: float) -> Iterator[threading.Event]:
    """Cut a connection after `seconds`, whoever is waiting on it; the event tells whether that happened.

    `connected` gives the socket as it is then, None where there is none yet.
    """
    over = threading.Event()

    def cut() -> None:
        over.set()
        found = connected()
        if found is not None:
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
