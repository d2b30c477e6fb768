"""What commands print: short for people, whole for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from meshwright.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

FORMATS = ("text", "json")


def check_format(name: str, allowed: Sequence[str] = FORMATS) -> str:
    """The format, if it is one of those allowed.

    Raises:
        InputError: it is not.
    """
    if name not in allowed:
        raise InputError(f"`{name}` is no format", way_out=f"use --format {' or --format '.join(allowed)}")
    return name


def print_json(value: Any) -> None:
    """Print plain data."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    """A value that JSON does not know: whole decimals are numbers, the rest is text."""
    from decimal import Decimal

    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return str(value)


def console() -> Console:
    """Where text for people goes; colours on a terminal only."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows in columns; numbers to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    lines = [list(row) for row in rows]
    for index, heading in enumerate(headings):
        numeric = bool(lines) and all(isinstance(line[index], int | float) for line in lines)
        grid.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for line in lines:
        grid.add_row(*(Text("" if value is None else _text(value)) for value in line))
    out = console()
    out.soft_wrap = False
    out.print(grid)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def size_text(count: float) -> str:
    """Bytes in words: `1.4 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def plural(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
