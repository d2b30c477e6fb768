"""Receivers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from receivers import Hook, Mailbox


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook."""
    found = Hook()
    yield found
    found.close()


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A mail server's mailbox, and its port."""
    from aiosmtpd.controller import Controller

    found = Mailbox()
    controller = Controller(found, hostname="127.0.0.1", port=0)
    controller.start()
    yield found, controller.server.sockets[0].getsockname()[1]
    controller.stop()
