"""How a source differs from the contract that describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from meshwright.model.contract import ContractObject
from meshwright.model.types import ColumnType, assignable, column_type, loose_kinds


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: a column is `missing`, has another `type`, or is `new`.

    `breaking` says whether the contract is broken by it; a new column only informs.
    """

    kind: Literal["missing", "type", "new"]
    column: str
    message: str

    @property
    def breaking(self) -> bool:
        """Whether the source no longer keeps its contract."""
        return self.kind != "new"


def compare_source(obj: ContractObject, found: Mapping[str, ColumnType]) -> tuple[Difference, ...]:
    """The differences between a contract's object and what is at the source, in contract order.

    A type `any` at the source fits everything: such a source knows no types. A missing column
    names the new one that it may have been renamed to.
    """
    differences: list[Difference] = []
    declared = {prop.column for prop in obj.properties}
    new = [name for name in found if name not in declared]
    for prop in obj.properties:
        kind = found.get(prop.column)
        if kind is None:
            differences.append(Difference("missing", prop.column, _missing(prop.column, new, found)))
            continue
        wanted = column_type(prop)
        if not _fits(wanted, kind, loose_kinds(prop)):
            differences.append(
                Difference(
                    "type",
                    prop.column,
                    f"column `{prop.column}` is {kind} at the source, and the contract says {wanted}",
                )
            )
    differences += [
        Difference(
            "new", name, f"column `{name}`{_typed(found[name])} is new at the source and not in the contract"
        )
        for name in new
    ]
    return tuple(differences)


def _fits(wanted: ColumnType, found: ColumnType, loose: frozenset[str] = frozenset()) -> bool:
    if found.kind == "any" or assignable(wanted, loose, found):
        return True
    if wanted.kind == "struct" and not wanted.fields:
        return found.kind == "string"  # an object whose parts nobody declared is JSON text
    if wanted.kind != found.kind or wanted.kind not in ("struct", "list", "map"):
        return False
    if wanted.kind == "struct":
        have = dict(found.fields)
        return all(name in have and _fits(kind, have[name]) for name, kind in wanted.fields)
    pairs = [(wanted.item, found.item), (wanted.key, found.key)]
    return all(a is None or b is None or _fits(a, b) for a, b in pairs)


def _missing(column: str, new: list[str], found: Mapping[str, ColumnType]) -> str:
    message = f"column `{column}` is missing at the source"
    folded = {_folded(name): name for name in new}
    close = get_close_matches(_folded(column), folded, 1, 0.6)
    if close:
        name = folded[close[0]]
        return f"{message}; was it renamed to `{name}`{_typed(found[name])}?"
    return message


def _typed(kind: ColumnType) -> str:
    """The type in brackets; nothing where the source knows none."""
    return "" if kind.kind == "any" else f" ({kind})"


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
