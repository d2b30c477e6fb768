"""Numbers and moments of a contract, without rounding, whatever engine compares them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Inapplicable(Exception):
    """A check cannot be computed on this column; the message says why."""


_EXACT = Context(prec=100)


def number(value: Any) -> Fraction | float:
    """A number of a contract, exactly; an infinity stays a float.

    Raises:
        Inapplicable: it is no number.
    """
    if isinstance(value, bool):
        raise Inapplicable(f"{value!r} is not a number")
    if isinstance(value, float) and math.isinf(value):
        return value
    try:
        return Fraction(str(value).strip())
    except (ValueError, ZeroDivisionError):
        raise Inapplicable(f"{value!r} is not a number") from None


def decimal_text(value: Fraction) -> str:
    """A fraction with a finite decimal expansion, written out; others to 60 digits."""
    return format(_EXACT.divide(Decimal(value.numerator), Decimal(value.denominator)), "f")


def moment(value: Any, name: str, timezone: str) -> str:
    """A date, time or timestamp literal from ISO 8601 text.

    A text without a zone is in `timezone` where the column has zones; one with a zone is taken to
    `timezone` where it has none.

    Raises:
        Inapplicable: the text is no such moment, or there is no such zone.
    """
    spelled = str(value).strip()
    try:
        if name == "time":
            return f"TIME '{time.fromisoformat(spelled).replace(tzinfo=None).isoformat()}'"
        if name == "date" and _is_date(spelled):
            return f"DATE '{date.fromisoformat(spelled).isoformat()}'"
        stamp = datetime.fromisoformat(spelled)
    except ValueError:
        raise Inapplicable(f"{value!r} is not a {name} in ISO 8601") from None
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Inapplicable(f"there is no time zone `{timezone}`") from None
    try:
        if name == "timestamptz":
            utc = (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(UTC)
            return f"TIMESTAMPTZ '{utc.replace(tzinfo=None).isoformat(sep=' ')}+00'"
        local = stamp.astimezone(zone).replace(tzinfo=None) if stamp.tzinfo else stamp
    except OverflowError:
        raise Inapplicable(f"{value!r} is out of the range of timestamps") from None
    if name == "date" and local.time() == time():
        return f"DATE '{local.date().isoformat()}'"
    return f"TIMESTAMP '{local.isoformat(sep=' ')}'"


def _is_date(spelled: str) -> bool:
    return "T" not in spelled and " " not in spelled and ":" not in spelled


def rounded_operator(operator: str, exact: Fraction, low: bool) -> str:
    """The operator that gives the exact answer when a whole bound itself is rounded to a double.

    A fraction means the double that it is written as, so only whole numbers are corrected.
    """
    if exact.denominator != 1 or abs(exact) >= Fraction(10) ** 300:
        return operator
    rounded = Fraction(float(exact))
    if rounded == exact:
        return operator
    above = rounded > exact
    return ("<" if above else "<=") if low else (">=" if above else ">")
