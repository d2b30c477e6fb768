"""DuckDB's errors in Meshwright's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from meshwright.errors import BuildError, Unavailable
from meshwright.sql.duckdb_errors import without_values

_DAMAGE = ("No magic bytes", "too small to be a Parquet", "orrupt Parquet", "ecompression", "TProtocol")


@contextmanager
def translated(what: str, where: str | None) -> Iterator[None]:
    """Turn DuckDB's errors into BuildError (the statement's fault) or Unavailable (storage's).

    They quote no data: an error is kept as a fact, and more people read it than may read the data.
    """
    try:
        yield
    except duckdb.IOException as error:
        text = without_values(str(error))
        way_out = (
            "free space on the disk and run again"
            if "No space left" in text
            else "check that the warehouse is reachable, readable and writable, then run again"
        )
        raise Unavailable(f"{what}: {text}", where=where, way_out=way_out) from error
    except duckdb.OutOfMemoryException as error:
        raise Unavailable(
            f"{what}: {without_values(str(error))}",
            where=where,
            way_out="raise `memory_limit` in the environment's settings, or make the model smaller",
        ) from error
    except duckdb.PermissionException as error:
        raise Unavailable(
            f"{what}: {without_values(str(error))}",
            where=where,
            why="an environment's files are known by their absolute paths, and this one is outside it",
            way_out="move the mesh's folder back to where it was applied, or apply to a new environment",
        ) from error
    except duckdb.Error as error:
        if _is_damage(error):
            raise Unavailable(
                f"{what}: {without_values(str(error))}",
                where=where,
                why="a data file that it reads is damaged",
                way_out="roll the product back, or build it again",
            ) from error
        text = without_values(str(error))
        find = "find the rows with TRY_CAST(...) or TRY(...) in a query, where you may read them"
        raise BuildError(
            f"{what}: {text}", where=where, way_out=find if "withheld" in text else None
        ) from error


def _is_damage(error: duckdb.Error) -> bool:
    """Whether an error tells of a Parquet file that is not one, or not whole.

    What the Parquet reader's own libraries raise (Thrift) comes as a plain `duckdb.Error`.
    """
    return type(error) is duckdb.Error or any(word in str(error) for word in _DAMAGE)
