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
    """Print data as JSON (RFC 8259), which has no `NaN` and no `Infinity`; see `cli.values.plain`."""
    from meshwright.cli.values import plain

    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def console() -> Console:
    """Where text for people goes; colours on a terminal only."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def print_styled(text: str, style: str) -> None:
    """Print a line in a style of Rich, which is loaded only where styles are shown."""
    import os

    if sys.stdout.isatty() or os.environ.get("FORCE_COLOR"):
        console().print(text, style=style, markup=False)
    else:
        print_text(f"{text}\n")


def width() -> int | None:
    """How wide lines may be: as the variable COLUMNS says, else the terminal; None where there is none."""
    import os
    import shutil

    said = os.environ.get("COLUMNS", "")
    if said.isdigit() and int(said):
        return int(said)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows in columns; numbers to the right. Plain ASCII lines where no terminal shows them."""
    from meshwright.cli.layout import lay_out

    lines = lay_out(headings, [list(row) for row in rows], width(), rule())
    print_text("".join(f"{line}\n" for line in lines))


def rule() -> str:
    """What lines of tables are drawn with: plain ASCII where no terminal shows them."""
    encoding = sys.stdout.encoding or "utf-8"
    return "\u2500" if sys.stdout.isatty() and encoding.lower().replace("-", "") == "utf8" else "-"


def print_text(text: str) -> None:
    """Print text as it is; characters that the output's encoding does not have as escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def wrapped(text: str, indent: int, hanging: int = 2) -> str:
    """Text indented, and its lines wrapped to the width there is, each continued `hanging` further in."""
    import textwrap

    room = width()
    if room is None:
        return textwrap.indent(text, " " * indent)
    lines = []
    for line in text.split("\n"):
        if not line.strip():
            lines.append("")
        own = indent + len(line) - len(line.lstrip())
        first, more = " " * own, " " * (own + hanging)
        lines += textwrap.wrap(
            line.strip(),
            max(room, own + 30),
            initial_indent=first,
            subsequent_indent=more,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def short(text: str | None, size: int = 60) -> str:
    """The first words of a text, on one line of at most `size` characters."""
    line = " ".join((text or "").split())
    if len(line) <= size:
        return line
    return line[: size - 2].rsplit(" ", 1)[0].rstrip(",;:.") + " ..."


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
