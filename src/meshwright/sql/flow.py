"""What comes out of a query: where each of its columns comes from."""

from __future__ import annotations

from dataclasses import dataclass, field

from meshwright.model.lineage import ANY, ROWS
from meshwright.sql.derivation import COMPOSED, IDENTITY, TRANSFORMATION
from meshwright.sql.scopes import Source, StarRef

Origins = set[tuple[str, str, int]]
"""What something comes from: reference keys with their columns, and how."""


@dataclass(slots=True, eq=False)
class Flow:
    """What comes out of a query: its columns, in order, by name and number, and its rows.

    `open` are stars over sources whose columns are not known, `nameless` holds what comes from
    results that only the engine names, `rest` what may be in any column that is not known here.
    """

    names: list[str] = field(default_factory=list)
    made: list[Origins] = field(default_factory=list)
    columns: dict[str, Origins] = field(default_factory=dict)
    rows: Origins = field(default_factory=set)
    open: list[tuple[StarRef, Source]] = field(default_factory=list)
    nameless: Origins = field(default_factory=set)
    rest: Origins = field(default_factory=set)

    def add(self, name: str, origins: Origins) -> None:
        """One more column; `name` is empty where the engine gives one."""
        self.names.append(name)
        self.made.append(origins)
        if not name:
            self.nameless |= origins
        elif name in self.columns:
            self.columns[name] = self.columns[name] | origins
        else:
            self.columns[name] = origins

    def size(self) -> int:
        """How much is known; grows while a recursive query settles."""
        return sum(map(len, self.made)) + len(self.rows) + len(self.rest) + len(self.nameless)


def made_of(how: int, origins: Origins) -> Origins:
    """What comes of `origins` when `how` is made of them."""
    if how == IDENTITY:
        return origins
    step = COMPOSED[how]
    return {(key, column, step[before]) for key, column, before in origins}


def fields_of(path: tuple[str, ...], origins: Origins) -> Origins:
    """A field of what comes from `origins`: of a column that is carried over as it is, the dotted path."""
    if not path:
        return origins
    below = "." + ".".join(path)
    return {
        (key, column + below, how)
        if how == IDENTITY and column not in (ROWS, ANY)
        else (key, column, COMPOSED[TRANSFORMATION][how])
        for key, column, how in origins
    }
