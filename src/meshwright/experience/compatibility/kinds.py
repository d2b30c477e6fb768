"""What can change in a contract, and what each kind of change means for consumers and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Evolution = Literal["none", "in place", "rebuild"]
"""What a change asks of the table: nothing, a change of its schema in place, or a table built anew."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change. `breaking` is the rule; a change of the kind may say otherwise, with reason."""

    name: str
    breaking: bool
    evolution: Evolution
    meaning: str


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One difference between two versions of a contract, judged for its consumers.

    `object` and `column` (a dotted path), as they are called in data, are None for changes that concern
    more; `columns` are all columns involved. `old` and `new` are plain data.
    """

    kind: str
    object: str | None
    column: str | None
    breaking: bool
    reason: str
    old: Any = None
    new: Any = None
    evolution: Evolution = "none"
    columns: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """`object.column`, as far as the change names them."""
        return ".".join(part for part in (self.object, self.column) if part)

    def __str__(self) -> str:
        word = "breaking" if self.breaking else "compatible"
        where = f" {self.place}" if self.place else ""
        return f"{self.kind}{where}: {self.reason} ({word})"

    def as_json(self) -> dict[str, Any]:
        """The change as plain data."""
        return {
            "kind": self.kind,
            "object": self.object,
            "column": self.column,
            "breaking": self.breaking,
            "reason": self.reason,
            "old": self.old,
            "new": self.new,
            "evolution": self.evolution,
            "columns": list(self.columns),
        }


_ALL = (
    Kind("object_added", False, "none", "the contract has a new object"),
    Kind("object_removed", True, "none", "an object is gone, and every query on it fails"),
    Kind("column_added", False, "in place", "a new column; queries that name their columns do not see it"),
    Kind("column_removed", True, "in place", "a column is gone, and every query that names it fails"),
    Kind("column_renamed", True, "in place", "a column (known by its `id`) has another name"),
    Kind("column_moved", False, "in place", "the order of columns changed"),
    Kind("type_widened", False, "in place", "the type holds more values of the same sort"),
    Kind("type_narrowed", True, "rebuild", "the type holds fewer values: what was published may not fit"),
    Kind("type_changed", True, "rebuild", "the type is of another sort; what consumers compute changes"),
    Kind("nullable_to_required", True, "none", "nulls are now refused, so what was published may not fit"),
    Kind("required_to_nullable", True, "none", "a value consumers could count on may be missing"),
    Kind("enum_shrunk", True, "none", "values that were allowed are not any more"),
    Kind("enum_grown", True, "none", "values may occur that consumers do not know"),
    Kind("unique_added", False, "none", "values no longer occur twice"),
    Kind("unique_dropped", True, "none", "values may occur twice, and joins multiply rows"),
    Kind("key_added", False, "none", "rows can now be identified"),
    Kind("key_changed", True, "rebuild", "rows are identified in another way: joins and merges change"),
    Kind("bound_tightened", False, "none", "a logical type option (length, bounds, pattern ...) allows less"),
    Kind("bound_loosened", True, "none", "a logical type option (length, bounds, pattern ...) allows more"),
    Kind("quality_tightened", False, "none", "a quality rule is new, stricter or more severe"),
    Kind("quality_loosened", True, "none", "a quality rule with severity error is gone or weaker"),
    Kind("quality_changed", True, "none", "a quality rule measures something else"),
    Kind("relationship_added", False, "none", "a foreign key is promised"),
    Kind("relationship_removed", True, "none", "a foreign key is promised no more: joins may lose rows"),
    Kind("service_level_tightened", False, "none", "a service level is new or better"),
    Kind("service_level_loosened", True, "none", "a service level is gone or worse"),
    Kind("service_level_changed", False, "none", "a service level that has no better or worse is different"),
    Kind("classification_changed", False, "none", "the classification changed: readers may see it masked"),
    Kind("partition_changed", False, "in place", "new files are laid out in another way; data are the same"),
    Kind("description_changed", False, "in place", "words changed"),
    Kind("terms_changed", False, "none", "something beyond schema and service levels changed"),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
"""Every kind of change by name, in the order of the docs."""


def change(
    kind: str,
    obj: str | None,
    column: str | None,
    reason: str,
    old: Any = None,
    new: Any = None,
    *,
    breaking: bool | None = None,
    evolution: Evolution | None = None,
    columns: tuple[str, ...] = (),
) -> ContractChange:
    """A change of this kind; `breaking` and `evolution` are the kind's unless they are given."""
    meant = KINDS[kind]
    return ContractChange(
        kind,
        obj,
        column,
        meant.breaking if breaking is None else breaking,
        reason,
        old,
        new,
        meant.evolution if evolution is None else evolution,
        columns or ((column,) if column else ()),
    )
