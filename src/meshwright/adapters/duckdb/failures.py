"""DuckDB's errors in Meshwright's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from meshwright.errors import BuildError, Unavailable

_DAMAGE = ("No magic bytes", "too small to be a Parquet", "orrupt Parquet", "ecompression", "TProtocol")


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
    except duckdb.PermissionException as error:
        raise Unavailable(
            f"{what}: {first_line(error)}",
            where=where,
            why="an environment's files are known by their absolute paths, and this one is outside it",
            way_out="move the mesh's folder back to where it was applied, or apply to a new environment",
        ) from error
    except duckdb.Error as error:
        if _is_damage(error):
            raise Unavailable(
                f"{what}: {first_line(error)}",
                where=where,
                why="a data file that it reads is damaged",
                way_out="roll the product back, or build it again",
            ) from error
        raise BuildError(f"{what}: {first_line(error)}", where=where) from error


def _is_damage(error: duckdb.Error) -> bool:
    """Whether an error tells of a Parquet file that is not one, or not whole.

    What the Parquet reader's own libraries raise (Thrift) comes as a plain `duckdb.Error`.
    """
    return type(error) is duckdb.Error or any(word in str(error) for word in _DAMAGE)


def first_line(error: BaseException) -> str:
    """The first line of an error, without the engine's own class name."""
    line = str(error).strip().split("\n")[0]
    head, _, rest = line.partition(" Error: ")
    return rest if rest and " " not in head.replace(" ", "", 2) else line
