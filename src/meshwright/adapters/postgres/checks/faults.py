"""What PostgreSQL says when a check cannot be computed."""

from __future__ import annotations

from meshwright.adapters.postgres.connection import said

_OF_THE_CHECK = frozenset({"0A", "21", "22", "23", "2F", "38", "42", "54", "P0"})
"""Classes of SQLSTATE for faults of one check; others are of the data, the machine or the connection."""

_CANCELED = "57014"


def is_fault_of_check(error: Exception) -> bool:
    """Whether other statements can still be run."""
    state = getattr(error, "sqlstate", None) or ""
    return state[:2] in _OF_THE_CHECK or state == _CANCELED


def reason(error: Exception) -> str:
    """Why PostgreSQL refused, in one line and without values."""
    text = said(error)
    for mark in ("ERROR: ", "FATAL: "):
        text = text.rpartition(mark)[2].strip()
    return text
