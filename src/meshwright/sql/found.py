"""Parts of a syntax tree that scopes are built from."""

from __future__ import annotations

from typing import Any

from meshwright.sql.guards import position
from meshwright.sql.scopes import Source
from meshwright.sql.statement import Reference


class Found:
    """A reference while its statement is being read."""

    __slots__ = ("alias", "changes", "crowded", "end", "parts", "qualifiers", "source", "start")

    def __init__(self, source: Source, parts: tuple[str, ...], changes: bool, start: int, end: int) -> None:
        self.source = source
        self.parts = parts
        self.changes = changes
        self.start = start
        self.end = end
        self.alias: str | None = None
        self.crowded = False
        self.qualifiers: list[tuple[int, int]] = []

    def reference(self, text: str) -> Reference:
        """The reference, as far as it is read."""
        line, column = position(text, self.start)
        return Reference(
            parts=self.parts,
            line=line,
            column=column,
            changes=self.changes,
            start=self.start,
            end=self.end,
            alias=self.alias,
            qualifiers=tuple(sorted(self.qualifiers)),
            crowded=self.crowded,
        )


def function_name(node: Any) -> str:
    """The name of a function call, in lower case."""
    if node.key == "anonymous":
        return str(node.name).lower()
    names: list[str] = node.sql_names()
    return names[0].lower()


def alias_columns(node: Any) -> tuple[str, ...]:
    """The columns that an alias names, `AS t(a, b)`, in lower case."""
    alias = node.args.get("alias")
    columns = alias.args.get("columns") if alias is not None and not isinstance(alias, str) else None
    return tuple(column.name.lower() for column in columns or ())
