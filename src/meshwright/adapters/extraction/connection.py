"""Connections to DuckDB that can read the given files, write one folder, and nothing else."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from meshwright.adapters.extraction.scalars import literal
from meshwright.errors import Unavailable
from meshwright.sql.duckdb_types import quote_identifier

MEMORY = "1GiB"
"""What one extraction may use; DuckDB spills the rest to the scratch folder."""


@contextmanager
def scratch_folder(folder: Path) -> Iterator[Path]:
    """A folder below `folder` for what is gone afterwards.

    Raises:
        Unavailable: `folder` cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".extracting-", dir=folder))
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written", why=error.strerror) from None
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def guarded_connection(
    files: Sequence[str] = (), scratch: Path | None = None, attach: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads `files`, spills to and writes below `scratch`, in UTC.

    `attach` is a DuckDB database, attached read-only as `origin`. Extensions are neither
    installed nor loaded, and the configuration is locked.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    with duckdb.connect(":memory:", config=config) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET temp_directory = {literal(str(scratch) if scratch else '')}")
        connection.execute("SET enable_progress_bar = false")
        if attach is not None:
            connection.execute(f"ATTACH {literal(str(attach))} AS {quote_identifier('origin')} (READ_ONLY)")
        connection.execute(f"SET allowed_paths = [{', '.join(map(literal, files))}]")
        folders = [str(scratch)] if scratch else []
        connection.execute(f"SET allowed_directories = [{', '.join(map(literal, folders))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
