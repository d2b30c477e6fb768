"""Every test runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from meshwright.adapters.registry import SqlRegistry, open_registry

from .world import FakeClock, World


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a registry may be created."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/.mesh/registry.db"
    return str(request.getfixturevalue("postgres_database").url)


@pytest.fixture
def opened(url: str) -> Iterator[Callable[..., SqlRegistry]]:
    """Opens the registry as often as a test wants."""
    found: list[SqlRegistry] = []

    def opens(**options: object) -> SqlRegistry:
        found.append(open_registry(url, **options))  # type: ignore[arg-type]
        return found[-1]

    yield opens
    for registry in found:
        registry.close()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that only moves when it is told to."""
    return FakeClock()


@pytest.fixture
def registry(opened: Callable[..., SqlRegistry], clock: FakeClock) -> SqlRegistry:
    """A new registry under a fake clock."""
    return opened(clock=clock)


@pytest.fixture
def world(registry: SqlRegistry) -> World:
    """A product that publishes into the registry."""
    return World(registry)
