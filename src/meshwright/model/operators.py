"""The operators of quality rules (ODCS 3.2, "Data Quality")."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

from meshwright.model.contract import Threshold


def satisfied(threshold: Threshold, value: Any, rows: int) -> bool:
    """Whether a measured value meets a threshold; `rows` is the number of rows looked at.

    With the unit `percent` a number is taken as its share of `rows` in percent, and no rows are
    0 %. Numbers are compared exactly. `mustBeBetween` includes both ends and `mustNotBeBetween`
    excludes both. Nothing is equal to null but null, and null and NaN meet no comparison; a
    value that is not a number is equal to a text that spells it.
    """
    operand = threshold.value
    if threshold.operator == "mustBe":
        return _equal(_scaled(threshold, value, rows), operand)
    if threshold.operator == "mustNotBe":
        return not _equal(_scaled(threshold, value, rows), operand)
    number = exact(_scaled(threshold, value, rows))
    if number is None:
        return False
    if threshold.operator in ("mustBeBetween", "mustNotBeBetween"):
        low, high = exact(operand[0]), exact(operand[1])
        if low is None or high is None:
            return False
        return (low <= number <= high) == (threshold.operator == "mustBeBetween")
    limit = exact(operand)
    if limit is None:
        return False
    match threshold.operator:
        case "mustBeGreaterThan":
            return number > limit
        case "mustBeGreaterOrEqualTo":
            return number >= limit
        case "mustBeLessThan":
            return number < limit
        case "mustBeLessOrEqualTo":
            return number <= limit
    return False


def percentage(value: Any, rows: int) -> Fraction:
    """A number of rows as a percentage of `rows`, exactly; 0 when there are none."""
    return Fraction(exact(value) or 0) * 100 / rows if rows else Fraction(0)


def exact(value: Any) -> Fraction | float | None:
    """A number without rounding (an infinity stays a float), or None for what is no number.

    A float is taken as the decimal number that it is written as.
    """
    if isinstance(value, (int, Fraction)):
        return Fraction(value)
    if isinstance(value, (float, Decimal)):
        if math.isnan(value):
            return None
        return float(value) if math.isinf(value) else Fraction(str(value))
    return None


def _scaled(threshold: Threshold, value: Any, rows: int) -> Any:
    number = exact(value)
    if threshold.unit != "percent" or not isinstance(number, Fraction):
        return value
    return percentage(number, rows)


def _equal(value: Any, operand: Any) -> bool:
    if value is None or operand is None:
        return value is operand
    left, right = exact(value), exact(operand)
    if left is not None and right is not None:
        return left == right
    if isinstance(value, float) and math.isnan(value):
        return False
    return value == operand or str(value) == str(operand)
