"""Meshes that are prepared once, and copied for each test."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "journeys"))
sys.path.insert(0, str(TESTS / "sources"))

from children import Nursery  # noqa: E402


@dataclass(frozen=True)
class Prepared:
    """A folder that can be put back as it was; a mesh's files know their absolute paths."""

    root: Path
    kept: Path

    def keep(self) -> None:
        """Remember the folder as it is."""
        shutil.copytree(self.root, self.kept)

    def restore(self) -> None:
        """Make the folder what it was."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.kept, self.root)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Prepared]:
    """Makes places for prepared folders."""

    def place(name: str) -> Prepared:
        folder = tmp_path_factory.mktemp(name)
        return Prepared(folder / "mesh", folder / "kept")

    return place


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where processes come from that something happens to."""
    found = Nursery()
    yield found
    found.close()
