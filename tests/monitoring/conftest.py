"""Receivers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from receivers import Hook, Mailbox
from watched_mesh import Clock, Watched

from meshwright.adapters.registry import SqlRegistry, open_registry


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said is read unwrapped."""
    monkeypatch.setenv("COLUMNS", "400")


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

    class OnFreePort(Controller):
        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    found = Mailbox()
    controller = OnFreePort(found, hostname="127.0.0.1", port=0)
    controller.start()
    yield found, controller.port
    controller.stop()


@pytest.fixture
def clock() -> Clock:
    """A clock that only moves when it is told to."""
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a registry may be created."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_database").url)
    return f"sqlite:///{tmp_path}/registry.db"


@pytest.fixture
def opened(url: str, clock: Clock) -> Iterator[Callable[[], SqlRegistry]]:
    """Opens the same registry as often as a test wants."""
    found: list[SqlRegistry] = []

    def opens() -> SqlRegistry:
        found.append(open_registry(url, clock=clock))
        return found[-1]

    yield opens
    for registry in found:
        registry.close()


@pytest.fixture
def mesh(opened: Callable[[], SqlRegistry], clock: Clock) -> Watched:
    """An environment with nothing in it."""
    return Watched(opened(), clock)
