"""Changes of columns: what is there, its type, its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meshwright.experience.compatibility.kinds import ContractChange, Evolution, change
from meshwright.experience.compatibility.quality import compare_rules
from meshwright.experience.resolution import stable_id
from meshwright.model.contract import Contract, Property
from meshwright.model.types import INTEGERS, ColumnType, accepts, column_type

_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_SAME = ("pattern", "format", "multipleOf", "uniqueItems", "required", "dimensions")
_TEMPORAL = frozenset({"date", "time", "timestamp", "timestamptz"})
_NUMERIC = frozenset({*INTEGERS, "decimal", "float", "double"})


class Columns:
    """Compares the columns of one object in two versions of a contract."""

    def __init__(self, old: Contract, new: Contract, obj: str) -> None:
        self.old = old
        self.new = new
        self.obj = obj

    def compare(
        self, old: Sequence[Property], new: Sequence[Property], parent: str = ""
    ) -> Iterator[ContractChange]:
        """The changes of one level of properties, nested ones included."""
        before = {prop.column: prop for prop in old}
        after = {prop.column: prop for prop in new}
        removed = [prop for name, prop in before.items() if name not in after]
        added = [prop for name, prop in after.items() if name not in before]
        renamed = self._renamed(removed, added)
        for prop in removed:
            name = f"{parent}{prop.column}"
            if prop.column in renamed:
                other = renamed[prop.column]
                yield change(
                    "column_renamed", self.obj, name, f"it is called `{other.column}` now",
                    prop.column, other.column,
                )  # fmt: skip
                yield from self._pair(prop, other, name)
            else:
                yield change(
                    "column_removed",
                    self.obj,
                    name,
                    "the column is gone",
                    str(column_type(prop)),
                    evolution="rebuild" if prop.primary_key_position is not None else None,
                )
        taken = {prop.column for prop in renamed.values()}
        for prop in added:
            if prop.column not in taken:
                yield change(
                    "column_added", self.obj, f"{parent}{prop.column}", "the column is new",
                    new=str(column_type(prop)),
                )  # fmt: skip
        for name, prop in before.items():
            if name in after:
                yield from self._pair(prop, after[name], f"{parent}{name}")
        stay_old = [name for name in before if name in after]
        stay_new = [name for name in after if name in before]
        if stay_old != stay_new:
            yield change(
                "column_moved", self.obj, parent.rstrip(".") or None,
                "the columns have another order", stay_old, stay_new,
            )  # fmt: skip

    def _renamed(self, removed: list[Property], added: list[Property]) -> Mapping[str, Property]:
        """Old name -> new property, where both carry the same stable id."""
        if not removed or not added:
            return {}
        by_id = {name: p for p in added if (name := stable_id(self.new, p.path))}
        found = {p.column: by_id[name] for p in removed if (name := stable_id(self.old, p.path)) in by_id}
        return found

    def _pair(self, old: Property, new: Property, name: str) -> Iterator[ContractChange]:
        yield from self._type(old, new, name)
        yield from self._presence(old, new, name)
        yield from self._enum(old, new, name)
        if column_type(old).kind == column_type(new).kind:
            yield from self._options(old, new, name)
        yield from compare_rules(old.quality, new.quality, self.obj, name)
        if old.classification != new.classification:
            yield change(
                "classification_changed", self.obj, name,
                f"it was {old.classification or 'not classified'}, "
                f"now it is {new.classification or 'not classified'}",
                old.classification, new.classification,
            )  # fmt: skip
        if old.description != new.description:
            yield change(
                "description_changed", self.obj, name, "its description changed",
                old.description, new.description,
            )  # fmt: skip
        for path, one, two in (
            (f"{name}[]", old.items, new.items),
            (f"{name}{{key}}", old.map_key, new.map_key),
            (f"{name}{{}}", old.map_value, new.map_value),
        ):
            if one is not None and two is not None:
                yield from self._pair(one, two, path)
        if old.properties or new.properties:
            yield from self.compare(old.properties, new.properties, f"{name}.")

    def _type(self, old: Property, new: Property, name: str) -> Iterator[ContractChange]:
        before, after = column_type(old), column_type(new)
        if before == after:
            return
        if before.kind == after.kind and before.kind in ("struct", "list", "map") and _parts(old, new):
            return  # the parts are compared one by one
        kind, reason, breaking = judge_type(before, after)
        yield change(
            kind, self.obj, name, reason, str(before), str(after), breaking=breaking,
            evolution=type_evolution(before, after),
        )  # fmt: skip

    def _presence(self, old: Property, new: Property, name: str) -> Iterator[ContractChange]:
        if old.required and not new.required:
            yield change("required_to_nullable", self.obj, name, "it may be null now", True, False)
        elif new.required and not old.required:
            yield change("nullable_to_required", self.obj, name, "it may not be null any more", False, True)
        if old.unique and not new.unique:
            yield change("unique_dropped", self.obj, name, "its values may occur twice now", True, False)
        elif new.unique and not old.unique:
            yield change("unique_added", self.obj, name, "its values are unique now", False, True)

    def _enum(self, old: Property, new: Property, name: str) -> Iterator[ContractChange]:
        before, after = old.enum, new.enum
        if before == after:
            return
        if before is None or after is None:
            kind = "enum_shrunk" if before is None else "enum_grown"
            what = "its values are limited to a list now" if before is None else "any value may occur now"
            yield change(kind, self.obj, name, what, _plain(before), _plain(after))
            return
        gone = [value for value in before if value not in after]
        fresh = [value for value in after if value not in before]
        if gone:
            yield change(
                "enum_shrunk", self.obj, name, f"not allowed any more: {_list(gone)}",
                _plain(before), _plain(after),
            )  # fmt: skip
        if fresh:
            yield change(
                "enum_grown", self.obj, name, f"may occur now: {_list(fresh)}", _plain(before), _plain(after)
            )

    def _options(self, old: Property, new: Property, name: str) -> Iterator[ContractChange]:
        kind = column_type(old).kind
        for option in (*_UPPER, *_LOWER, *_SAME):
            if option == "format" and (kind in _TEMPORAL or kind in _NUMERIC):
                continue  # how it is written down, or part of the type
            before, after = old.options.get(option), new.options.get(option)
            if before == after:
                continue
            tighter = _tighter(option, before, after)
            yield change(
                "bound_tightened" if tighter else "bound_loosened", self.obj, name,
                _option_in_words(option, before, after), before, after,
            )  # fmt: skip


def judge_type(old: ColumnType, new: ColumnType) -> tuple[str, str, bool]:
    """The kind of a change of type, the reason in words, and whether it breaks consumers."""
    words = f"{old} became {new}"
    if old.kind == "any":
        return "type_narrowed", f"the type was open and is {new} now", False
    if new.kind == "any":
        return "type_changed", f"the type was {old} and is open now", True
    same_sort = old.kind == new.kind or any(
        {old.kind, new.kind} <= sort for sort in (frozenset(INTEGERS), frozenset({"float", "double"}))
    )
    if same_sort and accepts(new, old):
        return "type_widened", f"{words}, which holds every value of {old}", False
    if same_sort and accepts(old, new):
        return "type_narrowed", f"{words}, which does not hold every value of {old}", True
    return "type_changed", words, True


def type_evolution(old: ColumnType, new: ColumnType) -> Evolution:
    """What a change of type asks of an Iceberg table (format version 2, schema evolution).

    Integers of up to 32 bits are one type there. In place go int to long, float to double, and a
    decimal with more digits before the point.
    """
    before, after = _stored(old), _stored(new)
    if before == after:
        return "none"
    promotions = {("int", "long"), ("float", "double")}
    if (before, after) in promotions:
        return "in place"
    if old.kind == new.kind == "decimal" and old.scale == new.scale and old.precision <= new.precision:
        return "in place"
    return "rebuild"


def _stored(kind: ColumnType) -> str:
    if kind.kind in ("int8", "int16", "int32"):
        return "int"
    return "long" if kind.kind == "int64" else str(kind)


def _parts(old: Property, new: Property) -> bool:
    """Whether both sides describe their parts, so that comparing those covers the type."""
    structs = old.properties and new.properties
    items = old.items is not None and new.items is not None
    values = old.map_value is not None and new.map_value is not None
    return bool(structs or items or values)


def _tighter(option: str, old: Any, new: Any) -> bool:
    """Whether the new value of an option allows no more than the old one."""
    if old is None or (option == "uniqueItems" and not old):
        return True
    if new is None:
        return False
    try:
        if option in _UPPER:
            return bool(new <= old)
        if option in _LOWER:
            return bool(new >= old)
        if option == "multipleOf":
            return bool(new % old == 0)
        if option == "required":
            return set(old) <= set(new)
    except (TypeError, ZeroDivisionError):
        return False
    return False


def _option_in_words(option: str, old: Any, new: Any) -> str:
    if old is None:
        return f"`{option}` is {new} now"
    if new is None:
        return f"`{option}` was {old} and is gone"
    return f"`{option}` was {old} and is {new} now"


def _list(values: Sequence[Any]) -> str:
    shown = ", ".join(f"`{value}`" for value in values[:5])
    return shown + (f" and {len(values) - 5} more" if len(values) > 5 else "")


def _plain(values: Sequence[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)
