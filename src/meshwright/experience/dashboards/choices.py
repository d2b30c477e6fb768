"""What readers choose: from the fields of a form to the parameters of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from meshwright.model.dashboard import Dashboard, Filter

SET = "set"
"""The field that a form sends whatever is chosen: without it, defaults count."""

Asked = Mapping[str, Sequence[str]]
"""Values by field, as text: what a form sends."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter as it is set: `chosen` are values as text by field; `problem`: what is not understood."""

    filter: Filter
    options: tuple[str, ...]
    chosen: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, Any]
    problem: str | None = None

    @property
    def words(self) -> str:
        """What is chosen, in words; empty where nothing is."""
        if self.filter.type in ("choice", "choices"):
            return ", ".join(self.chosen[self.filter.name])
        ends = [self.chosen[name][0] if self.chosen[name] else "" for name in self.filter.parameters]
        match [bool(end) for end in ends]:
            case [True, True]:
                return f"{ends[0]} to {ends[1]}"
            case [True, False]:
                return f"from {ends[0]}"
            case [False, True]:
                return f"until {ends[1]}"
        return ""


def read_choices(
    dashboard: Dashboard, asked: Asked, values_of: Callable[[Filter], Sequence[Any]]
) -> tuple[Choice, ...]:
    """Every filter as it is set; `values_of` gives what can be chosen of a `choice` or of `choices`.

    Only values that are there can be chosen; what means nothing is left out, and said.
    """
    told = SET in asked
    return tuple(
        _of_values(each, asked, told, values_of(each))
        if each.type in ("choice", "choices")
        else _of_ends(each, asked, told)
        for each in dashboard.filters
    )


def as_text(value: Any) -> str:
    """A value as forms and links have it."""
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _of_values(each: Filter, asked: Asked, told: bool, values: Sequence[Any]) -> Choice:
    known = {as_text(value): value for value in values if value is not None}
    default = [] if each.default is None else each.default
    texts = [text for text in asked.get(each.name, ()) if text != ""]
    if not told and not texts:
        texts = [as_text(value) for value in (default if isinstance(default, list) else [default])]
    wrong = next((text for text in texts if text not in known), None)
    chosen = tuple(dict.fromkeys(text for text in texts if text in known))
    if each.type == "choice":
        chosen = chosen[:1]
        parameter: Any = known[chosen[0]] if chosen else None
    else:
        parameter = [known[text] for text in chosen] or None
    problem = None if wrong is None else f"`{wrong[:60]}` is none of its values"
    return Choice(each, tuple(known), {each.name: chosen}, {each.name: parameter}, problem)


def _of_ends(each: Filter, asked: Asked, told: bool) -> Choice:
    read = _date if each.type == "dates" else _number
    default = each.default or {}
    chosen: dict[str, tuple[str, ...]] = {}
    parameters: dict[str, Any] = {}
    problem = None
    for name, end in zip(each.parameters, ("from", "to"), strict=True):
        text = next(iter(asked.get(name, ())), "")
        if not told and not text and end in default:
            text = as_text(default[end])
        try:
            parameters[name] = read(text) if text else None
        except (ValueError, InvalidOperation):
            what = "date, as 2026-06-30" if each.type == "dates" else "number"
            problem = f"`{text[:60]}` is no {what}"
            parameters[name], text = None, ""
        chosen[name] = (text,) if text else ()
    return Choice(each, (), chosen, parameters, problem)


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _number(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or len(text) > 30:
        raise ValueError(text)
    return value
