"""What RE2 has against a pattern."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from meshwright.adapters.extraction.connection import guarded_connection


def refusal(pattern: str, error: duckdb.Error) -> str:
    """Why a pattern cannot be run: that quotes the contract, never data."""
    line = str(error).strip().splitlines()[0]
    return (
        f"the pattern `{pattern}` is not a regular expression that RE2 can run "
        f"({line.partition('Error: ')[2] or line}); RE2 has no look-around and no back-references"
    )


def refusals(patterns: Iterable[str]) -> Mapping[str, str]:
    """Those of the patterns that RE2 cannot run, and why."""
    found: dict[str, str] = {}
    with guarded_connection() as connection:
        for pattern in dict.fromkeys(patterns):
            try:
                connection.execute("SELECT regexp_matches('', ?)", [pattern]).fetchall()
            except duckdb.Error as error:
                found[pattern] = refusal(pattern, error)
    return found
