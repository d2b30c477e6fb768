"""What DuckDB has against text files, in words and without the rows that it likes to quote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from meshwright.errors import DriftError, MeshwrightError, Unavailable
from meshwright.sql.duckdb_errors import without_values

_MARKS = (
    "CSV Error on Line",
    "CSV Parser state machine",
    "Malformed JSON in file",
    "JSON transform error in file",
    "top-level JSON array",
    "not utf-8 encoded",
)
"""Words of errors that are a file's, whatever statement reads it."""

_PLACE = re.compile(r"(?:at byte \d+ )?in (?:line|record/value) \d+")


def is_of_file(error: duckdb.Error) -> bool:
    """Whether a text file cannot be read as what it should be."""
    return any(mark in str(error) for mark in _MARKS)


def explain(error: duckdb.Error, files: Sequence[Path], where: str) -> MeshwrightError:
    """DuckDB's error about one of `files`; `DriftError` where the file is not what it should be."""
    text = str(error)
    named = next((file.name for file in files if str(file) in text), None)
    file = named or ", ".join(file.name for file in files[:3])
    line = re.search(r"CSV Error on Line: (\d+)", text)
    place = f", line {line[1]}" if line else ""
    if "not utf-8 encoded" in text or "Invalid unicode" in text:
        return DriftError(
            f"{file}{place} is not encoded in UTF-8",
            where=where,
            way_out="write the right `encoding:` below the server, for example latin-1 or cp1252",
        )
    if "JSON in file" in text or "JSON transform error" in text or "top-level JSON array" in text:
        return _explain_json(text, file, where)
    if line or "CSV" in text:
        return _explain_csv(text, f"{file} is no well-formed CSV{place}", where)
    return Unavailable(
        f"{file} cannot be read",
        where=where,
        why=without_values(text),
        way_out="deliver the file again, complete and readable",
    )


def _explain_csv(text: str, what: str, where: str) -> DriftError:
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if counts:
        why = f"the header has {counts[1]} columns, the line {counts[2]}"
    elif "unterminated quote" in text:
        why = "a quote is not closed, or something stands behind a closing one"
    elif "state machine" in text:
        why = "its lines do not all end the same way, or a quote is out of place"
    else:
        why = without_values(text)
    return DriftError(
        what, where=where, why=why, way_out="correct the file, or the `delimiter` of the server"
    )


def _explain_json(text: str, file: str, where: str) -> MeshwrightError:
    found = _PLACE.search(text)
    place = f", {found[0]}" if found else ""
    expected = re.search(r"Expected (OBJECT), but got (\w+)", text)
    twice = "has duplicate key" in text
    if "Malformed" in text:
        said = re.search(r"in (?:line|record/value) \d+: ([a-z -]+)", text)
        return Unavailable(
            f"{file} cannot be read",
            where=where,
            why=f"it is no well-formed JSON{place}" + (f": {said[1]}" if said else ""),
            way_out="deliver the file again, complete, or correct the `format` of the server (json, jsonl)",
        )
    if expected:
        what, why = f"{file} holds what is no record{place}", f"it is {expected[2].lower()}, not an object"
    else:
        what = f"{file} cannot be read as records{place}"
        why = "an object has a key twice" if twice else without_values(text)
    return DriftError(
        what, where=where, why=why, way_out="correct the file, or the `format` of the server (json, jsonl)"
    )
