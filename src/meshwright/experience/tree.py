"""The files of a mesh, as bytes: what is read, what is refused, and digests of the rest."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from meshwright.errors import Problem
from meshwright.model.address import ProductKey
from meshwright.model.dashboard import DASHBOARDS
from meshwright.standards.yaml import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

MESH_FILE = "mesh.yaml"
DOMAINS = "domains"
DOMAIN_FILE = "domain.yaml"
PRODUCT_FILE = "product.yaml"
POLICIES = "policies"
WAIVERS = "waivers"

PARTS = ("contracts", "models", "tests", "dashboards", "dbt")
"""The folders of a product that its bundle is made of; others, such as data, are no declarations."""

LEFT_OVER = ("~", ".bak", ".orig", ".rej", ".swp", ".tmp")
"""How editors and merges end the names of what they leave behind; no declarations."""

MAX_FILES = 1_000
"""Files in one product's bundle."""

MAX_DEPTH = 8
"""Folders in folders, below a product."""


@dataclass(frozen=True, slots=True)
class RawBundle:
    """One product's files, by path relative to its folder, unparsed."""

    domain: str
    product: str
    folder: str
    digest: str
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def key(self) -> ProductKey:
        """The product."""
        return ProductKey(self.domain, self.product)


def content_digest(files: Mapping[str, bytes]) -> str:
    """The digest of paths and contents."""
    digest = blake2b(digest_size=20)
    for path in sorted(files):
        data = files[path]
        digest.update(f"\0{path}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def bundle_digest(files: Mapping[str, bytes]) -> str:
    """The digest of a product's files: that of what decides its data, and that of its dashboards after a `-`.

    A product without dashboards has the first part only; see `staleness.stale_reasons`.
    """
    shown = {path: data for path, data in files.items() if path.startswith(DASHBOARDS)}
    built = content_digest({path: data for path, data in files.items() if path not in shown})
    return f"{built}-{content_digest(shown)}" if shown else built


class MeshFiles:
    """Reads files below a mesh's folder and never beyond it; `problems` collects what was refused.

    Paths are relative to the mesh, with `/` between parts.
    """

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self.problems: list[Problem] = []

    def read(self, path: str, missing_ok: bool = False) -> bytes | None:
        """The bytes of a regular file; None, and a problem, where that is not possible."""
        try:
            full = self._inside(path)
            return None if full is None else self._read(full, path)
        except FileNotFoundError:
            if not missing_ok:
                self._refuse("MW006", "the file is not there", path)
        except OSError as error:
            self._refuse("MW006", f"the file cannot be read: {error.strerror}", path)
        return None

    def folders(self, path: str) -> list[str]:
        """The names of the folders in a folder, hidden ones left out."""
        return [entry.name for entry in self._entries(path) if self._is_folder(entry, path)]

    def policies(self, folder: str) -> dict[str, bytes]:
        """The documents of a folder of policies, and of the waivers in it, by path."""
        found: dict[str, bytes] = {}
        for place in (folder, f"{folder}/{WAIVERS}"):
            for entry in self._entries(place):
                path = f"{place}/{entry.name}"
                if entry.name.endswith((".yaml", ".yml")) and not self._is_folder(entry, place):
                    data = self.read(path)
                    if data is not None:
                        found[path] = data
        return found

    def bundle(self, domain: str, product: str) -> RawBundle | None:
        """A product's files; None when the folder is no product's."""
        folder = f"{DOMAINS}/{domain}/{product}"
        files: dict[str, bytes] = {}
        looks_like_one = False
        others: list[str] = []
        for entry in self._entries(folder):
            name = entry.name
            if name in PARTS and self._is_folder(entry, folder):
                looks_like_one = True
                for path in self._walk(f"{folder}/{name}", MAX_DEPTH):
                    if len(files) >= MAX_FILES:
                        self._refuse("MW004", f"the product has more than {MAX_FILES:,} files", folder)
                        break
                    self._take(files, folder, path)
            elif name == PRODUCT_FILE:
                self._take(files, folder, f"{folder}/{name}")
                looks_like_one = True
            elif name.endswith((".yaml", ".yml")):
                others.append(name)
        if not looks_like_one and not others:
            return None
        if PRODUCT_FILE not in files:
            self._missing_product(folder, others)
            return None
        return RawBundle(domain, product, folder, bundle_digest(files), files)

    def _missing_product(self, folder: str, others: list[str]) -> None:
        place = f"{folder}/{PRODUCT_FILE}"
        if any(problem.file == place for problem in self.problems):
            return
        hint = f"rename {others[0]} to {PRODUCT_FILE}" if others else "every product is declared by one"
        self.problems.append(Problem("MW006", f"the product has no {PRODUCT_FILE}", place, hint=hint))

    def _take(self, files: dict[str, bytes], folder: str, path: str) -> None:
        data = self.read(path)
        if data is not None:
            files[path[len(folder) + 1 :]] = data

    def _walk(self, path: str, depth: int) -> Iterator[str]:
        """The files below a folder, sorted."""
        if depth == 0:
            self._refuse("MW004", "folders are nested too deep", path)
            return
        for entry in self._entries(path):
            here = f"{path}/{entry.name}"
            if entry.name == "__pycache__" or entry.name.endswith(LEFT_OVER):
                continue
            if self._is_folder(entry, path):
                yield from self._walk(here, depth - 1)
            elif not (entry.is_symlink() and self._inside(here) is None):
                yield here

    def _entries(self, path: str) -> list[os.DirEntry[str]]:
        try:
            full = self._inside(path)
            if full is None:
                return []
            with os.scandir(full) as found:
                entries = [entry for entry in found if not entry.name.startswith(".")]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self._refuse("MW006", f"the folder cannot be read: {error.strerror}", path)
            return []
        for entry in entries:
            try:
                entry.name.encode()
            except UnicodeEncodeError:
                self._refuse("MW006", "a file's name is not UTF-8", path)
                return []
        return sorted(entries, key=lambda entry: entry.name)

    def _is_folder(self, entry: os.DirEntry[str], parent: str) -> bool:
        if entry.is_dir(follow_symlinks=False):
            return True
        if not entry.is_symlink():
            return False
        full = self._inside(f"{parent}/{entry.name}")
        return full is not None and os.path.isdir(full)  # noqa: PTH112

    def _inside(self, path: str) -> str | None:
        """The absolute place of a path, links followed; None, and a problem, when it is elsewhere."""
        full = os.path.join(self.root, path)  # noqa: PTH118
        if not os.path.islink(full):  # noqa: PTH114
            return full
        real = os.path.realpath(full)
        if os.path.commonpath((self.root, real)) != self.root:
            self._refuse("MW005", "the link leads out of the mesh", path, "copy the file into the mesh")
            return None
        return real

    def _read(self, full: str, path: str) -> bytes | None:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        handle = os.open(full, flags | getattr(os, "O_BINARY", 0))
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                self._refuse("MW004", "this is no regular file", path)
            elif status.st_size > MAX_BYTES:
                self._refuse("MW004", f"the file is larger than {MAX_BYTES >> 20} MiB", path)
            else:
                return os.read(handle, MAX_BYTES)
        finally:
            os.close(handle)
        return None

    def _refuse(self, code: str, message: str, path: str, hint: str | None = None) -> None:
        problem = Problem(code, message, path, hint=hint)
        if problem not in self.problems:
            self.problems.append(problem)
