"""What DuckDB says when a check cannot be computed."""

from __future__ import annotations

import duckdb

from meshwright.sql.duckdb_errors import without_values

CHECK_FAULTS = (duckdb.DataError, duckdb.ProgrammingError, duckdb.NotSupportedError)
"""Faults of one check; others are of the data, the machine or the connection."""


def reason(error: duckdb.Error) -> str:
    """Why DuckDB refused, in one line and without values."""
    return without_values(str(error))
