"""`mesh ci`, and the workflows of a scaffolded mesh that use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from mesh_folder import MeshFolder, column, contract, orders_mesh

CONTRACT = "domains/sales/orders/contracts/orders-1.0.0.yaml"


def require_amount(mesh: MeshFolder) -> None:
    path = mesh.root / CONTRACT
    document = json.loads(path.read_text())
    document["schema"][0]["properties"][2]["required"] = True
    path.write_text(json.dumps(document))


def test_ci_says_what_would_change_and_that_it_may(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    out = mesh.run("ci").out
    assert out.startswith("## Mesh plan for `dev`: ready to apply\n")
    assert "+ product sales/orders" in out and "> build finance/revenue" in out
    mesh.run("apply", "--yes")
    assert mesh.run("ci").out.startswith("## Mesh plan for `dev`: nothing to do\n")


def test_ci_names_the_consumers_hit_and_refuses(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    require_amount(mesh)
    out = mesh.run("ci", code=1).out
    assert out.startswith("## Mesh plan for `dev`: refused\n")
    assert "**MW501**" in out and "way out: serve it as version 2.0.0" in out
    assert "| finance/revenue through orders (uses amount) | nullable_to_required orders.amount |" in out
    assert mesh.run("ci", "--format", "json", code=1).data["refusals"][0]["code"] == "MW501"
    allowed = mesh.run("ci", "--allow-breaking", "they know").out
    assert "ready to apply" in allowed and "breaking: they know" in allowed
    assert "| finance/revenue through orders (uses amount)" in allowed


def test_ci_tells_every_error_as_markdown_too(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    for name in ("sales/orders", "finance/revenue"):
        (tmp_path / f"domains/{name}/product.yaml").write_text("id: ```\n")
    answer = mesh.run("ci", code=2)
    assert answer.out.startswith("## Mesh plan: not possible\n")
    assert (
        "domains/sales/orders/product.yaml" in answer.out
        and "domains/finance/revenue/product.yaml" in answer.out
    )


def test_ci_needs_a_registry_that_answers(tmp_path: Path) -> None:
    url = "postgresql://127.0.0.1:1/none"
    mesh = MeshFolder(tmp_path, environments={"prod": {"registry": url}})
    assert "not possible" in mesh.run("ci", code=2).out


def test_a_removal_shows_whom_it_hits(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.product(
        "sales/extra",
        [contract("extra", {"extra": [column("one")]})],
        {"extra.sql": "select 1 as one\n"},
        outputs=[("extra", "1.0.0", "extra")],
    )
    mesh.run("apply", "--yes")
    shutil.rmtree(tmp_path / "domains/sales/extra")
    out = mesh.run("ci", code=1).out
    assert "**MW503** sales/extra" in out and "- table sales/extra.extra@1" in out


def scaffolded(root: Path) -> Path:
    from meshwright.experience.scaffold import init_mesh

    init_mesh(root, "acme")
    return root


def shell(script: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a workflow's commands with this installation's `mesh`, and without installing anything."""
    bin_folder = folder / ".bin"
    bin_folder.mkdir(exist_ok=True)
    for name, text in (
        ("mesh", f'exec {sys.executable} -c "from meshwright.cli.main import main; main()" "$@"'),
        ("pip", "exit 0"),
    ):
        (bin_folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (bin_folder / name).chmod(0o755)
    environ = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", **more}
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def github_steps(root: Path) -> Mapping[str, Any]:
    workflow = yaml.safe_load((root / ".github/workflows/mesh.yml").read_text())
    assert set(workflow[True]) == {"pull_request", "push"}  # YAML 1.1 readers take `on` for true
    return {step["name"]: step for step in workflow["jobs"]["plan"]["steps"] if "name" in step}


@pytest.fixture
def mesh_root(tmp_path: Path) -> Path:
    return scaffolded(tmp_path / "acme")


def test_the_github_workflow_tests_and_plans_a_new_mesh(mesh_root: Path) -> None:
    steps = github_steps(mesh_root)
    summary = mesh_root / "summary.md"
    names = ("Install Meshwright", "Test the models", "Plan, verdict and consumers hit", "Show the plan")
    script = "\n".join(steps[name]["run"] for name in names)
    done = shell(script, mesh_root, GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 0, done.stderr
    assert "ready to apply" in summary.read_text()


def test_the_github_workflow_fails_with_the_plan(mesh_root: Path) -> None:
    (mesh_root / "domains/sales/orders/product.yaml").write_text("id: 1\n")
    done = shell(github_steps(mesh_root)["Plan, verdict and consumers hit"]["run"], mesh_root)
    assert done.returncode == 2
    assert "not possible" in (mesh_root / "mesh-plan.md").read_text()


def test_the_gitlab_pipeline_tests_plans_and_fails_with_the_plan(mesh_root: Path) -> None:
    job = yaml.safe_load((mesh_root / ".gitlab-ci.yml").read_text())["mesh"]
    done = shell("\n".join(job["script"]), mesh_root)
    assert done.returncode == 0 and "ready to apply" in done.stdout, done.stderr
    (mesh_root / "domains/sales/orders/product.yaml").write_text("id: 1\n")
    done = shell("\n".join(job["script"][2:]), mesh_root)
    assert done.returncode == 2 and "not possible" in done.stdout


def test_a_new_mesh_applies_at_once_with_a_new_product(mesh_root: Path) -> None:
    mesh = MeshFolder.at(mesh_root)
    mesh.run("new", "product", "brokerage/deals")
    mesh.run("validate")
    mesh.run("test")
    mesh.run("apply", "--yes")
    assert mesh.rows("select * from sales.orders.orders") and mesh.rows("select * from brokerage.deals.deals")


def test_a_comparison_with_nothing_says_so(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    answer = mesh.run("ci")
    assert "Nothing is applied in `dev`" in answer.out and "no breaking change" in answer.out
    mesh.run("apply", "--yes")
    assert "Nothing is applied" not in mesh.run("ci").out
