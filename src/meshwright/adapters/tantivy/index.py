"""An index in a folder that several processes share; in memory where the folder cannot be used."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from threading import RLock

import tantivy

from meshwright.adapters.tantivy.files import Damaged, check_files
from meshwright.adapters.tantivy.schema import (
    FORMAT,
    NUMBERS,
    STATE,
    Stems,
    filter_field,
    register,
    schema,
    text_field,
)
from meshwright.adapters.tantivy.view import TantivyView
from meshwright.errors import Conflict, LockHeld
from meshwright.provisioning.ports.search import Entry, SearchView

_HEAP, _LARGEST_HEAP = 64_000_000, 500_000_000
"""Bytes of entries that are written at once; what is written at once is searched at once."""

_MANY, _OF_ENTRY = 500_000, 400
"""Entries from which on the heap grows with them, and how many bytes each takes of it, about."""

_TRIES = 5
_AT_ONCE = 1000


class TantivyIndex:
    """A `SearchIndex`, for several threads.

    What is damaged is put aside, and an empty index takes its place. Where a folder cannot be written,
    changes live in memory, for this process alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"index-{FORMAT}"
        self._stems = Stems()
        self._checked: dict[str, tuple[int, int]] = {}
        self._index: tantivy.Index | None = None
        self._opened_in: tuple[int, int] | None = None
        self._read: tuple[int, int, int] | None = None
        self._view: TantivyView | None = None
        self._in_memory = False
        self._lock = RLock()

    @property
    def writable(self) -> bool:
        return not self._in_memory

    def stem(self, word: str) -> str:
        return self._stems[word]

    def view(self) -> SearchView:
        with self._lock:
            return self._newest()

    def _newest(self) -> SearchView:
        if self._in_memory:
            return self._searched(self._opened())
        for _ in range(_TRIES):
            stamp = _stamp(self._folder / "meta.json")
            if self._view is not None and stamp is not None and stamp == self._read:
                return self._view
            folder = _identity(self._folder)
            if self._opened_in != folder:
                self._index = None  # another process has begun anew
            fresh = self._index is None
            try:
                with _told():
                    if stamp is not None:
                        check_files(self._folder, self._checked)
                    view = self._searched(self._opened())
                    view.state  # noqa: B018 (the first read; it is kept)
            except Damaged:
                self._index = self._view = None
                if fresh and stamp == _stamp(self._folder / "meta.json"):
                    self._put_aside(folder)
                continue
            except OSError:
                break
            # What was written while this was read has another stamp, and is read the next time.
            self._view, self._read = view, stamp
            return view
        return self._remembered()

    def write(
        self,
        base: SearchView,
        gone: Collection[str] | None,
        entries: Iterable[Entry],
        state: Callable[[], bytes],
        expected: int = 0,
    ) -> int:
        index = self._opened()
        heap = _HEAP if expected < _MANY else min(expected * _OF_ENTRY, _LARGEST_HEAP)
        try:
            writer = index.writer(heap, 1)
        except ValueError as error:
            if "LockBusy" in str(error):
                raise LockHeld("another process renews the search index") from error
            self._remembered()
            raise Conflict("the search index cannot be written", why=str(error)) from error
        try:
            # A file of the same stamp may be another by now: what the lock protects is read once more.
            with _told():
                held = self._searched(index).state
            if not base.state == held == self.view().state:
                raise Conflict("another process has renewed the search index")
            count = self._put(writer, gone, entries)
            written = state()
            with _told():
                writer.add_document(_state_document(written))
                writer.commit()
                writer.wait_merging_threads()
        except (Damaged, OSError) as error:
            self._remembered()
            raise Conflict("the search index cannot be written", why=str(error)) from error
        finally:
            del writer
        self._view = None
        return count

    # --- inside

    def _opened(self) -> tantivy.Index:
        if self._index is None:
            if self._in_memory:
                self._index = register(tantivy.Index(schema()))
            else:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._index = register(tantivy.Index(schema(), path=str(self._folder)))
                self._opened_in = _identity(self._folder)
        return self._index

    def _searched(self, index: tantivy.Index) -> TantivyView:
        index.reload()
        return TantivyView(index.searcher(), self._stems)

    def _remembered(self) -> SearchView:
        """From now on in memory."""
        if not self._in_memory:
            self._in_memory, self._index, self._view = True, None, None
        return self._searched(self._opened())

    def _put_aside(self, folder: tuple[int, int] | None) -> None:
        """Remove a damaged index, unless another process has done so already."""
        self._checked.clear()
        if folder is None or _identity(self._folder) != folder:
            return
        aside = self._folder.with_name(f"{self._folder.name}.damaged-{uuid.uuid4().hex[:8]}")
        with suppress(OSError):
            self._folder.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)

    def _put(
        self, writer: tantivy.IndexWriter, gone: Collection[str] | None, entries: Iterable[Entry]
    ) -> int:
        with _told():
            if gone is None:
                writer.delete_all_documents()
            else:
                for unit in (*gone, STATE):
                    writer.delete_documents_by_term("unit", unit)
        words: set[str] = set()
        count, left = 0, iter(entries)
        while batch := list(islice(left, _AT_ONCE)):
            with _told():
                for entry in batch:
                    writer.add_document(self._document(entry, words))
            count += len(batch)
        with _told():
            known = self._opened().searcher() if gone is not None else None
            for word in words:
                if known is None or not known.doc_freq("word", word):
                    document = tantivy.Document()
                    document.add_text("word", word)
                    writer.add_document(document)
        return count

    def _document(self, entry: Entry, words: set[str]) -> tantivy.Document:
        document = tantivy.Document()
        stems = self._stems
        for field, texts in entry.texts.items():
            if texts:
                words.update(texts)
                document.add_text(text_field(entry.group, field), " ".join([stems[word] for word in texts]))
        for name, values in entry.filters.items():
            field = filter_field(name)
            for value in values:
                document.add_text(field, value)
        document.add_text("unit", entry.unit)
        document.add_text("group", entry.group)
        if entry.meaning:
            document.add_text("meaning", entry.meaning)
        for field, number in zip(NUMBERS, entry.numbers, strict=True):
            document.add_unsigned(field, number)
        document.add_bytes("source", entry.source)
        return document


def _state_document(written: bytes) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("unit", STATE)
    document.add_bytes("source", written)
    return document


@contextmanager
def _told() -> Iterator[None]:
    """Whatever tantivy ends with, also a panic, as `Damaged`."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, Conflict, OSError, Damaged):
        raise
    except Exception as error:
        raise Damaged(str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Damaged(str(error)) from error


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is replaced."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
