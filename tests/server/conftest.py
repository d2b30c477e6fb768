"""The meshes that server tests serve."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
EXAMPLES = TESTS.parent / "examples"
sys.path += [
    str(TESTS / "journeys"),
    str(TESTS / "examples"),
    str(EXAMPLES / "premium-offices" / "operations"),
]

from example_mesh import Example  # noqa: E402
from mesh_folder import MeshFolder, orders_mesh  # noqa: E402


@pytest.fixture
def orders(tmp_path: Path) -> MeshFolder:
    """Two products that are applied and published."""
    mesh = orders_mesh(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    return mesh


@pytest.fixture(scope="session")
def served_offices() -> Iterator[Path]:
    """Premium Offices with everything published, and then a bad delivery; nobody changes it."""
    folder = Path(tempfile.mkdtemp(prefix="offices"))
    folder.chmod(0o755)  # PostgreSQL must get in when root runs the tests
    from generate import bad_batch, generate
    from systems import load_crm, systems

    mesh = Example.copy(EXAMPLES / "premium-offices", folder / "mesh")
    operations = folder / "operations"
    operations.mkdir()
    generate(operations)
    with systems(operations) as environment:
        built = Example(mesh.folder, environment)
        built.type("apply", "--yes")
        bad_batch(operations)
        load_crm(operations, environment)
        built.type("run", "leasing/leases", "brokerage/deals", code=1)
    yield mesh.folder
    shutil.rmtree(folder)
