"""Values as people and as programs read them: what a query returned, in plain words and in JSON."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

_BEYOND = (OverflowError, ValueError)
"""What a date or time raises that Python has none of."""


def columns_of(table: Any) -> list[list[Any]]:
    """The values of a `pyarrow.Table`, by column.

    Numbers stay numbers; the rest is text, a list or a mapping, but for dates and times that Python has.
    """
    return [[shown(value) for value in _values(column)] for column in table.columns]


def shown(value: Any) -> Any:
    """A value that prints well: intervals are ISO 8601 durations, bytes are hexadecimal digits."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dt.timedelta):
        nanoseconds = (value.seconds * 1_000_000 + value.microseconds) * 1000
        return duration(0, 0, value.days * 86_400_000_000_000 + nanoseconds)
    if isinstance(value, tuple) and hasattr(value, "nanoseconds"):
        return duration(*value)
    if isinstance(value, Mapping):
        return {name: shown(part) for name, part in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(part, tuple) and not hasattr(part, "nanoseconds") for part in value):
            return {as_text(key): shown(part) for key, part in value}  # a map
        return [shown(part) for part in value]
    return value


def plain(value: Any) -> Any:
    """A value as JSON holds it.

    Decimals without decimal places are numbers, with them text, so that no digit is lost and a column
    has one type. What is no number (`NaN`) and what is infinite is null. Dates and times are ISO 8601.
    """
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None
        return int(value) if int(value.as_tuple().exponent) >= 0 else f"{value:f}"
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    value = shown(value)
    if isinstance(value, Mapping):
        return {as_text(name): plain(part) for name, part in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str):
        return [plain(part) for part in value]
    return value if isinstance(value, str) else str(value)


def as_text(value: Any) -> str:
    """A value on one line: `null`, `12.50`, `2026-01-31`; lists and mappings with their parts."""
    value = shown(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{as_text(name)}: {as_text(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_text, value)) + "]"
    return "null" if value is None else str(value)


def duration(months: int, days: int, nanoseconds: int) -> str:
    """An interval as an ISO 8601 duration; each part has a sign of its own: `P1Y2M-3DT4H0.5S`."""
    years, months = _split(months, 12)
    hours, nanoseconds = _split(nanoseconds, 3_600_000_000_000)
    minutes, nanoseconds = _split(nanoseconds, 60_000_000_000)
    seconds = f"{Decimal(nanoseconds).scaleb(-9).normalize():f}"
    date = "".join(f"{count}{unit}" for count, unit in ((years, "Y"), (months, "M"), (days, "D")) if count)
    time = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count)
    time += f"{seconds}S" if nanoseconds else ""
    return f"P{date}T{time}" if time else (f"P{date}" if date else "PT0S")


def _split(count: int, size: int) -> tuple[int, int]:
    """How many whole sizes, and what is left; both have the sign of `count`."""
    whole, rest = divmod(abs(count), size)
    return (whole, rest) if count >= 0 else (-whole, -rest)


def _values(column: Any) -> list[Any]:
    try:
        return list(column.to_pylist())
    except _BEYOND:
        return [_beyond(scalar) for scalar in column]


def _beyond(scalar: Any) -> Any:
    """A date or time, also one that Python has none of: `infinity`, and years past 9999."""
    try:
        return scalar.as_py()
    except _BEYOND:
        number = scalar.value
        if abs(number) >= 2**31 - 1 and abs(number) in (2**31 - 1, 2**63 - 1):
            return "infinity" if number > 0 else "-infinity"
        return str(scalar.cast("string").as_py())
