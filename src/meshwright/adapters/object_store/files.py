"""Objects of a store as files: what an engine can open, and what tells one from another."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fsspec.implementations.arrow import ArrowFSWrapper
from pyarrow import fs

SCHEME = "mesh-store-"
"""How protocols begin."""

_MARKS = ("ETag", "etag", "generation")
_REQUESTS = 8
_RECENT = 600
"""Seconds in which two changes may get the same time, where only a time tells of a change."""


class StoreFiles(ArrowFSWrapper):  # type: ignore[misc]
    """Some objects of a store, for reading; fsspec's words for Arrow's file system.

    `protocol` is how an engine calls their paths, and no others: `PROTOCOL://BUCKET/PATH`.
    """

    protocol = ""
    cachable = False

    def __init__(self, store: fs.FileSystem, infos: Sequence[fs.FileInfo], protocol: str) -> None:
        super().__init__(store)
        self.protocol = protocol
        self._infos: Mapping[str, fs.FileInfo] = {info.path: info for info in infos}

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        return path.partition("://")[2] if isinstance(path, str) and path.startswith(SCHEME) else path

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """What is known of an object, with no request."""
        found = self._infos.get(self._strip_protocol(path))
        if found is None:
            raise FileNotFoundError(path)
        return {"name": found.path, "size": found.size, "type": "file", "mtime": found.mtime}

    def glob(self, path: str, **_: Any) -> list[str]:
        """The objects are named, never searched for."""
        plain = self._strip_protocol(path).replace("[[]", "[").replace("[*]", "*").replace("[?]", "?")
        return [plain] if plain in self._infos else []

    def exists(self, path: str, **_: Any) -> bool:
        """Whether it is one of the objects."""
        return self._strip_protocol(path) in self._infos


def identities(store: fs.FileSystem, infos: Sequence[fs.FileInfo], origin: str) -> tuple[str, ...]:
    """What tells each object, as it is now, from every other, and from itself at another time.

    `origin` tells the store from others.

    Raises:
        OSError: the store does not answer.
    """

    def one(info: fs.FileInfo) -> str:
        with store.open_input_stream(info.path, compression=None) as stream:
            told = stream.metadata() or {}
        mark = next((told[key] for key in _MARKS if told.get(key)), None)
        if mark is None and time.time() - info.mtime_ns / 1e9 < _RECENT:
            mark = f"seen at {time.time_ns()}".encode()  # it is never met again
        return f"{origin}\0{info.path}\0{info.size}\0{info.mtime_ns}\0{mark!r}"

    with ThreadPoolExecutor(_REQUESTS) as pool:
        return tuple(pool.map(one, infos))
