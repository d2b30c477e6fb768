"""The statements of lineage_cases.txt, and the tables they read."""

from __future__ import annotations

from pathlib import Path

SCHEMAS = {
    "crm.deals": ["id", "client_id", "status", "amount", "fee", "closed_at", "tags", "place"],
    "crm.clients": ["client_id", "name", "email", "city", "since", "rating"],
}


def read_cases():
    """The blocks of lineage_cases.txt: a statement, the columns of its result, and its edges."""
    text = (Path(__file__).parent / "lineage_cases.txt").read_text()
    for block in text.split("\n\n"):
        first, *lines = block.strip("\n").split("\n")
        if first.startswith("#") or not first:
            continue
        sql, _, wanted = first.partition(" => ")
        expected = {}
        for line in lines:
            column, _, edges = line.strip().partition(": ")
            expected[column] = set(edges.split(", "))
        yield sql, tuple(wanted.split(", ")) if wanted else None, expected


CASES = list(read_cases())
