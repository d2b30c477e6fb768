"""Text and JSON read in a contract's types, with every value that is not of its type told apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meshwright.adapters.extraction.fitting import JSON, Manner, fit, json_text, of_json_type
from meshwright.adapters.extraction.scalars import from_text
from meshwright.model.check import Step
from meshwright.model.contract import Property
from meshwright.model.types import ColumnType, column_type

JUDGED = Manner(strict=False, typed=True)

_SHAPES = {"struct": "OBJECT", "list": "ARRAY", "map": "OBJECT"}


@dataclass(frozen=True, slots=True)
class Misfit:
    """Values at a place of a row that are not of the type which the contract gives that place.

    `test` is true for a row that holds one, `shown` is the first of them as text. Both are SQL
    over a relation that has the values as they were found beside those in the contract's types.
    Of a column that is no nested one, `found` and `value` are the names of the two; where they are
    the same, no row holds one.
    """

    steps: tuple[Step, ...]
    test: str
    shown: str
    found: str | None = None
    value: str | None = None

    @property
    def possible(self) -> bool:
        """Whether there can be a row that holds one."""
        return self.found is None or self.found != self.value

    @property
    def counted(self) -> str:
        """An aggregate: the rows for which `test` is true."""
        if self.found is None or self.value is None:
            return f"count_if({self.test})"
        return f"count({self.found}) - count({self.value})"


def judged_value(found: str, kind: ColumnType, prop: Property) -> str:
    """A column in the property's type, NULL where a value does not fit; `found` is its SQL."""
    fitted = fit(found, kind, prop, JUDGED)
    assert fitted is not None, "text and JSON can always be tried"
    return fitted.value


def misfits(found: str, value: str, kind: ColumnType, prop: Property) -> Iterator[Misfit]:
    """The misfits of a top-level column, and of what is nested in it.

    `found` and `value` are SQL of the column as it is found and as `judged_value` reads it.
    """
    steps: tuple[Step, ...] = (("field", prop.column),)
    if kind == JSON:
        yield from _of_json(found, steps, (), prop, value)
    elif column_type(prop).kind in _SHAPES:
        parsed = f"TRY_CAST({found} AS JSON)"
        broken = f"({found} IS NOT NULL AND {parsed} IS NULL)"
        for one in _of_json(parsed, steps, (), prop, value):
            own = one.steps == steps
            yield Misfit(one.steps, f"({broken} OR {one.test})", found) if own else one
    elif from_text(found, column_type(prop), prop) == found:
        yield Misfit(steps, f"strlen({found}) < 0", found, found, found)  # never so, yet all of it is read
    else:
        yield misfit_of_column(found, value, prop)


def misfit_of_column(found: str, value: str, prop: Property) -> Misfit:
    """Those of a column that is no nested one: what is found, and has no value."""
    test = f"({found} IS NOT NULL AND {value} IS NULL)"
    return Misfit((("field", prop.column),), test, found, found, value)


def _of_json(
    root: str, steps: tuple[Step, ...], inner: tuple[Step, ...], prop: Property, value: str
) -> Iterator[Misfit]:
    """Misfits at `inner`, counted from the column's JSON value `root`, and below it."""
    declared = column_type(prop)
    keys = bool(inner) and inner[-1][0] == "keys"
    if declared.kind != "any":
        if not inner and declared.kind not in _SHAPES:
            test = f"({root} IS NOT NULL AND {value} IS NULL)"
            yield Misfit(steps, test, json_text(root), root, value)
        else:
            test = _any(root, inner, declared, prop, 0)
            yield Misfit((*steps, *inner), f"COALESCE({test}, false)", _first(root, inner, declared, prop))
    if keys:
        return
    for child in prop.properties:
        yield from _of_json(root, steps, (*inner, ("field", child.column)), child, value)
    for step, part in (("items", prop.items), ("keys", prop.map_key), ("values", prop.map_value)):
        if part is not None:
            yield from _of_json(root, steps, (*inner, (step, "")), part, value)


def _is_misfit(value: str, declared: ColumnType, prop: Property, key: bool) -> str:
    """Whether one JSON value, or the key of a map, is no value of its type."""
    if key:
        return f"({from_text(value, declared, prop)}) IS NULL"
    there = f"{json_text(value)} IS NOT NULL"
    shape = _SHAPES.get(declared.kind)
    if prop.logical_type == "vector":  # its items have no checks of their own
        whole = fit(value, JSON, prop, JUDGED)
        assert whole is not None
        return whole.misfit
    if shape:
        return f"({there} AND json_type({value}) <> '{shape}')"
    return f"({there} AND ({of_json_type(value, declared, prop)}) IS NULL)"


def _any(value: str, rest: tuple[Step, ...], declared: ColumnType, prop: Property, depth: int) -> str:
    if not rest:
        return _is_misfit(value, declared, prop, False)
    (step, name), rest = rest[0], rest[1:]
    if step == "field":
        return _any(_field(value, name), rest, declared, prop, depth)
    item = f"v{depth}"
    test = _is_misfit(item, declared, prop, True) if step == "keys" else None
    test = test or _any(item, rest, declared, prop, depth + 1)
    return f"len(list_filter({_several(value, step)}, lambda {item}: {test})) > 0"


def _first(value: str, rest: tuple[Step, ...], declared: ColumnType, prop: Property) -> str:
    """The first misfit in a row that has one, as text."""
    depth = 0
    while rest:
        (step, name), rest = rest[0], rest[1:]
        if step == "field":
            value = _field(value, name)
            continue
        item = f"v{depth}"
        key = step == "keys"
        test = _is_misfit(item, declared, prop, True) if key else _any(item, rest, declared, prop, depth + 1)
        value = f"list_filter({_several(value, step)}, lambda {item}: {test})[1]"
        if key:
            return value
        depth += 1
    return json_text(value)


def _field(value: str, name: str) -> str:
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    return f"json_extract({value}, '{pointer.replace(chr(39), chr(39) * 2)}')"


def _several(value: str, step: str) -> str:
    if step == "items":
        return f"CASE WHEN json_type({value}) = 'ARRAY' THEN CAST({value} AS JSON[]) END"
    if step == "keys":
        return f"CASE WHEN json_type({value}) = 'OBJECT' THEN json_keys({value}) END"
    return f"CASE WHEN json_type({value}) = 'OBJECT' THEN json_extract({value}, '$.*') END"
