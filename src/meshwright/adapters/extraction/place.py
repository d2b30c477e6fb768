"""Where something is: settings of servers, paths below the mesh, words for errors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from meshwright.errors import InputError
from meshwright.model.contract import ContractObject
from meshwright.model.product import Source
from meshwright.provisioning.variables import resolve_variables


def place(source: Source, obj: ContractObject | None = None) -> str:
    """The contract's file, the server and the object: the `where` of every error."""
    what = f", object {obj.name}" if obj is not None else ""
    return f"{source.contract.file}: server {source.server.name}{what}"


def setting(source: Source, name: str, environ: Mapping[str, str], default: Any = None) -> Any:
    """A setting of the server, its custom properties included, with its variables resolved.

    Raises:
        MissingPart: a variable is not set.
    """
    server = source.server
    value = server.settings.get(name, server.custom.get(name))
    if value is None:
        return default
    return resolve_variables(value, environ, where=f"{place(source)}, {name}")


def required_setting(source: Source, name: str, environ: Mapping[str, str]) -> str:
    """A setting that has to be there, as text.

    Raises:
        InputError: it is not there, or empty.
    """
    value = setting(source, name, environ)
    if value is None or not str(value).strip():
        raise InputError(
            f"the server has no `{name}`", where=place(source), way_out=f"write `{name}:` below the server"
        )
    return str(value)


def below_mesh(root: Path, text: str, where: str) -> Path:
    """`text` as a path: absolute as it is, relative below the mesh.

    Raises:
        InputError: a relative path leads out of the mesh, through `..` or a symbolic link.
    """
    path = Path(text)
    if "\0" in text:
        raise InputError("the path holds a NUL character", where=where)
    if path.is_absolute():
        return path
    inside = root / path
    if ".." in path.parts or not inside.resolve().is_relative_to(root.resolve()):
        raise InputError(
            f"the path {text} leaves the mesh",
            where=where,
            why="relative paths are below the folder of mesh.yaml",
            way_out="move the files below it, or write an absolute path",
        )
    return inside
