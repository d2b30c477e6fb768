"""What `mesh.yaml` says: the name of the mesh, the domains a tree owns, its environments."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from meshwright.model.contract import Document
from meshwright.model.product import Environment

DEFAULT_RETAIN = 20
DEFAULT_GRACE_SECONDS = 3600.0
DEFAULT_PYTHON_MEMORY = "4GiB"
DEFAULT_FILE_SIZE = "512MiB"  # that of Iceberg (write.target-file-size-bytes)

_UNITS = {"KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}
_SQLITE = "sqlite:///"
_AS_THEY_ARE = ("lock_seconds", "memory_limit", "threads", "openlineage", "alerts")


@dataclass(frozen=True, slots=True)
class Settings:
    """A tree's `mesh.yaml`; `root` is absolute.

    `repository` is the same in every clone of the tree; it owns the domains that the tree applies.
    """

    name: str
    repository: str
    root: str
    owned: frozenset[str]
    environments: Mapping[str, Environment]
    default_environment: str
    document: Document = field(repr=False)
    description: str | None = None


def read_settings(document: Document, root: str, owned: Iterable[str]) -> Settings:
    """The settings in a document that its schema accepts; relative places are below `root`."""
    declared = document.get("environments") or {"dev": {}}
    environments = {name: _environment(name, entry or {}, root) for name, entry in declared.items()}
    return Settings(
        name=document["mesh"],
        repository=document.get("repository") or document["mesh"],
        root=root,
        owned=frozenset(owned),
        environments=environments,
        default_environment=document.get("default_environment") or next(iter(environments)),
        document=document,
        description=document.get("description"),
    )


def _environment(name: str, entry: Mapping[str, Any], root: str) -> Environment:
    return Environment(
        name=name,
        registry=_registry(entry.get("registry") or f"{_SQLITE}.mesh/{name}/registry.db", root),
        warehouse=_warehouse(entry.get("warehouse") or f".mesh/{name}/warehouse", root),
        engine=entry.get("engine", "duckdb"),
        secrets=entry.get("secrets", {}),
        settings={
            "retain": entry.get("retain", DEFAULT_RETAIN),
            "grace_seconds": float(entry.get("grace_seconds", DEFAULT_GRACE_SECONDS)),
            "python_memory": _bytes(entry.get("python_memory", DEFAULT_PYTHON_MEMORY)),
            "file_size": _bytes(entry.get("file_size", DEFAULT_FILE_SIZE)),
            **{key: entry[key] for key in _AS_THEY_ARE if key in entry},
        },
    )


def _registry(url: str, root: str) -> str:
    if not url.startswith(_SQLITE):
        return url
    return _SQLITE + os.path.normpath(os.path.join(root, url.removeprefix(_SQLITE)))  # noqa: PTH118


def _warehouse(place: str, root: str) -> str:
    return place if "://" in place else os.path.normpath(os.path.join(root, place))  # noqa: PTH118


def _bytes(text: str) -> int:
    """A size such as 4GiB in bytes; the schema allows whole numbers of binary units."""
    return int(text[:-3]) << _UNITS[text[-3:]]
