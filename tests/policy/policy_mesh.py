"""Policies and waivers on disk, beside small meshes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.journeys.mesh_folder import MeshFolder, column, contract

OWNED = "select address, 'nobody owns it' as reason from mesh.products where owner is null"
TEAM = {"name": "t", "members": [{"username": "ada", "role": "owner"}]}


def policy(mesh: MeshFolder, name: str, query: str = OWNED, domain: str | None = None, **more: Any) -> Path:
    """Write a policy of the mesh, or of a domain."""
    document = {
        "policy": name,
        "title": f"What {name} demands",
        "severity": "error",
        "why": "It is agreed.",
        "fix": "Mend it.",
        "query": query,
        **more,
    }
    return _write(mesh, f"{_folder(domain)}/{name}.yaml", document)


def waiver(
    mesh: MeshFolder, name: str, of: str, address: str, expires: str, domain: str | None = None
) -> Path:
    """Write a waiver of the mesh, or of a domain."""
    told = {"policy": of, "address": address, "reason": "Soon.", "approver": "grace", "expires": expires}
    return _write(mesh, f"{_folder(domain)}/waivers/{name}.yaml", told)


def _folder(domain: str | None) -> str:
    return f"domains/{domain}/policies" if domain else "policies"


def _write(mesh: MeshFolder, path: str, document: dict[str, Any]) -> Path:
    file = mesh.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document))
    return file


def numbers(mesh: MeshFolder, key: str, **more: Any) -> None:
    """A product with one table, made of nothing."""
    name = key.replace("/", "_")
    mesh.product(
        key,
        [contract(name, {name: [column("id")]})],
        {f"{name}.sql": "select 1 as id\n"},
        outputs=[("out", "1.0.0", name)],
        **more,
    )
