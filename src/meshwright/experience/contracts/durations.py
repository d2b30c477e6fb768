"""Lengths of time as service levels give them (ODCS 3.2, "Service-Level Agreement": `value`, `unit`)."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

_UNITS: dict[str, str] = {
    **dict.fromkeys(("s", "sec", "second"), "second"),
    **dict.fromkeys(("m", "min", "minute"), "minute"),
    **dict.fromkeys(("h", "hr", "hour"), "hour"),
    **dict.fromkeys(("d", "day"), "day"),
    **dict.fromkeys(("w", "wk", "week"), "week"),
    **dict.fromkeys(("mo", "mon", "month"), "month"),
    **dict.fromkeys(("y", "yr", "year"), "year"),
}

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_MONTHS = {"month": 1, "year": 12}
_DAYS_OF_A_MONTH = 365.25 / 12

_ISO = re.compile(
    r"P(?=.)(?:(?P<year>\d+)Y)?(?:(?P<month>\d+)M)?(?:(?P<week>\d+)W)?(?:(?P<day>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hour>\d+)H)?(?:(?P<minute>\d+)M)?(?:(?P<second>\d+)S)?)?"
)
_NUMBER = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z]*)\s*")


class NoDuration(ValueError):
    """A value and its unit are no length of time; the message says why."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: `months` of the calendar, and `seconds`; `text` is for people."""

    months: int
    seconds: float
    text: str

    def before(self, moment: dt.datetime) -> dt.datetime:
        """The moment that is so long before another: three years are the same day three years ago.

        The last day of a month stands in for a day that it has not. What lies before the year 1 is the
        start of that year.
        """
        months = moment.year * 12 + moment.month - 1 - self.months
        if months < 12:
            return dt.datetime.min.replace(tzinfo=moment.tzinfo)
        year, month = months // 12, months % 12 + 1
        day = min(moment.day, calendar.monthrange(year, month)[1])
        try:
            return moment.replace(year=year, month=month, day=day) - dt.timedelta(seconds=self.seconds)
        except OverflowError:
            return dt.datetime.min.replace(tzinfo=moment.tzinfo)

    def after(self, moment: dt.datetime) -> dt.datetime:
        """The first moment that `moment` is so long before: when what is of then begins to be too old.

        A day that a month has not is the first of the next. What lies after the year 9999 is its end.
        """
        try:
            moment += dt.timedelta(seconds=self.seconds)
            months = moment.year * 12 + moment.month - 1 + self.months
            if moment.day <= calendar.monthrange(months // 12, months % 12 + 1)[1]:
                return moment.replace(year=months // 12, month=months % 12 + 1)
            months += 1
            first = moment.replace(year=months // 12, month=months % 12 + 1, day=1)
            return first.replace(hour=0, minute=0, second=0, microsecond=0)
        except (OverflowError, ValueError):
            return dt.datetime.max.replace(tzinfo=moment.tzinfo)

    @property
    def total_seconds(self) -> float:
        """About how many seconds it has: a month counts as the twelfth part of 365.25 days."""
        return self.seconds + self.months * _DAYS_OF_A_MONTH * 86_400

    def __add__(self, other: Duration) -> Duration:
        text = f"{self.text} and {other.text}"
        return Duration(self.months + other.months, self.seconds + other.seconds, text)


def unit_of(name: str) -> str | None:
    """second, minute, hour, day, week, month or year; None for what is none of them.

    `M` alone is none: it is read as minutes by some, as months by others.
    """
    name = name.strip()
    if name == "M":
        return None
    lower = name.lower()
    return _UNITS.get(lower) or _UNITS.get(lower.removesuffix("s"))


def duration(value: Any, unit: str | None, default: str | None = None) -> Duration:
    """A number with its unit, a text such as `4 h`, or an ISO 8601 duration such as `P3Y`.

    Without a unit it is `default`.

    Raises:
        NoDuration: it is none of these, negative, or has no unit.
    """
    if isinstance(value, str):
        iso = _ISO.fullmatch(value.strip())
        if iso is not None:
            return _of_parts({name: int(number) for name, number in iso.groupdict("0").items()})
        text = _NUMBER.fullmatch(value)
        if text is None:
            raise NoDuration(f"`{value}` is no length of time")
        value, unit = float(text["number"]), text["unit"] or unit
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NoDuration(f"`{value}` is no length of time")
    if not 0 <= value < 1e9:
        raise NoDuration(f"{value} is no length of time")
    name = unit_of(unit or default or "")
    if name is None:
        known = "s, min, h, d, w, mo or y"
        raise NoDuration(
            f"`{unit}` is no unit of time: write {known}" if unit else f"no `unit`: write {known}"
        )
    return _of_number(value, name)


def _of_number(value: float, unit: str) -> Duration:
    text = f"{value:g} {unit}{'' if value == 1 else 's'}"
    if unit in _SECONDS:
        return Duration(0, value * _SECONDS[unit], text)
    months = value * _MONTHS[unit]
    return Duration(int(months), (months - int(months)) * _DAYS_OF_A_MONTH * 86_400, text)


def _of_parts(parts: dict[str, int]) -> Duration:
    found = [_of_number(number, unit) for unit, number in parts.items() if number]
    text = " ".join(part.text for part in found) or "0 seconds"
    return Duration(sum(part.months for part in found), sum(part.seconds for part in found), text)
