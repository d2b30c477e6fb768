"""What runs beside a model's process: feeding its inputs, keeping the end of what it prints."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 1 << 16
"""Rows of a batch on its way to a model, at most."""

PIPE = 1 << 20
"""Bytes that a pipe holds, where the system allows it."""


def write_stream(reader: pa.RecordBatchReader, file: BinaryIO) -> None:
    """Write a reader as an Arrow IPC stream, in batches of a bounded size, and close the reader."""
    import pyarrow as pa

    try:
        with pa.ipc.new_stream(file, reader.schema) as writer:
            for batch in reader:
                for start in range(0, batch.num_rows, ROWS):
                    writer.write_batch(batch.slice(start, ROWS))
                    file.flush()
    finally:
        with contextlib.suppress(Exception):
            reader.close()


class Feeder(threading.Thread):
    """Writes one input into a pipe until the reader is empty or nobody reads any more.

    `error` is what the reader raised; then `failed` has been called.
    """

    def __init__(self, reader: pa.RecordBatchReader, descriptor: int, failed: Callable[[], None]) -> None:
        super().__init__(name="model input", daemon=True)
        self._reader = reader
        self._descriptor = descriptor
        self._failed = failed
        self.error: Exception | None = None

    def run(self) -> None:
        """Feed."""
        with contextlib.suppress(OSError), os.fdopen(self._descriptor, "wb") as pipe:
            try:
                write_stream(self._reader, pipe)
            except BrokenPipeError:
                pass
            except Exception as error:  # noqa: BLE001 (raised again by whoever waits for the model)
                self.error = error
                self._failed()


class Tail(threading.Thread):
    """Keeps the last bytes that come out of a pipe."""

    def __init__(self, descriptor: int, size: int = 8192) -> None:
        super().__init__(name="model output", daemon=True)
        self._descriptor = descriptor
        self._size = size
        self._kept = b""

    def run(self) -> None:
        """Read to the end."""
        while chunk := os.read(self._descriptor, 1 << 16):
            self._kept = (self._kept + chunk)[-self._size :]
        os.close(self._descriptor)

    @property
    def text(self) -> str:
        """What was kept."""
        return self._kept.decode("utf-8", "replace")


def pipe() -> tuple[int, int]:
    """A pipe with a large buffer: descriptors to read and to write."""
    import fcntl

    read, write = os.pipe()
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PIPE)
    return read, write
