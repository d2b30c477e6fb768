"""The report as JSON (RFC 8259): docs/verify.md lists the fields."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from meshwright.experience.verification.report import Report


def render(report: Report) -> str:
    """The report as one JSON object."""
    return dumped(report.as_json())


def dumped(value: Any) -> str:
    """Plain data as JSON that every parser reads: no NaN, no lone surrogate."""
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _plain(value: Any) -> Any:
    """Whole decimals are numbers; what JSON does not know is text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    return str(value)
