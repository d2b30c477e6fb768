"""Files of this machine for PyIceberg, read without Arrow: loading that takes half a second."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn, cast

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile

from meshwright.adapters.iceberg.places import local_path


class LocalFiles(FileIO):
    """Reads local files; writes and deletes nothing."""

    def new_input(self, location: str) -> InputFile:
        """See `pyiceberg.io.FileIO`."""
        return _Input(location)

    def new_output(self, location: str) -> OutputFile:
        """See `pyiceberg.io.FileIO`; not here."""
        _refuse(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """See `pyiceberg.io.FileIO`; not here."""
        _refuse(str(location))


class _Input(InputFile):
    def __len__(self) -> int:
        return Path(local_path(self.location)).stat().st_size

    def exists(self) -> bool:
        """See `pyiceberg.io.InputFile`."""
        return Path(local_path(self.location)).is_file()

    def open(self, seekable: bool = True) -> InputStream:
        """See `pyiceberg.io.InputFile`."""
        return cast(InputStream, Path(local_path(self.location)).open("rb"))


def _refuse(location: str) -> NoReturn:
    raise PermissionError(f"{location} is for reading only")
