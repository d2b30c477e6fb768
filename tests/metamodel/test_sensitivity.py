"""How much protection columns ask for."""

from __future__ import annotations

from typing import Any

from tests.metamodel.declared import bundle, rows_of, tables_of


def test_classifications_have_ranks_and_nested_columns_that_of_the_column_above() -> None:
    properties: list[dict[str, Any]] = [
        {"name": "a", "classification": "Public"},
        {"name": "b", "classification": " internal "},
        {"name": "c"},
        {"name": "d", "classification": "PII"},
        {"name": "e", "classification": "a word of our own"},
        {
            "name": "f",
            "classification": "personal",
            "properties": [{"name": "g"}, {"name": "h", "classification": "public"}],
        },
        {"name": "j", "properties": [{"name": "k", "classification": "internal"}]},
        {"name": "l", "classification": "internal", "properties": [{"name": "m", "classification": "pii"}]},
        {"name": "i", "items": {"logicalType": "string", "classification": "confidential"}},
    ]
    document = {"id": "c", "version": "1.0.0", "apiVersion": "v3.2.0"}
    one = bundle("d/p", {}, {**document, "schema": [{"name": "o", "properties": properties}]})
    rows = {
        row["path"]: (row["sensitivity"], row["personal"])
        for row in rows_of(tables_of({one.key: one}), "columns")
    }
    assert rows == {
        "a": (0, False),
        "b": (1, False),
        "c": (2, False),
        "d": (3, True),
        "e": (2, False),
        "f": (3, True),
        "f.g": (3, True),
        "f.h": (0, False),
        "j": (1, False),
        "j.k": (1, False),
        "l": (3, True),
        "l.m": (3, True),
        "i": (2, False),
        "i[]": (2, False),
    }
