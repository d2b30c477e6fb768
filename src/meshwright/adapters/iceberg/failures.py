"""What PyIceberg, and what it reads with, raise, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa
from pyiceberg.exceptions import NoSuchTableError, RESTError

from meshwright.errors import MeshwrightError, Unavailable
from meshwright.sql.duckdb_errors import without_values


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn errors of a table's files into `Unavailable`."""
    try:
        yield
    except MeshwrightError:
        raise
    except (OSError, pa.ArrowException, RESTError, NoSuchTableError, ValueError, EOFError, KeyError) as error:
        raise Unavailable(
            "the table cannot be read",
            where=where,
            why=(str(error) or type(error).__name__).splitlines()[0],
            way_out="restore the table's files, or correct the location",
        ) from None


def explain(error: duckdb.Error, where: str) -> MeshwrightError:
    """DuckDB's error about rows that were read of a table."""
    return Unavailable("the table's rows cannot be read", where=where, why=without_values(str(error)))
