"""Paths to nested values, whatever engine follows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from meshwright.model.check import CheckSpec, Step
from meshwright.model.types import ColumnType


class NotThere(Exception):
    """A column of the check is not in the data; the message names it and what is near."""


def path_of(spec: CheckSpec) -> tuple[Step, ...]:
    """The way from the row to the check's value."""
    return spec.steps or (("field", spec.column or ""),)


def not_there(name: str, names: Iterable[str]) -> NotThere:
    """A column or field that is not among those that there are."""
    folded = {field.lower(): field for field in names}
    close = get_close_matches(name.lower(), folded, 1)
    return NotThere(f"no column `{name}`" + (f"; there is `{folded[close[0]]}`" if close else ""))


def no_such_part(kind: ColumnType, step: str, name: str) -> NotThere:
    """A type that has no parts of this sort."""
    what = {"field": f"field `{name}`", "items": "items", "values": "values", "keys": "keys"}[step]
    return NotThere(f"no {what}: the column is {kind}")


def label(path: Sequence[Step]) -> str:
    """A path for people: `lines[].price`."""
    parts = {"items": "[]", "values": "{}", "keys": "{key}"}
    return "".join(parts.get(step, f".{name}") for step, name in path).removeprefix(".")
