"""Reads files of ODCS servers of type `local`: csv, json, jsonl, parquet and delta."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from meshwright.adapters.extraction.drift import require_columns
from meshwright.adapters.extraction.place import place, required_setting, setting
from meshwright.adapters.extraction.text import delimiter_of, encoding_of, transcoded
from meshwright.adapters.local.delta import DeltaFiles, delta_files
from meshwright.adapters.local.files import FORMATS, find_files
from meshwright.adapters.local.parts import (
    Delivery,
    allowed,
    csv_columns,
    csv_groups,
    csv_parts,
    json_columns,
    json_part,
    parquet_parts,
    shared_columns,
)
from meshwright.errors import InputError
from meshwright.model.contract import ContractObject
from meshwright.model.product import Source
from meshwright.model.types import ANY, ColumnType
from meshwright.provisioning.ports import Extraction, Increment, Located, Secrets, SourceCapabilities

if TYPE_CHECKING:
    import duckdb

    from meshwright.adapters.extraction.writing import Part


class LocalReader:
    """Reads files below the mesh, or anywhere by an absolute path.

    CSV and JSON know no types: their columns are `any`, and values are read in the contract's
    types. A JSON record may leave out what the contract does not require. DuckDB, which reads them, is
    loaded only where something is read: to locate files takes none.
    """

    capabilities = SourceCapabilities(typed=False, incremental=True)

    def __init__(self, root: Path, environ: Mapping[str, str], secrets: Secrets) -> None:
        self._root = root
        self._environ = environ

    def reading(self, source: Source) -> AbstractContextManager[LocalReader]:
        """The reader as it is: each read opens the file anew."""
        return nullcontext(self)

    def describe(self, source: Source, obj: ContractObject) -> Mapping[str, ColumnType]:
        """The columns that every file has.

        Raises:
            Unavailable: a file cannot be read.
            DriftError: there is no file for the object.
        """
        import duckdb

        from meshwright.adapters.extraction.connection import guarded_connection
        from meshwright.adapters.extraction.faults import explain

        delivery = self._delivery(source, obj)
        if delivery.form == "csv":
            headers = [header for header, _ in csv_groups(delivery)]
            shared = [name for name in headers[0] if all(name in header for header in headers)]
            return dict.fromkeys(shared, ANY)
        with guarded_connection(allowed(delivery.files)) as connection:
            try:
                if delivery.form == "parquet":
                    found = parquet_parts(connection, delivery.files)
                    return shared_columns(found)
                return json_columns(connection, delivery.files, delivery.form, obj)
            except duckdb.Error as error:
                raise explain(error, delivery.files, delivery.where) from None

    def extract(
        self, source: Source, obj: ContractObject, folder: Path, increment: Increment | None = None
    ) -> Extraction:
        """Write the object's rows as one Parquet file into `folder`.

        Raises:
            Unavailable: a file is broken or cannot be read, or `folder` cannot be written.
            DriftError: columns are missing, or values do not fit the contract's types.
        """
        import duckdb

        from meshwright.adapters.extraction.connection import guarded_connection, scratch_folder
        from meshwright.adapters.extraction.faults import explain
        from meshwright.adapters.extraction.writing import Writer

        delivery = self._delivery(source, obj)
        with scratch_folder(folder) as scratch:
            delivery = _as_utf8(delivery, scratch)
            with guarded_connection(allowed(delivery.files), scratch) as connection:
                try:
                    parts = _parts(connection, delivery, obj)
                except duckdb.Error as error:
                    raise explain(error, delivery.files, delivery.where) from None
                told = partial(explain, files=delivery.files, where=delivery.where)
                writer = Writer(connection, obj, folder, scratch, delivery.where, told)
                return writer.write(parts, increment)

    def inspect(self, source: Source, objects: Sequence[ContractObject]) -> None:
        """An engine judges the rows."""

    def locate(self, source: Source, obj: ContractObject, folder: Path) -> Located:
        """The object's files.

        Raises:
            Unavailable: the path does not exist or cannot be read.
            DriftError: there is no file for the object.
        """
        if self._form(source, obj) == "delta":
            found = self._delta(source, obj)
            complete = found.complete(folder)
            return Located("parquet", tuple(map(str, complete)), place(source, obj), columns=found.partitions)
        delivery = self._delivery(source, obj)
        form = "jsonl" if delivery.form == "ndjson" else delivery.form
        files = tuple(str(file) for file in delivery.files)
        if form == "parquet":
            return Located(form, files, delivery.where)
        encoding = {} if delivery.encoding == "utf-8-sig" else {"encoding": delivery.encoding}
        if form != "csv":
            return Located(form, files, delivery.where, encoding)
        headers = tuple(csv_columns(file, delivery, obj) for file in delivery.files)
        return Located(form, files, delivery.where, {"delimiter": delivery.delimiter, **encoding}, headers)

    def _delivery(self, source: Source, obj: ContractObject) -> Delivery:
        where = place(source, obj)
        form = self._form(source, obj)
        path = required_setting(source, "path", self._environ)
        if form == "delta":
            return Delivery(self._delta(source, obj).files, "parquet", "utf-8-sig", ",", where)
        return Delivery(
            find_files(self._root, path, obj.table, form, where),
            form,
            encoding_of(setting(source, "encoding", self._environ), where),
            delimiter_of(setting(source, "delimiter", self._environ, ","), where),
            where,
        )

    def _form(self, source: Source, obj: ContractObject) -> str:
        form = str(setting(source, "format", self._environ, "csv")).lower()
        known = (*FORMATS, "delta")
        if form not in known:
            raise InputError(
                f"files of format {form} cannot be read",
                where=place(source, obj),
                way_out=f"one of {', '.join(known)}",
            )
        return form

    def _delta(self, source: Source, obj: ContractObject) -> DeltaFiles:
        path = required_setting(source, "path", self._environ)
        return delta_files(self._root, path, obj.table, place(source, obj))


def _as_utf8(delivery: Delivery, scratch: Path) -> Delivery:
    """The delivery with copies in UTF-8, where its text files are in another encoding."""
    if delivery.form == "parquet" or delivery.encoding == "utf-8-sig":
        return delivery
    from meshwright.adapters.extraction.writing import write_failure

    copies: list[Path] = []
    try:
        for number, file in enumerate(delivery.files):
            folder = scratch / str(number)
            folder.mkdir()
            plain = file.name.removesuffix(".gz").removesuffix(".zst")
            copies.append(transcoded(file, delivery.encoding, folder / plain, delivery.where))
    except OSError as error:
        raise write_failure(error, scratch.parent, delivery.where) or error from None
    return replace(delivery, files=tuple(copies), encoding="utf-8-sig")


def _parts(connection: duckdb.DuckDBPyConnection, delivery: Delivery, obj: ContractObject) -> list[Part]:
    match delivery.form:
        case "parquet":
            return parquet_parts(connection, delivery.files)
        case "csv":
            return csv_parts(delivery, obj)
    columns = json_columns(connection, delivery.files, delivery.form, obj)
    require_columns(obj, tuple(columns), delivery.where)
    return [json_part(delivery.files, delivery.form, obj)]
