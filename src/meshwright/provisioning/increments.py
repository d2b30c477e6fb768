"""Increments: how far a source was read, and from where to read on.

Cursors are kept as text: numbers in decimal digits, dates as `YYYY-MM-DD`, timestamps as ISO 8601
with microseconds (those with a zone in UTC). The lower bound of an increment is included, so rows at
the bound come again; whoever merges them removes duplicates by key.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from meshwright.errors import InputError
from meshwright.model.types import INTEGERS, ColumnType

if TYPE_CHECKING:
    from meshwright.provisioning.ports import Increment

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_UNITS = {**_SECONDS, "s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*\Z", re.IGNORECASE)

Value = int | Decimal | float | date | datetime | str
"""A cursor's value as it is compared."""


def parse_lookback(text: str | int | float) -> float:
    """A lookback in seconds (`"2 hours"`, `"1 day"`) or, for a plain number, in units of the cursor.

    >>> parse_lookback("2 hours"), parse_lookback(5), parse_lookback("1 week")
    (7200.0, 5.0, 604800.0)

    Raises:
        InputError: it is neither, or negative.
    """
    number: float | None = None
    if isinstance(text, int | float) and not isinstance(text, bool):
        number = float(text)
    elif isinstance(text, str):
        duration = _DURATION.match(text)
        unit = duration[2].lower() if duration else ""
        seconds = _UNITS.get(unit) or _SECONDS.get(unit.removesuffix("s"))
        if duration and seconds:
            number = float(duration[1]) * seconds
        elif re.fullmatch(r"\s*\d+(\.\d+)?\s*", text):
            number = float(text)
    if number is None or not math.isfinite(number) or number < 0:
        raise InputError(
            f"`{text}` is no lookback",
            way_out=f"write a number and one of {', '.join(f'{name}s' for name in _SECONDS)}, "
            "or a plain number for a cursor that is a number",
        )
    return number


def cursor_value(text: str, kind: ColumnType) -> Value:
    """A cursor's text as a value that can be compared.

    Raises:
        InputError: `text` is no value of `kind`, or values of `kind` cannot be a cursor.
    """
    try:
        if kind.kind in INTEGERS:
            return int(Decimal(text))
        if kind.kind == "decimal":
            return Decimal(text)
        if kind.kind in ("float", "double"):
            return float(text)
        if kind.kind == "date":
            return date.fromisoformat(text)
        if kind.kind in ("timestamp", "timestamptz"):
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            moment = moment.astimezone(UTC)
            return moment if kind.kind == "timestamptz" else moment.replace(tzinfo=None)
        if kind.kind in ("string", "any"):
            return text
    except (ValueError, InvalidOperation, OverflowError):
        raise InputError(f"the cursor `{text}` is no {kind}") from None
    raise InputError(
        f"a column of type {kind} cannot be a cursor",
        way_out="choose a column of numbers, dates, timestamps or sortable text",
    )


def cursor_text(value: Value) -> str:
    """The text that a cursor's value is kept as."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return repr(value) if isinstance(value, float) else str(value)


def lower_bound(increment: Increment, kind: ColumnType) -> str | None:
    """Where to read on, included: `since` less the lookback; None the first time, for everything.

    Raises:
        InputError: the cursor cannot be one, or a lookback is declared on text.
    """
    _must_be_cursor(kind)
    if increment.since is None:
        return None
    value = cursor_value(increment.since, kind)
    if not increment.lookback:
        return cursor_text(value)
    if isinstance(value, str):
        raise InputError(
            f"the cursor {increment.cursor} is text, so a lookback says nothing",
            way_out="remove the lookback, or choose a cursor of numbers, dates or timestamps",
        )
    return cursor_text(_less(value, increment.lookback))


def later(first: str | None, second: str | None, kind: ColumnType) -> str | None:
    """The higher of two cursors; a run that read no rows leaves the cursor where it was."""
    if first is None or second is None:
        return second if first is None else first
    one, other = cursor_value(first, kind), cursor_value(second, kind)
    return second if other > one else first  # type: ignore[operator]  # both are of the same kind


def _must_be_cursor(kind: ColumnType) -> None:
    samples = {"date": "2000-01-01", "timestamp": "2000-01-01", "timestamptz": "2000-01-01"}
    cursor_value(samples.get(kind.kind, "0"), kind)


def _less(value: int | Decimal | float | date | datetime, lookback: float) -> Value:
    """`value` less the lookback; the earliest date there is where the result would be before it."""
    if isinstance(value, datetime):
        try:
            return value - timedelta(seconds=lookback)
        except OverflowError:
            return datetime.min.replace(tzinfo=value.tzinfo)
    if isinstance(value, date):
        midnight = datetime(value.year, value.month, value.day)
        moment = _less(midnight, lookback)
        assert isinstance(moment, datetime)
        return moment.date()
    if isinstance(value, int):
        return value - math.ceil(lookback)
    if isinstance(value, Decimal):
        return value - Decimal(repr(lookback))
    return value - lookback
