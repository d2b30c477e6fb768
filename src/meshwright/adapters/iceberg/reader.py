"""Reads tables of ODCS servers of type `iceberg`: on disk, or known to a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from meshwright.adapters.extraction.place import place, setting
from meshwright.adapters.iceberg.contents import Contents, contents_from
from meshwright.adapters.iceberg.places import identity, local_path, metadata_file
from meshwright.errors import Unavailable
from meshwright.model.contract import ContractObject
from meshwright.model.product import Source
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import (
    Extraction,
    Increment,
    Located,
    Notes,
    Secrets,
    SourceCapabilities,
)

if TYPE_CHECKING:
    from pyiceberg.table import Table


@dataclass(frozen=True, slots=True)
class _Found:
    """A table: what tells its current metadata from all others, and how to read these.

    `load` is asked whether the rows shall be read, too.
    """

    identity: str
    load: Callable[[bool], Table]


class IcebergReader:
    """Reads the current snapshot of a table.

    Data files are read in place, by field ids; a table that this would read wrong is read by PyIceberg.
    What metadata say never changes, so with `notes` each is read once, and PyIceberg is not even loaded.
    """

    capabilities = SourceCapabilities(typed=True, incremental=True)

    def __init__(
        self, root: Path, environ: Mapping[str, str], secrets: Secrets, notes: Notes | None = None
    ) -> None:
        self._root = root
        self._environ = environ
        self._secrets = secrets
        self._notes = notes

    def reading(self, source: Source) -> AbstractContextManager[IcebergReader]:
        """The reader as it is: each read takes the snapshot that is current then."""
        return nullcontext(self)

    def describe(self, source: Source, obj: ContractObject) -> Mapping[str, ColumnType]:
        """The table's columns and their types.

        Raises:
            Unavailable: the table cannot be read.
            DriftError: there is no such table.
        """
        contents = self._contents(self._find(source, obj), place(source, obj))
        return {column.name: column.type for column in contents.columns}

    def inspect(self, source: Source, objects: Sequence[ContractObject]) -> None:
        """An engine judges the rows."""

    def locate(self, source: Source, obj: ContractObject, folder: Path) -> Located:
        """The table's data files, or its rows as a file in `folder`.

        Raises:
            Unavailable: the table, or a file of it, cannot be read.
            DriftError: there is no such table.
        """
        where = place(source, obj)
        found = self._find(source, obj)
        contents = self._contents(found, where)
        if contents.apart is not None:
            return Located("parquet", (str(self._written(found, folder, where)),), where)
        for file in dict.fromkeys((*contents.files, *(each.file for each in contents.deleted))):
            identity(Path(file), where)
        return Located("iceberg", contents.files, where, columns=contents.columns, deleted=contents.deleted)

    def extract(
        self, source: Source, obj: ContractObject, folder: Path, increment: Increment | None = None
    ) -> Extraction:
        """Write the table's rows as one Parquet file into `folder`.

        Raises:
            Unavailable: the table cannot be read, or `folder` cannot be written.
            DriftError: columns are missing, or values do not fit the contract's types.
        """
        from meshwright.adapters.extraction.connection import guarded_connection, scratch_folder
        from meshwright.adapters.extraction.scalars import literal
        from meshwright.adapters.extraction.writing import Part, Writer
        from meshwright.adapters.iceberg.failures import explain

        where = place(source, obj)
        with scratch_folder(folder) as scratch:
            found = self._find(source, obj)
            columns = {column.name: column.type for column in self._contents(found, where).columns}
            rows = self._written(found, scratch, where)
            with guarded_connection((str(rows),), scratch) as connection:
                part = Part(f"read_parquet({literal(str(rows))})", columns, obj.table)
                writer = Writer(connection, obj, folder, scratch, where, partial(explain, where=where))
                return writer.write([part], increment)

    # --- inside

    def _find(self, source: Source, obj: ContractObject) -> _Found:
        where = place(source, obj)
        location = self._location(source)
        if location is None:
            from meshwright.adapters.iceberg.catalogues import load_table

            table = load_table(source, obj, self._environ, self._secrets(source.server.name), where)
            local = Path(local_path(table.metadata_location))
            own = identity(local, where) if local.is_file() else table.metadata_location
            return _Found(own, lambda whole: table)
        file = metadata_file(self._root, location, obj.table, where)
        return _Found(identity(file, where), partial(_load, file, where))

    def _location(self, source: Source) -> str | None:
        """Where tables are on disk: the custom property `location`, or a catalogue that is a folder."""
        if (given := setting(source, "location", self._environ)) is not None:
            return str(given)
        url = str(setting(source, "catalogUrl", self._environ, ""))
        if not url.startswith("file:"):
            return None
        namespace = str(setting(source, "namespace", self._environ, ""))
        return "/".join([local_path(url).rstrip("/"), *filter(None, namespace.split("."))])

    def _contents(self, found: _Found, where: str) -> Contents:
        noted = self._notes.recall(f"iceberg {found.identity}") if self._notes else None
        if noted is not None:
            try:
                return contents_from(noted)
            except ValueError:
                pass  # read again
        from meshwright.adapters.iceberg.failures import told
        from meshwright.adapters.iceberg.tables import read_contents

        with told(where):
            contents = read_contents(found.load(False), where)
        if self._notes:
            self._notes.keep(f"iceberg {found.identity}", contents.as_text())
        return contents

    def _written(self, found: _Found, folder: Path, where: str) -> Path:
        from meshwright.adapters.iceberg.failures import told
        from meshwright.adapters.iceberg.tables import write_rows

        file = folder / "table.parquet"
        with told(where):
            write_rows(found.load(True), file, where)
        return file


def _load(file: Path, where: str, whole: bool) -> Table:
    from pyiceberg.catalog.noop import NoopCatalog
    from pyiceberg.exceptions import ValidationError
    from pyiceberg.serializers import FromInputFile
    from pyiceberg.table import StaticTable

    from meshwright.adapters.iceberg.local_files import LocalFiles

    io = LocalFiles()
    try:
        metadata = FromInputFile.table_metadata(io.new_input(str(file)))
    except ValidationError:
        raise Unavailable(
            f"{file.name} holds no metadata of a table",
            where=where,
            way_out="name a file that ends in .metadata.json, or the table's folder",
        ) from None
    snapshot = metadata.current_snapshot()
    if whole or (snapshot is not None and "://" in local_path(snapshot.manifest_list)):
        return StaticTable.from_metadata(str(file))
    return StaticTable(("table", file.name), metadata, str(file), io, NoopCatalog("none"))
