"""Reads files of ODCS servers of types `s3` and `azure`, and of Google Cloud Storage."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pyarrow import ArrowException, fs

from meshwright.adapters.extraction.place import place, required_setting, setting
from meshwright.adapters.object_store.files import SCHEME, StoreFiles, identities
from meshwright.adapters.object_store.listing import ENDINGS, find_objects, form_of
from meshwright.adapters.object_store.stores import address_of, file_system
from meshwright.errors import InputError, MeshwrightError, Unavailable
from meshwright.model.contract import ContractObject, Server
from meshwright.model.product import Source
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import (
    Extraction,
    Increment,
    Located,
    Secrets,
    SourceCapabilities,
    SourceReader,
)
from meshwright.provisioning.secrets import scrub

SPARE = 256 << 20
"""Bytes of the disk that fetched files leave free."""

_CHUNK = 8 << 20
_LAYOUTS = {"new_line": "jsonl", "newline": "jsonl", "array": "json"}


@dataclass(frozen=True, slots=True)
class _Objects:
    """The objects of a store that hold an object's rows; `origin` tells the store from others."""

    store: fs.FileSystem
    origin: str
    infos: Sequence[fs.FileInfo]
    form: str


class ObjectStoreReader:
    """Reads Parquet where it lies, as far as it is needed; other files are fetched, and read as `files` does.

    `files` is the reader of files on this machine.
    """

    capabilities = SourceCapabilities(typed=False, incremental=True)

    def __init__(self, files: SourceReader, environ: Mapping[str, str], secrets: Secrets) -> None:
        self._files = files
        self._environ = environ
        self._secrets = secrets
        self._numbers = itertools.count()

    def reading(self, source: Source) -> AbstractContextManager[ObjectStoreReader]:
        """The reader as it is: each read opens the objects anew."""
        return nullcontext(self)

    def describe(self, source: Source, obj: ContractObject) -> Mapping[str, ColumnType]:
        """The columns that every file has.

        Raises:
            Unavailable: the store does not answer.
            DriftError: there is no file for the object.
        """
        import tempfile

        with tempfile.TemporaryDirectory(prefix="mesh-store-") as folder:
            with self._found(source, obj) as found:
                local = _fetched(source, obj, found, Path(folder))
            return self._files.describe(local, obj)

    def inspect(self, source: Source, objects: Sequence[ContractObject]) -> None:
        """An engine judges the rows."""

    def locate(self, source: Source, obj: ContractObject, folder: Path) -> Located | None:
        """Parquet in the store; other files in `folder`.

        Raises:
            Unavailable: the store does not answer, or the disk is too small.
            DriftError: there is no file for the object.
        """
        with self._found(source, obj) as found:
            if found.form == "parquet":
                protocol = f"{SCHEME}{next(self._numbers)}"
                names = tuple(f"{protocol}://{info.path}" for info in found.infos)
                known = identities(found.store, found.infos, found.origin)
                store = StoreFiles(found.store, found.infos, protocol)
                return Located("parquet", names, place(source, obj), identities=known, store=store)
            local = _fetched(source, obj, found, folder)
        return self._files.locate(local, obj, folder)

    def extract(
        self, source: Source, obj: ContractObject, folder: Path, increment: Increment | None = None
    ) -> Extraction:
        """Fetch the files, then write the object's rows as one Parquet file into `folder`.

        Raises:
            Unavailable: the store does not answer, or the disk is too small.
            DriftError: columns are missing, or values do not fit the contract's types.
        """
        from meshwright.adapters.extraction.connection import scratch_folder

        with scratch_folder(folder) as scratch:
            with self._found(source, obj) as found:
                local = _fetched(source, obj, found, scratch)
            return self._files.extract(local, obj, folder, increment)

    # --- inside

    @contextmanager
    def _found(self, source: Source, obj: ContractObject) -> Iterator[_Objects]:
        where = place(source, obj)
        location = required_setting(source, "location", self._environ)
        filled = location.replace("{object}", obj.table).replace("{model}", obj.table)
        address = address_of(filled, where)
        secrets = self._secrets(source.server.name)
        endpoint = setting(source, "endpointUrl", self._environ)
        if endpoint is None and address.kind == "s3":  # Arrow does not ask for it
            endpoint = self._environ.get("AWS_ENDPOINT_URL_S3") or self._environ.get("AWS_ENDPOINT_URL")
        region = setting(source, "region", self._environ)
        form = self._form(source, where)
        try:
            store = file_system(address, secrets, endpoint, region, where)
            infos = find_objects(store, address.path, obj.table, form, filled != location, where)
            origin = f"{address.kind} {endpoint or address.account + address.authority}"
            yield _Objects(store, origin, infos, form or _form_of(infos, where))
        except MeshwrightError:
            raise
        except (OSError, ArrowException) as error:
            raise Unavailable(
                f"the object store does not answer, or refuses {address.path}",
                where=where,
                why=scrub(str(error).splitlines()[0], secrets),
                way_out="check the location, `endpointUrl`, and the secrets of the server",
            ) from None

    def _form(self, source: Source, where: str) -> str | None:
        given = setting(source, "format", self._environ)
        form = None if given is None else str(given).lower().replace("ndjson", "jsonl")
        if form is not None and form not in ENDINGS:
            raise InputError(
                f"files of format {form} cannot be read from an object store",
                where=where,
                way_out=f"one of {', '.join(ENDINGS)}",
            )
        if form == "json":
            return _LAYOUTS.get(str(setting(source, "delimiter", self._environ)), form)
        return form


def _fetched(source: Source, obj: ContractObject, found: _Objects, folder: Path) -> Source:
    """The source as files in `folder`, once they are there; names stay, each in a folder of its own."""
    size = sum(info.size for info in found.infos)
    free = shutil.disk_usage(folder).free
    if size + SPARE > free:
        raise Unavailable(
            f"{len(found.infos)} files of {size >> 20:,} MB do not fit below {folder}",
            where=place(source, obj),
            why=f"{free >> 20:,} MB are free there, and {SPARE >> 20} MB are to stay so",
            way_out="let TMPDIR name a larger disk, or store the rows as Parquet, which is read in place",
        )
    inner = folder / "fetched"
    for number, info in enumerate(found.infos):
        own = inner / f"{number:06}"
        own.mkdir(parents=True)
        with (
            found.store.open_input_stream(info.path, compression=None) as stream,
            (own / PurePosixPath(info.path).name).open("wb") as output,
        ):
            while chunk := stream.read(_CHUNK):
                output.write(chunk)
    kept = ("encoding", "delimiter") if found.form == "csv" else ("encoding",)
    settings = {key: value for key, value in source.server.settings.items() if key in kept}
    settings |= {"format": found.form, "path": f"{inner}/*/*"}
    server = Server(source.server.name, "local", None, settings, source.server.custom)
    return replace(source, server=server)


def _form_of(infos: Sequence[fs.FileInfo], where: str) -> str:
    forms = {form_of(info.path) for info in infos}
    form = forms.pop()
    if forms or form is None:
        raise InputError(
            "the format of the files cannot be told from their names",
            where=where,
            way_out=f"write `format:` below the server, one of {', '.join(ENDINGS)}",
        )
    return form
