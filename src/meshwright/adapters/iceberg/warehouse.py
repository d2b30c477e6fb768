"""Iceberg tables in a folder or an object store; sealed here, committed by the registry."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from pyarrow import fs
from pyiceberg.exceptions import ValidationError
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil
from pyiceberg.table.snapshots import Snapshot

from meshwright.adapters.iceberg.seal import MANIFEST_LIST, list_anew, seal_table
from meshwright.errors import Unavailable
from meshwright.model.address import ProductKey
from meshwright.model.publication import Candidate, ObjectKey
from meshwright.provisioning.ports import StoredFile

OWNERS = ".registries"
"""The folder, below the root, that tells which registries know the tables, and by which paths."""

_SEGMENT = re.compile(r"[a-z][a-z0-9_]*")
_OF_A_TABLE = re.compile(r"[^/]+/v\d+/(data|metadata)/.")


class IcebergWarehouse:
    """Tables below `root`: `root/DOMAIN/PRODUCT/OBJECT/vMAJOR/{data,metadata}`.

    `owner` names the registry that knows them (without secrets).
    """

    def __init__(self, root: str, owner: str) -> None:
        self._root = root.rstrip("/")
        self._owner = f"{owner}, with paths below {self._root}"
        self._owned = False
        self._io = PyArrowFileIO()
        self._filesystem = fs.LocalFileSystem()

    def prefix(self, product: ProductKey) -> str:
        """See `provisioning.ports.Warehouse`."""
        return f"{self._root}/{product.domain}/{product.product}"

    def data_prefix(self, key: ObjectKey) -> str:
        """See `provisioning.ports.Warehouse`."""
        folder = f"{self._location(key)}/data"
        self._make(folder)
        return folder

    def last_field_id(self, metadata: str) -> int:
        """See `provisioning.ports.Warehouse`."""
        return self._read(metadata).last_column_id

    def seal(
        self,
        candidates: Sequence[Candidate],
        publication: str,
        beside: Collection[str] = (),
        list_kept: bool = False,
    ) -> tuple[Candidate, ...]:
        """See `provisioning.ports.Warehouse`."""
        sealed = []
        for candidate in candidates:
            metadata = candidate.base.metadata if candidate.base else None
            kept = candidate.operation == "keep"
            if kept and not (list_kept and metadata):
                sealed.append(candidate)
                continue
            location = self._location(candidate.handle.key)
            self._make(f"{location}/metadata")
            base = self._read(metadata) if metadata else None
            try:
                if kept and base:
                    sealed.append(list_anew(candidate, base, location, publication, beside, self._io))
                else:
                    sealed.append(seal_table(candidate, base, location, publication, beside, self._io))
            except OSError as error:
                raise Unavailable(
                    f"the table {candidate.handle.key} could not be sealed: {error.strerror or error}",
                    where=location,
                    way_out="check that the warehouse is writable and has space, then run again",
                ) from error
        return tuple(sealed)

    def metadata_files(
        self, locations: Iterable[str], without: frozenset[str] = frozenset(), going: bool = False
    ) -> frozenset[str]:
        """See `provisioning.ports.Warehouse`; each manifest list is read once."""
        found: set[str] = set()
        for location in locations:
            found.add(location)
            try:
                for snapshot in self._read(location).snapshots:
                    if snapshot.manifest_list in found or snapshot.manifest_list in without:
                        continue
                    found.add(snapshot.manifest_list)
                    found.update(self._manifests(snapshot, going))
            except Unavailable:
                if not going:
                    raise
                continue  # it is gone already, and its manifests went first
        return frozenset(found - without)

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """See `provisioning.ports.Warehouse`."""
        for info in self._found(prefix, recursive=True):
            if info.type == fs.FileType.File:
                yield StoredFile(info.path, info.size, info.mtime_ns / 1e9)

    def table_files(self, product: ProductKey) -> Iterator[StoredFile]:
        """See `provisioning.ports.Warehouse`."""
        prefix = f"{self.prefix(product)}/"
        for file in self.files(prefix):
            if _OF_A_TABLE.match(file.path.removeprefix(prefix)):
                yield file

    def products(self) -> Iterator[ProductKey]:
        """See `provisioning.ports.Warehouse`."""
        for domain in self._folders(self._root):
            for product in self._folders(f"{self._root}/{domain}"):
                yield ProductKey(domain, product)

    def others(self) -> tuple[str, ...]:
        """See `provisioning.ports.Warehouse`."""
        marks = (info.path for info in self._found(f"{self._root}/{OWNERS}") if info.type == fs.FileType.File)
        others = sorted(mark for mark in marks if mark != self._mark)
        return tuple(f"{Path(mark).read_text().strip()} (says {mark})" for mark in others)

    def delete(self, paths: Sequence[str]) -> None:
        """See `provisioning.ports.Warehouse`."""
        # a manifest list goes after the manifests that only it leads to
        for path in sorted(paths, key=lambda path: path.endswith(MANIFEST_LIST)):
            self._unlink(path)

    # --- inside

    def _location(self, key: ObjectKey) -> str:
        return f"{self.prefix(key.product)}/{key.name}/v{key.major}"

    @property
    def _mark(self) -> str:
        """The file that says that this registry knows tables here, by paths below this root."""
        name = hashlib.blake2b(self._owner.encode(), digest_size=8).hexdigest()
        return f"{self._root}/{OWNERS}/{name}"

    def _folders(self, place: str) -> list[str]:
        names = (info.base_name for info in self._found(place) if info.type == fs.FileType.Directory)
        return sorted(name for name in names if _SEGMENT.fullmatch(name))

    def _found(self, place: str, recursive: bool = False) -> list[fs.FileInfo]:
        selector = fs.FileSelector(place, recursive=recursive, allow_not_found=True)
        try:
            found: list[fs.FileInfo] = self._filesystem.get_file_info(selector)
        except OSError as error:
            raise Unavailable(
                f"the warehouse folder `{place}` cannot be read: {error.strerror or error}",
                way_out="check the environment's `warehouse` setting and the folder's permissions",
            ) from error
        return found

    def _manifests(self, snapshot: Snapshot, going: bool) -> Iterator[str]:
        try:
            for manifest in snapshot.manifests(self._io):
                yield manifest.manifest_path
        except (OSError, ValueError, EOFError) as error:
            if not going:  # else where the list is gone, its manifests are too
                raise Unavailable(
                    f"the manifest list `{snapshot.manifest_list}` cannot be read: {error}",
                    way_out="restore the file, or roll the product back to an older publication",
                ) from error

    def _unlink(self, path: str) -> None:
        try:
            self._filesystem.delete_file(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise Unavailable(
                f"`{path}` could not be deleted: {error.strerror or error}",
                way_out="make the warehouse writable, then run `mesh gc`",
            ) from error

    def _make(self, folder: str) -> None:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            if not self._owned:
                Path(self._mark).parent.mkdir(exist_ok=True)
                Path(self._mark).write_text(f"{self._owner}\n")
                self._owned = True
        except OSError as error:
            raise Unavailable(
                f"the warehouse folder `{folder}` cannot be made: {error.strerror}",
                way_out="check the environment's `warehouse` setting and the folder's permissions",
            ) from error

    def _read(self, metadata: str) -> TableMetadata:
        try:
            with self._io.new_input(metadata).open() as stream:
                return TableMetadataUtil.parse_raw(stream.read().decode())
        except (OSError, ValueError, ValidationError) as error:  # gone, or no metadata of a table
            text = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise Unavailable(
                f"table metadata `{metadata}` cannot be read: {text}",
                way_out="restore the file, or roll the product back to an older publication",
            ) from error
