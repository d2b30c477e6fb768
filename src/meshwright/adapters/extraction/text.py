"""Text files: compressed or not, in any encoding; headers of CSV files."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import mmap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from meshwright.errors import DriftError, InputError, Unavailable

_LINE = 1 << 20
"""The longest line of a header, in characters."""

_CHUNK = 1 << 20

_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def encoding_of(name: object, where: str) -> str:
    """The codec's name; UTF-8 (with or without a byte order mark) when `name` is None.

    Raises:
        InputError: there is no such encoding.
    """
    try:
        codec = codecs.lookup(str(name or "utf-8"))
    except LookupError:
        raise InputError(
            f"the encoding {name} is unknown",
            where=where,
            way_out="write one such as utf-8, latin-1 or cp1252",
        ) from None
    return "utf-8-sig" if codec.name in ("utf-8", "ascii") else codec.name


def delimiter_of(text: object, where: str) -> str:
    """The delimiter of a CSV file: one character, or one of its names (`tab`, `semicolon`).

    Raises:
        InputError: it is neither.
    """
    delimiter = _DELIMITERS.get(str(text), str(text))
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise InputError(
            f"`{text}` is no delimiter", where=where, way_out="write one character, for example `;` or `tab`"
        )
    return delimiter


_SEARCHED = 4 << 30
"""Bytes of a file that are searched; more would be read from disk twice."""

_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How files of gzip (RFC 1952) and Zstandard (RFC 8878) begin."""

_UNDERSCORES = 10_000
"""So many are looked at; after these some digits are taken to be grouped."""


def may_group_digits(files: Iterable[str]) -> bool:
    """Whether a file of UTF-8 text may hold an underscore between two digits (`1_000`).

    True of what is compressed, is not on this machine, or has underscores beyond number.
    """
    return any(map(_may_group_digits, files))


def _may_group_digits(file: str) -> bool:
    path = Path(file)
    try:
        size = path.stat().st_size
        if not 0 < size <= _SEARCHED:
            return size > 0
        with path.open("rb") as data, mmap.mmap(data.fileno(), 0, access=mmap.ACCESS_READ) as text:
            if text[:4].startswith(_COMPRESSED):
                return True
            at = -1
            for _ in range(_UNDERSCORES):
                at = text.find(b"_", at + 1)
                if at < 0:
                    return False
                if text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit():
                    return True
    except OSError:
        pass
    return True


@contextmanager
def opened(path: Path, where: str) -> Iterator[IO[bytes]]:
    """The file's bytes, uncompressed.

    Raises:
        Unavailable: it cannot be read, or its compressed data are broken.
    """
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rb") as stream:
                yield cast(IO[bytes], stream)
        elif path.suffix == ".zst":
            import pyarrow as pa

            with pa.input_stream(str(path), compression="zstd") as zipped:
                yield cast(IO[bytes], io.BufferedReader(zipped))
        else:
            with path.open("rb") as plain:
                yield plain
    except (OSError, EOFError) as error:
        raise unreadable(path, where, getattr(error, "strerror", None) or str(error)) from None


def unreadable(path: Path, where: str, why: str) -> Unavailable:
    """The error for a file that is broken or cannot be read."""
    return Unavailable(
        f"{path.name} cannot be read",
        where=where,
        why=why,
        way_out="deliver the file again, complete and readable",
    )


def csv_header(path: Path, encoding: str, delimiter: str, where: str) -> tuple[str, ...]:
    """The column names in a CSV file's first line.

    Raises:
        DriftError: there is no header, or it is not in the encoding.
        Unavailable: the file cannot be read.
    """
    with opened(path, where) as stream:
        # What is read ahead of the header is not judged here.
        errors = "surrogateescape" if encoding == "utf-8-sig" else "strict"
        text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
        try:
            header = next(csv.reader(_lines(text), delimiter=delimiter, strict=True), None)
        except UnicodeDecodeError:
            raise not_in_encoding(path, encoding, where) from None
        except csv.Error as error:
            raise DriftError(f"{path.name} has no readable header", where=where, why=str(error)) from None
        finally:
            text.detach()
    if header and any("\udc80" <= character <= "\udcff" for name in header for character in name):
        raise not_in_encoding(path, encoding, where)
    if not header or not any(name.strip() for name in header):
        raise DriftError(
            f"{path.name} has no header",
            where=where,
            way_out="the first line of a CSV file holds the names of its columns",
        )
    return tuple(header)


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(_LINE):
        if len(line) == _LINE:
            raise csv.Error(f"a line is longer than {_LINE} characters")
        yield line


def transcoded(path: Path, encoding: str, target: Path, where: str) -> Path:
    """The file as uncompressed UTF-8 at `target`, whatever its size.

    Raises:
        DriftError: its bytes are not in the encoding.
        Unavailable: it cannot be read.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    with opened(path, where) as stream, target.open("w", encoding="utf-8", newline="") as output:
        try:
            while chunk := stream.read(_CHUNK):
                output.write(decoder.decode(chunk))
            output.write(decoder.decode(b"", final=True))
        except UnicodeDecodeError:
            raise not_in_encoding(path, encoding, where) from None
    return target


def not_in_encoding(path: Path, encoding: str, where: str) -> DriftError:
    """The error for a file in another encoding than the server says."""
    return DriftError(
        f"{path.name} is not encoded in {encoding.removesuffix('-sig').upper()}",
        where=where,
        way_out="write the right `encoding:` below the server, for example latin-1 or cp1252",
    )
