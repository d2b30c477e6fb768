"""Statements of models: one SELECT, and what it refers to."""

from __future__ import annotations

from dataclasses import dataclass, field

from meshwright.sql.scopes import Query


@dataclass(frozen=True, slots=True)
class Reference:
    """One place in a statement where a table is read that the statement does not make itself.

    `parts` are as written, without quotes: `("crm", "deals")`. `line` and `column` count from 1.
    `start` and `end` delimit it in the text, `changes(...)` included; `alias` is the name, as SQL,
    by which the rest of the statement knows it when the statement gives it no alias, and
    `qualifiers` are the spans of column prefixes (`crm.deals` in `crm.deals.id`) that mean it.
    `crowded` says that another table in sight would get the same name.
    """

    parts: tuple[str, ...]
    line: int
    column: int
    changes: bool = False
    start: int = 0
    end: int = 0
    alias: str | None = None
    qualifiers: tuple[tuple[int, int], ...] = ()
    crowded: bool = False

    @property
    def key(self) -> str:
        """What tells it from other references: `crm.deals` or `changes(crm.deals)`."""
        name = ".".join(self.parts)
        return f"changes({name})" if self.changes else name


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT: its text, the dialect it is written in, and its references in reading order.

    `where` names its file for errors, `ctes` are the names its WITH clauses give, in lower case,
    and `query` holds its scopes. A `plain` one selects and compares the columns of one table: reading
    it again costs as much as reading its result, and gives the same. `parameters` are the names of those that
    it holds, where it may hold any.
    """

    text: str
    dialect: str
    where: str
    references: tuple[Reference, ...]
    ctes: frozenset[str]
    query: Query = field(repr=False, compare=False)
    plain: bool = field(default=False, compare=False)
    parameters: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its references, each once."""
        return tuple(dict.fromkeys(reference.key for reference in self.references))
