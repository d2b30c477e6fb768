"""A product whose lock somebody holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from mesh_folder import MeshFolder, column, contract

from meshwright.adapters.registry.registry import SqlRegistry, open_registry
from meshwright.model.address import ProductKey


def test_a_run_of_a_held_product_says_so_and_does_not_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh = MeshFolder(tmp_path)
    mesh.product(
        "lab/ones",
        [contract("ones", {"ones": [column("one", "integer")]})],
        {"ones.sql": "select 1 as one\n"},
        outputs=[("ones", "1.0.0", "ones")],
    )
    mesh.run("apply", "--yes")
    tries: list[str] = []
    begin = SqlRegistry.begin
    monkeypatch.setattr(
        SqlRegistry, "begin", lambda self, *given: (tries.append("once"), begin(self, *given))[1]
    )
    with open_registry(f"sqlite:///{tmp_path}/.mesh/dev/registry.db") as registry:
        lock = registry.acquire("dev", ProductKey("lab", "ones"), "somebody", 60)
        (outcome,) = mesh.run("run", "lab/ones", "--format", "json", code=1).data["outcomes"]
        assert outcome["status"] == "locked" and "somebody holds its lock" in outcome["error"]["why"]
        assert tries == ["once"]
        registry.release(lock)
    mesh.run("run", "lab/ones")
    assert tries == ["once", "once"]
