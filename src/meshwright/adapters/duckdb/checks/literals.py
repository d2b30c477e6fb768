"""Values of a contract as DuckDB literals of a column's type, and bounds without rounding."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from meshwright.adapters.extraction.exact import (
    Inapplicable,
    decimal_text,
    moment,
    number,
    rounded_operator,
)
from meshwright.model.types import INTEGERS, ColumnType


def text(value: str) -> str:
    """A string literal; NUL characters cannot stand in SQL text."""
    parts = ["'" + part.replace("'", "''") + "'" for part in value.split("\0")]
    return parts[0] if len(parts) == 1 else f"({' || chr(0) || '.join(parts)})"


def enum_literal(value: Any, kind: ColumnType) -> str | None:
    """The literal that a column of this type holds when it holds `value`; None when it never can.

    Raises:
        Inapplicable: the value cannot be read as the column's type, or the type holds no scalars.
    """
    if value is None:
        return None
    name = kind.kind
    if name in ("struct", "list", "map"):
        raise Inapplicable(f"a list of values applies to scalars, and the column is {kind}")
    if name == "boolean":
        spelled = str(value).strip().lower()
        return spelled if spelled in ("true", "false") else None
    if name in (*INTEGERS, "decimal"):
        try:
            exact = number(value)
        except Inapplicable:
            return None
        if isinstance(exact, float) or exact * 10**kind.scale % 1 or not _in_range(exact, kind):
            return None
        return decimal_text(exact)
    if name in ("float", "double"):
        if str(value).strip().lower() in (".nan", "nan"):
            return f"'nan'::{name.upper()}"
        try:
            return _floating(number(value), name)
        except Inapplicable:
            return None
    if name in ("date", "time", "timestamp", "timestamptz"):
        return moment(value, name, "UTC")
    if isinstance(value, bool):
        value = str(value).lower()
    if name == "uuid":
        return text(str(value).strip().lower())
    if name == "binary":
        return f"encode({text(str(value))})"
    return text(str(value))


def violates(expression: str, option: str, bound: Any, kind: ColumnType, timezone: str) -> str:
    """SQL that is true where a value breaks a bound; `option` is `minimum`, `exclusiveMaximum`, ...

    Bounds are compared exactly: one that the column's type cannot hold is moved to the next value
    that it can. NaN is above every maximum; it is up to the caller that it breaks a minimum too.
    A bound with a fraction is compared with a single-precision column in single precision.

    Raises:
        Inapplicable: the bound does not fit the column's type.
    """
    low, exclusive = option.endswith("inimum"), option.startswith("exclusive")
    operator = ("<" if low else ">") + ("=" if exclusive else "")
    name = kind.kind
    if name in ("date", "time", "timestamp", "timestamptz"):
        return f"{expression} {operator} {moment(bound, name, timezone)}"
    if name == "any" and not isinstance(bound, (int, float)):
        return f"{expression} {operator} {text(str(bound))}"
    if name in (*INTEGERS, "decimal", "any"):
        exact = number(bound)
        if name == "any":
            return f"{expression} {operator} {_plain(exact)}"
        return _violates_exactly(expression, low, exclusive, exact, kind)
    if name in ("float", "double"):
        exact = number(bound)
        if name == "float" and isinstance(exact, Fraction) and exact.denominator == 1:
            expression, name = f"{expression}::DOUBLE", "double"
        if name == "double" and isinstance(exact, Fraction):
            operator = rounded_operator(operator, exact, low)
        return f"{expression} {operator} {_floating(exact, name)}"
    raise Inapplicable(f"a bound applies to numbers, dates and times, and the column is {kind}")


def _violates_exactly(
    expression: str, low: bool, exclusive: bool, bound: Fraction | float, kind: ColumnType
) -> str:
    everything, nothing = f"{expression} IS NOT NULL", "false"
    if isinstance(bound, float):
        return everything if (bound > 0) == low else nothing
    unit = 10**kind.scale
    scaled = bound * unit
    # The least value at or above a minimum, or the greatest at or below a maximum.
    if low:
        limit = math.floor(scaled) + 1 if exclusive else math.ceil(scaled)
    else:
        limit = math.ceil(scaled) - 1 if exclusive else math.floor(scaled)
    least, most = _range(kind)
    if limit > most:
        return everything if low else nothing
    if limit < least:
        return nothing if low else everything
    return f"{expression} {'<' if low else '>'} {decimal_text(Fraction(limit, unit))}"


def _range(kind: ColumnType) -> tuple[int, int]:
    """The scaled range of an exact type; 128-bit integers are known as decimal(38,0)."""
    if kind.kind != "decimal":
        return -(2**63), 2**63 - 1
    if kind.precision == 38 and kind.scale == 0:
        return -(2**127) + 1, 2**127 - 1
    return -(10**kind.precision) + 1, 10**kind.precision - 1


def _in_range(value: Fraction, kind: ColumnType) -> bool:
    least, most = _range(kind)
    return least <= value * Fraction(10**kind.scale) <= most


def _plain(value: Fraction | float) -> str:
    return f"'{value}'::DOUBLE" if isinstance(value, float) else decimal_text(value)


def _floating(value: Fraction | float, name: str) -> str:
    try:
        spelled = repr(float(value))
    except OverflowError:
        spelled = "inf" if value > 0 else "-inf"
    return f"'{spelled}'::{name.upper()}"
