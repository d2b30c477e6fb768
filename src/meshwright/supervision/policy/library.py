"""The policies that the package brings: one file each, switched on by name in mesh.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from meshwright.model.policy import MESH, Policy, read_set, set_document
from meshwright.standards.yaml import read_document

_FOLDER = Path(__file__).parent / "starter"


def library() -> Mapping[str, tuple[str, bytes]]:
    """What each is called in errors and its text, by name."""
    return {path.stem: (f"library/{path.name}", path.read_bytes()) for path in sorted(_FOLDER.glob("*.yaml"))}


def library_policies() -> Sequence[Policy]:
    """Each of them, read."""
    documents = [(file, 1, read_document(data, file)) for file, data in library().values()]
    return read_set(MESH, "", set_document(documents, ())).policies
