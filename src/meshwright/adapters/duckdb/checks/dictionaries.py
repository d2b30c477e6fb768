"""The values in the dictionaries of Parquet files (Parquet format, "Data Pages", dictionary page).

Where all values of a column are in dictionaries, these hold every text that is there, in a few bytes a
row group; they may hold texts that no row has. So what is true for none of them is true for no row.
No library reads these pages without the rows, and DuckDB shows where they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MANY = 10_000_000
"""Values that are scanned sooner than dictionaries are read: these want a library that is slow to load."""

MOST_BYTES = 8 << 20
"""Dictionaries of a column that are larger together are not read: they are slow to take apart here."""

_DICTIONARY_PAGE = 2
_PLAIN = frozenset({0, 2})  # PLAIN, and PLAIN_DICTIONARY, which means the same here
_CODECS = {"SNAPPY": "snappy", "GZIP": "gzip", "ZSTD": "zstd", "BROTLI": "brotli", "LZ4_RAW": "lz4_raw"}


@dataclass(frozen=True, slots=True)
class Page:
    """Where the dictionary of a column in a row group begins and where data do, and how it is compressed."""

    path: str
    start: int
    end: int
    codec: str


def texts_in(pages: Iterable[Page]) -> frozenset[str] | None:
    """The texts in these dictionaries; None where they are large, or anything in them is not as expected."""
    found: set[bytes] = set()
    known: set[bytes] = set()
    room = MOST_BYTES
    try:
        for path, own in _by_path(pages).items():
            with open(path, "rb") as file:  # noqa: PTH123
                for page in own:
                    room -= page.end - page.start
                    if room < 0 or page.end <= page.start:
                        return None
                    file.seek(page.start)
                    data = file.read(page.end - page.start)
                    if data not in known:
                        known.add(data)
                        values = _values(data, page.codec)
                        room -= sum(map(len, values))
                        found.update(values)
        return frozenset(value.decode() for value in found)
    except (OSError, LookupError, ValueError, TypeError, RecursionError, NotImplementedError):
        return None


def _by_path(pages: Iterable[Page]) -> dict[str, list[Page]]:
    found: dict[str, list[Page]] = {}
    for page in pages:
        found.setdefault(page.path, []).append(page)
    return found


def _values(page: bytes, codec: str) -> list[bytes]:
    """The values of a dictionary page of byte arrays.

    Raises:
        ValueError, LookupError, TypeError, RecursionError: it is no such page, or not whole.
    """
    header, at = _struct(page, 0)
    about = header.get(7)
    if header.get(1) != _DICTIONARY_PAGE or not isinstance(about, dict) or about.get(2) not in _PLAIN:
        raise ValueError("no dictionary page")
    size, packed, count = header[2], page[at : at + header[3]], about[1]
    if len(packed) != header[3] or not 4 * count <= size <= MOST_BYTES:
        raise ValueError("a page that is not whole, or large")
    data = packed if codec == "UNCOMPRESSED" else _unpacked(packed, codec, size)
    values, at = [], 0
    for _ in range(count):
        start = at + 4
        at = start + int.from_bytes(data[at:start], "little")
        values.append(data[start:at])
    if len(data) != size or at != size:
        raise ValueError("the values are not those that the page tells of")
    return values


def _unpacked(packed: bytes, codec: str, size: int) -> bytes:
    import pyarrow as pa

    if codec not in _CODECS:
        raise ValueError(f"the compression {codec} is not known here")
    data: bytes = pa.decompress(packed, decompressed_size=size, codec=_CODECS[codec], asbytes=True)
    return data


def _struct(data: bytes, at: int) -> tuple[dict[int, Any], int]:
    """The fields of a struct by their number, and where it ends (Thrift compact protocol)."""
    fields: dict[int, Any] = {}
    number = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            number, at = _number(data, at)
        match head & 15:
            case 1 | 2:
                fields[number] = head & 15 == 1
            case 4 | 5 | 6:
                fields[number], at = _number(data, at)
            case 12:
                fields[number], at = _struct(data, at)
            case other:
                raise ValueError(f"a field of kind {other}, which no page header has")
    return fields, at + 1


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A whole number (zigzag, seven bits a byte), and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return (value >> 1) ^ -(value & 1), at
        if shift > 63:
            raise ValueError("a number that is too long")
