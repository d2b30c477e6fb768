"""DuckDB's errors in Meshwright's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from meshwright.errors import BuildError, Unavailable


@contextmanager
def translated(what: str, where: str | None) -> Iterator[None]:
    """Turn DuckDB's errors into BuildError (the statement's fault) or Unavailable (storage's)."""
    try:
        yield
    except duckdb.IOException as error:
        text = first_line(error)
        way_out = (
            "free space on the disk and run again"
            if "No space left" in text
            else "check that the warehouse is reachable, readable and writable, then run again"
        )
        raise Unavailable(f"{what}: {text}", where=where, way_out=way_out) from error
    except duckdb.OutOfMemoryException as error:
        raise Unavailable(
            f"{what}: {first_line(error)}",
            where=where,
            way_out="raise `memory_limit` in the environment's settings, or make the model smaller",
        ) from error
    except duckdb.Error as error:
        if "Parquet" in str(error) and ("magic" in str(error) or "corrupt" in str(error).lower()):
            raise Unavailable(
                f"{what}: {first_line(error)}",
                where=where,
                why="a data file is damaged",
                way_out="roll the product back, or build it again",
            ) from error
        raise BuildError(f"{what}: {first_line(error)}", where=where) from error


def first_line(error: BaseException) -> str:
    """The first line of an error, without the engine's own class name."""
    line = str(error).strip().split("\n")[0]
    head, _, rest = line.partition(" Error: ")
    return rest if rest and " " not in head.replace(" ", "", 2) else line
