"""Fixtures of the tests of sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_serving import NewApi, Reading, serving


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    """The root of a mesh with a folder `drops`."""
    root = tmp_path / "mesh"
    (root / "drops").mkdir(parents=True)
    return root


@pytest.fixture
def new_api() -> Iterator[NewApi]:
    """Starts an API that answers as it is told."""
    with serving() as start:
        yield start


@pytest.fixture
def fetch(tmp_path: Path) -> Reading:
    """Reads an API, without sleeping."""
    return Reading(tmp_path / "out")
