"""The example meshes, and what their operational systems hold."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES / "premium-offices" / "operations"))


@pytest.fixture(scope="session")
def premium_offices() -> Path:
    """The folder of the Premium Offices mesh."""
    return EXAMPLES / "premium-offices"


@pytest.fixture(scope="session")
def nyc_flights() -> Path:
    """The folder of the flights mesh."""
    return EXAMPLES / "nyc-flights"


@pytest.fixture(scope="session")
def small_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The systems' data on the first day, at a fifth of the size. Tests do not change it."""
    from generate import generate

    folder = tmp_path_factory.mktemp("operations")
    generate(folder, scale=0.2)
    return folder


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL can enter when root runs the tests: pytest keeps its own ones closed."""
    folder = Path(tempfile.mkdtemp(prefix="premium"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
