"""Scaffolds: a mesh, or a product, that applies at once and is there to be changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import meshwright
from meshwright.errors import InputError, Unavailable
from meshwright.experience.scaffold.domains import with_domain
from meshwright.model.address import RESERVED, ProductKey, is_segment

__all__ = ["FIRST_PRODUCT", "init_mesh", "new_product"]

FIRST_PRODUCT = ProductKey("sales", "orders")
"""The product that a new mesh starts with."""

_REPOSITORY = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")

_MESH = {
    "mesh.yaml": "mesh/mesh.yaml",
    "README.md": "mesh/README.md",
    ".gitignore": "mesh/gitignore",
    ".github/workflows/mesh.yml": "ci/github.yml",
    ".gitlab-ci.yml": "ci/gitlab.yml",
}
_PRODUCT = {
    "product.yaml": "product/product.yaml",
    "contracts/@@product@@.yaml": "product/contract.yaml",
    "contracts/@@product@@_source.yaml": "product/source.yaml",
    "models/@@product@@.sql": "product/model.sql",
    "tests/@@product@@.yaml": "product/test.yaml",
    "sample/@@product@@.csv": "product/sample.csv",
}


def init_mesh(folder: Path, name: str) -> tuple[Path, ...]:
    """Write a mesh with one domain and one product into `folder`; returns the files written.

    Raises:
        InputError: `name` cannot name a mesh, the folder is inside a mesh or holds one of the files.
        Unavailable: the folder cannot be written to.
    """
    _must_be_segment("mesh", name)
    above = next(
        (f for f in (folder.resolve(), *folder.resolve().parents) if (f / "mesh.yaml").exists()), None
    )
    if above is not None:
        raise InputError(
            f"there is a mesh in {above} already",
            way_out="add a product with `mesh new product DOMAIN/NAME`, or choose another folder",
        )
    key = FIRST_PRODUCT
    repository = folder.resolve().name
    if not _REPOSITORY.fullmatch(repository):
        repository = name
    words = {
        "mesh": name,
        "repository": repository,
        "domain": key.domain,
        "product": key.product,
        "version": meshwright.__version__,
    }
    files = {folder / path: _filled(template, words) for path, template in _MESH.items()}
    files[folder / "domains" / key.domain / "domain.yaml"] = _filled("domain/domain.yaml", words)
    files.update(_product_files(folder, key, "active"))
    return _write(files)


def new_product(root: Path, product: str) -> tuple[Path, ...]:
    """Write a product that applies at once into the mesh at `root`; returns the files written.

    The domain is created when it is not there, and added to `domains` of mesh.yaml when that lists
    the domains; the rest of that file stays as it is.

    Raises:
        InputError: `product` is not DOMAIN/NAME, there is no mesh, or one of the files exists.
    """
    key = ProductKey.parse(product)
    _must_be_segment("domain", key.domain)
    _must_be_segment("product", key.product)
    if key.product == "policies":
        raise InputError("`policies` cannot name a product", why="that folder of a domain holds its policies")
    mesh = root / "mesh.yaml"
    if not mesh.is_file():
        raise InputError(
            f"there is no mesh in {root}", why="mesh.yaml is not there", way_out="start one with `mesh init`"
        )
    files = _product_files(root, key, "draft")
    folder = root / "domains" / key.domain
    if not folder.resolve().is_relative_to(root.resolve()):
        raise InputError(f"{folder} leads out of the mesh", way_out="replace the link by a folder")
    if not (folder / "domain.yaml").exists():
        files[folder / "domain.yaml"] = _filled("domain/domain.yaml", {"domain": key.domain})
    before = mesh.read_bytes()
    try:
        after = with_domain(before.decode("utf-8"), key.domain).encode("utf-8")
    except UnicodeDecodeError:
        raise InputError("mesh.yaml is no UTF-8 text", where=str(mesh)) from None
    written = _write(files)
    if after == before:
        return written
    mesh.write_bytes(after)
    return (mesh, *written)


def _product_files(root: Path, key: ProductKey, status: str) -> dict[Path, str]:
    folder = f"domains/{key.domain}/{key.product}"
    words = {"domain": key.domain, "product": key.product, "folder": folder, "status": status}
    return {
        root / folder / _replaced(path, words): _filled(template, words)
        for path, template in _PRODUCT.items()
    }


def _write(files: Mapping[Path, str]) -> tuple[Path, ...]:
    there = [path for path in files if path.exists() or path.is_symlink()]
    if there:
        raise InputError(
            f"{len(there)} of the files to write exist already: {', '.join(map(str, there))}",
            why="nothing is overwritten, and nothing was written",
            way_out="move them away, or choose another name or folder",
        )
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            raise Unavailable(
                f"the file cannot be written: {error.strerror or error}",
                where=str(path),
                way_out="choose another folder, or make this one writable",
            ) from error
    return tuple(files)


def _filled(template: str, words: Mapping[str, str]) -> str:
    source = resources.files(__name__).joinpath("templates", *template.split("/"))
    return _replaced(source.read_text(encoding="utf-8"), words)


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"@@{name}@@", value)
    return text


def _must_be_segment(kind: str, name: str) -> None:
    if not is_segment(name):
        raise InputError(
            f"`{name}` cannot name a {kind}",
            why="it is a reserved word" if name in RESERVED else None,
            way_out="use small letters, digits and underscores, starting with a letter: premium_offices",
        )
