"""What DuckDB says when a check cannot be computed."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

CHECK_FAULTS = (duckdb.DataError, duckdb.ProgrammingError, duckdb.NotSupportedError)
"""Faults of one check; others are of the data, the machine or the connection."""


def reason(error: duckdb.Error, withheld: Collection[str] = ()) -> str:
    """Why DuckDB refused, in one line; without values where the object holds classified ones."""
    text = str(error).strip().splitlines()[0]
    kind, separator, rest = text.partition("Error: ")
    if not separator:
        return text
    if withheld and isinstance(error, (duckdb.DataError, duckdb.InvalidInputException)):
        return f"{kind.strip().lower()} error; its text is withheld, as the object holds classified data"
    return rest.strip()
