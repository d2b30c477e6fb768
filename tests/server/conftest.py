"""The meshes that server tests serve."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "journeys"))

from mesh_folder import MeshFolder, orders_mesh


@pytest.fixture
def orders(tmp_path: Path) -> MeshFolder:
    """Two products that are applied and published."""
    mesh = orders_mesh(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    return mesh
