"""A new mesh keeps the policies that it begins with, and they bite."""

from __future__ import annotations

import json
from pathlib import Path

from mesh_folder import MeshFolder


def test_the_policies_of_a_new_mesh(tmp_path: Path) -> None:
    MeshFolder.at(tmp_path).run("init", "acme")
    mesh = MeshFolder.at(tmp_path / "acme")
    mesh.run("new", "product", "finance/revenue")
    judged = json.loads(mesh.run("policy", "check", "--format", "json").text)
    assert {"product_purpose", "sensitive_flow"} <= set(judged["policies"])
    assert judged["violations"] == []
    mesh.run("apply", "--yes")
    product = mesh.root / "domains/sales/orders/product.yaml"
    lines = product.read_text(encoding="utf-8").splitlines()
    product.write_text("\n".join(line for line in lines if "purpose:" not in line and line != "description:"))
    refused = mesh.run("plan", code=1)
    assert "MW601" in refused.text and "product_purpose" in refused.text
