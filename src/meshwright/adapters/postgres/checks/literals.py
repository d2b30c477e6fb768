"""Values of a contract as literals of PostgreSQL, and bounds without rounding."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import Any

from meshwright.adapters.extraction.exact import (
    Inapplicable,
    decimal_text,
    moment,
    number,
    rounded_operator,
)
from meshwright.adapters.extraction.scalars import literal
from meshwright.model.types import INTEGERS, ColumnType

_LARGEST_SINGLE = 3.4028235677973366e38
"""From here on a number is nearer to infinity than to a single-precision number."""


def enum_literal(value: Any, kind: ColumnType) -> str | None:
    """The literal of a column's type for a value of a contract; None when the column never holds it.

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
    if name in (*INTEGERS, "decimal", "float", "double"):
        return _number_literal(value, kind)
    if name in ("date", "time", "timestamp", "timestamptz"):
        return moment(value, name, "UTC")
    plain = str(value).lower() if isinstance(value, bool) else str(value)
    if name == "uuid":
        plain = plain.strip().lower()
    if "\0" in plain:
        return None
    return bytes_literal(plain.encode()) if name == "binary" else literal(plain)


def bytes_literal(value: bytes) -> str:
    """A literal of the type bytea."""
    return f"'\\x{value.hex()}'::bytea"


def _number_literal(value: Any, kind: ColumnType) -> str | None:
    name = kind.kind
    if str(value).strip().lower() in (".nan", "nan"):
        return f"'NaN'::{_TYPES[name]}" if name in _TYPES else None
    try:
        exact = number(value)
    except Inapplicable:
        return None
    if name in ("float", "double"):
        return floating(exact, name)
    if isinstance(exact, float):
        return f"'{_spelled(exact)}'::numeric" if name == "decimal" else None
    if name == "decimal":
        return f"{decimal_text(exact)}::numeric" if _is_finite_decimal(exact) else None
    return decimal_text(exact) if exact.denominator == 1 and abs(exact) < 2**63 else None


_TYPES = {"decimal": "numeric", "float": "float4", "double": "float8"}


def _is_finite_decimal(value: Fraction) -> bool:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def violates(expression: str, option: str, bound: Any, kind: ColumnType, timezone: str) -> str:
    """SQL that is true where a value breaks a bound; `option` is `minimum`, `exclusiveMaximum`, ...

    Bounds are compared exactly. NaN is above every maximum; it is up to the caller that it breaks
    a minimum too. A bound with a fraction is compared with a single-precision column in single
    precision.

    Raises:
        Inapplicable: the bound does not fit the column's type.
    """
    low, exclusive = option.endswith("inimum"), option.startswith("exclusive")
    operator = ("<" if low else ">") + ("=" if exclusive else "")
    name = kind.kind
    if name in ("date", "time", "timestamp", "timestamptz"):
        return f"{expression} {operator} {moment(bound, name, timezone)}"
    if name in INTEGERS:
        return _violates_whole(expression, low, exclusive, number(bound))
    if name == "decimal":
        exact = number(bound)
        spelled = f"'{_spelled(exact)}'" if isinstance(exact, float) else decimal_text(exact)
        return f"{expression} {operator} {spelled}::numeric"
    if name in ("float", "double"):
        exact = number(bound)
        if name == "float" and isinstance(exact, Fraction) and exact.denominator == 1:
            expression, name = f"{expression}::float8", "double"
        if name == "double" and isinstance(exact, Fraction):
            operator = rounded_operator(operator, exact, low)
        return f"{expression} {operator} {floating(exact, name)}"
    raise Inapplicable(f"a bound applies to numbers, dates and times, and the column is {kind}")


def _violates_whole(expression: str, low: bool, exclusive: bool, bound: Fraction | float) -> str:
    everything, nothing = f"{expression} IS NOT NULL", "false"
    if isinstance(bound, float):
        return everything if (bound > 0) == low else nothing
    if low:
        limit = math.floor(bound) + 1 if exclusive else math.ceil(bound)
    else:
        limit = math.ceil(bound) - 1 if exclusive else math.floor(bound)
    if limit >= 2**63:
        return everything if low else nothing
    if limit < -(2**63):
        return nothing if low else everything
    return f"{expression} {'<' if low else '>'} {limit}"


def floating(value: Fraction | float, name: str) -> str:
    """The nearest floating-point number, as a literal."""
    try:
        near = float(value)
    except OverflowError:
        near = math.inf if value > 0 else -math.inf
    if name == "float":
        wide = abs(near) >= _LARGEST_SINGLE
        near = math.copysign(math.inf, near) if wide else struct.unpack("f", struct.pack("f", near))[0]
    return f"'{_spelled(near)}'::{_TYPES[name]}"


def _spelled(value: float) -> str:
    return repr(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"
