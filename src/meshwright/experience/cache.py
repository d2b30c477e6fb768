"""What was worked out before, by the content it was worked out from.

A cache may be lost at any time: whatever goes wrong with it, the answer is "not here". It
holds no secret (documents hold references only) and is readable by its owner alone.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Self

from meshwright import __version__

if TYPE_CHECKING:
    import sqlite3

MAX_BYTES = 256 << 20
"""The oldest entries go when a cache grows beyond this."""

_CHUNK = 500
_TABLE = """
CREATE TABLE IF NOT EXISTS entries (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL, sum INTEGER NOT NULL
)
"""


def cache_key(kind: str, content: bytes | str, *more: str) -> str:
    """The key of what this version of Meshwright makes of `content` as a `kind`."""
    digest = blake2b("\0".join((kind, __version__, *more, "")).encode(), digest_size=20)
    digest.update(content.encode() if isinstance(content, str) else content)
    return digest.hexdigest()


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's cache folder: XDG_CACHE_HOME, or what the platform has for it."""
    if chosen := environ.get("XDG_CACHE_HOME"):
        base = Path(chosen)
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path.home() / ".cache"
    return base / "meshwright"


class Cache:
    """Texts by key in one SQLite file, shared by processes; never raises because of its file.

    Belongs to one thread at a time. With `path` None it is always empty.
    """

    def __init__(self, path: Path | None, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def of_user(cls) -> Self:
        """The cache in the user's cache folder."""
        try:
            return cls(cache_folder() / "cache-1.db")
        except RuntimeError:  # no home folder
            return cls(None)

    def get_many(self, keys: Iterable[str]) -> dict[str, str]:
        """What is there of these keys."""
        import sqlite3

        wanted = list(dict.fromkeys(keys))
        found: dict[str, str] = {}
        try:
            connection = self._open()
            for start in range(0, len(wanted) if connection else 0, _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                statement = f"SELECT key, value, sum FROM entries WHERE key IN ({marks})"  # noqa: S608
                for key, value, checksum in connection.execute(statement, chunk) if connection else ():
                    if isinstance(value, str) and zlib.crc32(value.encode()) == checksum:
                        found[key] = value
        except (sqlite3.Error, OSError, UnicodeError) as error:
            self._give_up(error)
        return found

    def put_many(self, entries: Mapping[str, str]) -> None:
        """Keep these; the oldest go when there is no more room."""
        import sqlite3

        if not entries:
            return
        rows = [(key, value, zlib.crc32(value.encode())) for key, value in entries.items()]
        try:
            if connection := self._open():
                with connection:
                    connection.executemany(
                        "INSERT OR REPLACE INTO entries (key, value, sum) VALUES (?, ?, ?)", rows
                    )
                self._trim(connection)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection | None:
        if self._connection is None and self._path is not None:
            import sqlite3

            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=0.5, check_same_thread=False)
            self._connection = connection
            with suppress(OSError):
                self._path.chmod(0o600)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")  # what a power cut loses is worked out again
            connection.execute(_TABLE)
        return self._connection

    def _trim(self, connection: sqlite3.Connection) -> None:
        while self._used(connection) > self._max_bytes:
            with connection:
                gone = connection.execute(
                    "DELETE FROM entries WHERE id IN"
                    " (SELECT id FROM entries ORDER BY id LIMIT (SELECT count(*) / 4 + 1 FROM entries))"
                )
            if gone.rowcount <= 0:
                return

    @staticmethod
    def _used(connection: sqlite3.Connection) -> int:
        size, pages, free = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
        return size * (pages - free)

    def _give_up(self, error: Exception) -> None:
        """Start anew after damage; after anything else (locked, read-only) stay empty."""
        import sqlite3

        with suppress(sqlite3.Error):
            self.close()
        self._connection = None
        path, self._path = self._path, None
        busy = isinstance(error, sqlite3.OperationalError)
        if path is None or busy or not isinstance(error, (sqlite3.DatabaseError, UnicodeError)):
            return
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            with suppress(OSError):
                (path.parent / name).unlink(missing_ok=True)
        self._path = path
