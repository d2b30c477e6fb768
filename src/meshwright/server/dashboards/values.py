"""Values of rows: as people read them, and as Vega does."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from meshwright.model.printable import printable

MINUS = "\u2212"


def formatted(value: Any, form: str | None = None) -> str:
    """A value for people; `form` is how a number is written (`,.0f`, `+.1%`, `,d`).

    >>> formatted(1234.5, ",.0f"), formatted(-0.034, "+.1%"), formatted(None), formatted(1234567)
    ('1,234', '\u22123.4 %', '\u2013', '1,234,567')
    """
    match value:
        case None:
            return "\u2013"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _number(value, form)
        case Decimal():
            return _number(value, form)
        case dt.datetime():
            shown = value.astimezone(dt.UTC) if value.tzinfo else value
            return shown.strftime("%Y-%m-%d %H:%M") + (" UTC" if value.tzinfo else "")
        case dt.date() | dt.time():
            return value.isoformat()
        case list() | dict():
            return printable(json.dumps(value, ensure_ascii=False, default=str), keep="")
        case bytes():
            return value.hex()
    return printable(str(value), keep="\n")


def _number(value: float | Decimal, form: str | None) -> str:
    if not math.isfinite(value):
        return "\u2013"
    if form is None:
        form = ",d" if value == int(value) and abs(float(value)) < 1e15 else ",.2f"
    text = format(round(value) if form.endswith("d") else value, form)
    if text.strip("+-0.,%") == "":
        text = text.lstrip("+-")  # nothing is neither more nor less
    return text.replace("-", MINUS).replace("%", "\u00a0%")


def number_of(value: Any) -> float | None:
    """A finite number, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    found = float(value)
    return found if math.isfinite(found) else None


def is_numeric(kind: pa.DataType) -> bool:
    """Whether a column holds numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def chart_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as Vega reads them: numbers, text, true and false, moments as ISO 8601 in UTC."""
    names = table.column_names
    columns: Sequence[list[Any]] = [[_plain(v) for v in column.to_pylist()] for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case float() | Decimal():
            found = float(value)
            return found if math.isfinite(found) else None
        case dt.datetime():
            shown = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
            return shown.isoformat()
        case dt.date() | dt.time():
            return value.isoformat()
        case list() | tuple():
            return [_plain(part) for part in value]
        case dict():
            return {str(key): _plain(part) for key, part in value.items()}
        case bytes():
            return value.hex()
    return printable(str(value), keep="\n")
