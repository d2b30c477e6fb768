"""What commands say about products is what is so."""

from __future__ import annotations

from pathlib import Path

from mesh_folder import MeshFolder, orders_mesh

GOOD = ("id,customer,amount", "1,ada,10.5", "2,grace,20.0")
BAD = ("id,customer,amount", "1,ada,-1")


def test_status_tells_that_the_last_run_failed_until_one_publishes(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.csv("data/orders.csv", *BAD)
    mesh.run("run", "sales/orders", code=1)
    orders, revenue = reversed(mesh.run("status", "--format", "json").data["products"])
    assert orders["failed_run"]["error"]["kind"] == "checks" and orders["number"] == 1
    assert revenue["failed_run"] is None
    text = mesh.run("status").out
    assert "last run failed: " in text and text.count("up to date") == 1
    assert "failed" in mesh.run("facts", "sales/orders", "--limit", "1").out
    mesh.csv("data/orders.csv", *GOOD)
    mesh.run("run", "sales/orders")
    assert "last run failed" not in mesh.run("status").out
    assert "published" in mesh.run("facts", "sales/orders", "--limit", "1").out
