"""Whether one threshold allows everything another allows: sets of numbers as intervals."""

from __future__ import annotations

import math
from typing import Any

from meshwright.model.contract import Threshold

Interval = tuple[float, bool, float, bool]
"""Lower end, whether it is left out, upper end, whether it is left out."""


def stricter_or_equal(new: Threshold, old: Threshold, *, counts: bool) -> bool:
    """Whether every measure that `new` accepts is one that `old` accepts.

    `counts` says that measures are counts of rows or shares, hence not negative. False when it
    cannot be told.
    """
    if new == old:
        return True
    ours, theirs = intervals(new), intervals(old)
    if ours is None or theirs is None:
        return False
    if counts:
        ours = [part for each in ours if (part := _not_negative(each)) is not None]
    if new.unit != old.unit:
        # Only "none" is the same as rows and as percent.
        return all(part == (0, False, 0, False) for part in ours) and any(_holds(t, 0) for t in theirs)
    return all(any(_inside(part, other) for other in theirs) for part in ours)


def intervals(threshold: Threshold) -> list[Interval] | None:
    """The numbers a threshold accepts; None when its operand is no number."""
    value: Any = threshold.value
    numbers = list(value) if isinstance(value, list | tuple) else [value]
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        return None
    low, high = float(numbers[0]), float(numbers[-1])
    match threshold.operator:
        case "mustBe":
            return [(low, False, low, False)]
        case "mustNotBe":
            return [(-math.inf, True, low, True), (low, True, math.inf, True)]
        case "mustBeGreaterThan":
            return [(low, True, math.inf, True)]
        case "mustBeGreaterOrEqualTo":
            return [(low, False, math.inf, True)]
        case "mustBeLessThan":
            return [(-math.inf, True, low, True)]
        case "mustBeLessOrEqualTo":
            return [(-math.inf, True, low, False)]
        case "mustBeBetween":
            return [(low, False, high, False)]
        case "mustNotBeBetween":
            return [(-math.inf, True, low, True), (high, True, math.inf, True)]
    return None


def in_words(threshold: Threshold | None) -> str:
    """`mustBeLessThan 5 percent`."""
    if threshold is None:
        return "no threshold"
    value = threshold.value
    operand = " and ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"{threshold.operator} {operand}{' percent' if threshold.unit == 'percent' else ''}"


def _not_negative(part: Interval) -> Interval | None:
    low, low_open, high, high_open = part
    if high < 0 or (high == 0 and high_open):
        return None
    return (0.0, False, high, high_open) if low < 0 else (low, low_open, high, high_open)


def _holds(part: Interval, number: float) -> bool:
    return _inside((number, False, number, False), part)


def _inside(inner: Interval, outer: Interval) -> bool:
    low, low_open, high, high_open = inner
    from_, from_open, to, to_open = outer
    starts = low > from_ or (low == from_ and (low_open or not from_open))
    ends = high < to or (high == to and (high_open or not to_open))
    return starts and ends
