"""Iceberg tables in a folder or an object store; sealed here, committed by the registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pyarrow import fs
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil

from meshwright.adapters.iceberg.seal import MANIFEST_LIST, seal_table
from meshwright.errors import Unavailable
from meshwright.model.address import ProductKey
from meshwright.model.publication import Candidate, ObjectKey


class IcebergWarehouse:
    """Tables below `root`: `root/DOMAIN/PRODUCT/OBJECT/vMAJOR/{data,metadata}`.

    `retain` snapshots stay in a table's metadata.
    """

    def __init__(self, root: str, retain: int) -> None:
        self._root = root.rstrip("/")
        self._retain = retain
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

    def seal(self, candidates: Sequence[Candidate], publication: str) -> tuple[Candidate, ...]:
        """See `provisioning.ports.Warehouse`."""
        sealed = []
        for candidate in candidates:
            base = candidate.base.metadata if candidate.base else None
            if candidate.operation == "keep":
                sealed.append(candidate)
                continue
            location = self._location(candidate.handle.key)
            self._make(f"{location}/metadata")
            try:
                sealed.append(
                    seal_table(
                        candidate,
                        base=self._read(base) if base else None,
                        location=location,
                        publication=publication,
                        retain=self._retain,
                        io=self._io,
                    )
                )
            except OSError as error:
                raise Unavailable(
                    f"the table {candidate.handle.key} could not be sealed: {error.strerror or error}",
                    where=location,
                    way_out="check that the warehouse is writable and has space, then run again",
                ) from error
        return tuple(sealed)

    def metadata_files(
        self, locations: Iterable[str], without: frozenset[str] = frozenset()
    ) -> frozenset[str]:
        """See `provisioning.ports.Warehouse`; each manifest list is read once."""
        found: set[str] = set()
        for location in locations:
            found.add(location)
            try:
                snapshots = self._read(location).snapshots
            except Unavailable:
                continue  # it is gone already, and its manifests went first
            for snapshot in snapshots:
                if snapshot.manifest_list in found or snapshot.manifest_list in without:
                    continue
                found.add(snapshot.manifest_list)
                with suppress(OSError):  # where the list is gone, its manifests are too
                    found.update(manifest.manifest_path for manifest in snapshot.manifests(self._io))
        return frozenset(found - without)

    def files(self, prefix: str) -> Iterator[str]:
        """See `provisioning.ports.Warehouse`."""
        selector = fs.FileSelector(prefix, recursive=True, allow_not_found=True)
        try:
            found = self._filesystem.get_file_info(selector)
        except OSError as error:
            raise Unavailable(
                f"the warehouse folder `{prefix}` cannot be read: {error.strerror or error}",
                way_out="check the environment's `warehouse` setting and the folder's permissions",
            ) from error
        for info in found:
            if info.type == fs.FileType.File:
                yield info.path

    def delete(self, paths: Sequence[str]) -> None:
        """See `provisioning.ports.Warehouse`."""
        # a manifest list goes after the manifests that only it leads to
        for path in sorted(paths, key=lambda path: path.endswith(MANIFEST_LIST)):
            self._unlink(path)

    # --- inside

    def _location(self, key: ObjectKey) -> str:
        return f"{self.prefix(key.product)}/{key.name}/v{key.major}"

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
        except OSError as error:
            raise Unavailable(
                f"the warehouse folder `{folder}` cannot be made: {error.strerror}",
                way_out="check the environment's `warehouse` setting and the folder's permissions",
            ) from error

    def _read(self, metadata: str) -> TableMetadata:
        try:
            with self._io.new_input(metadata).open() as stream:
                return TableMetadataUtil.parse_raw(stream.read().decode())
        except (OSError, ValueError) as error:  # gone, or no metadata of a table
            text = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise Unavailable(
                f"table metadata `{metadata}` cannot be read: {text}",
                way_out="restore the file, or roll the product back to an older publication",
            ) from error
