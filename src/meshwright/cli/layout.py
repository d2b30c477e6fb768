"""Rows as lines of text: numbers aligned, words wrapped, nothing wider than the terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from meshwright.cli.values import as_text
from meshwright.model.printable import printable

GAP = "  "
_DECIMALS = 6
_FEW = 6


def lay_out(
    headings: Sequence[str], rows: Sequence[Sequence[Any]], width: int | None, rule: str = "-"
) -> Iterator[str]:
    """The lines of a table at most `width` wide; None is as wide as it takes.

    Numbers stand to the right, aligned at their decimal points, floats with at most six decimals.
    Where a table is too wide, its text wraps: between words, headings also at underscores, and in
    tables of few columns values also after `/` and `_`. Where that is not enough, each row becomes a
    block with one line per column. Values are not cut; no line ends at a no-break space.
    """
    columns = [[row[index] for row in rows] for index in range(len(headings))]
    numeric = [any(_is_number(v) for v in c) and all(v is None or _is_number(v) for v in c) for c in columns]
    texts = [
        numbers(column) if is_number else [_plain(value) for value in column]
        for column, is_number in zip(columns, numeric, strict=True)
    ]
    titles = [printable(heading) for heading in headings]
    also = ""
    widths = _widths(titles, texts, numeric, width)
    if widths is None and len(titles) <= _FEW:
        also = "/_"
        widths = _widths(titles, texts, numeric, width, also)
    if widths is None:
        yield from _blocks(titles, texts)
        return
    heads = [_wrap(title, size, "_") for title, size in zip(titles, widths, strict=True)]
    for parts in _bottom(heads):
        yield _line(parts, widths, numeric)
    yield rule * (sum(widths) + len(GAP) * (len(widths) - 1))
    for row in zip(*texts, strict=True):
        cells = [_wrap(text, size, also) for text, size in zip(row, widths, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            yield _line(parts, widths, numeric)


def numbers(values: Sequence[Any]) -> list[str]:
    """Numbers of one column as text of one length: thousands apart, decimal points in line."""
    texts = [_number(value) for value in values]
    after = [len(text) - dot if (dot := text.rfind(".")) >= 0 else 0 for text in texts]
    pad = max(after, default=0)
    return [text + " " * (pad - length) for text, length in zip(texts, after, strict=True)]


def _number(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return str(value)
        if value and not 1e-4 <= abs(value) < 1e15:
            return f"{value:.6g}"
        text = f"{value:,.{_DECIMALS}f}".rstrip("0")
        return text + "0" if text.endswith(".") else text
    if isinstance(value, Decimal) and not value.is_finite():
        return str(value)
    return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(as_text(value))


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


def _widths(
    titles: Sequence[str],
    texts: Sequence[Sequence[str]],
    numeric: Sequence[bool],
    width: int | None,
    also: str = "",
) -> list[int] | None:
    """A width for each column; None where no widths fit."""
    full = [max(map(cells, column), default=0) for column in texts]
    natural = [max(size, cells(title)) for size, title in zip(full, titles, strict=True)]
    if width is None:
        return natural
    room = width - len(GAP) * (len(titles) - 1)
    if sum(natural) <= room:
        return natural
    least = [
        max(
            size if is_number else max((_longest_word(text, also) for text in column), default=0),
            _longest_word(title, "_"),
        )
        for column, size, is_number, title in zip(texts, full, numeric, titles, strict=True)
    ]
    if sum(least) > room:
        return None
    return _shared(least, natural, room)


def _shared(least: Sequence[int], natural: Sequence[int], room: int) -> list[int]:
    """Widths between `least` and `natural` that fill `room`: narrow columns get all they ask for."""
    widths = list(least)
    left = room - sum(widths)
    asking = sorted(range(len(widths)), key=lambda index: natural[index] - least[index])
    for position, index in enumerate(asking):
        given = min(natural[index] - least[index], left // (len(asking) - position))
        widths[index] += given
        left -= given
    return widths


def _words(text: str, also: str = "") -> list[str]:
    """The parts after which a line may end: at spaces and at the characters of `also`."""
    return re.findall(rf"[^ {also}]*[ {also}]|[^ {also}]+", text)


def _longest_word(text: str, also: str) -> int:
    return max((cells(word.rstrip(" ")) for word in _words(text, also)), default=0)


def _wrap(text: str, width: int, also: str = "") -> list[str]:
    if cells(text) <= width:
        return [text]
    lines = [""]
    for word in _words(text, also):
        if lines[-1] and cells(lines[-1]) + cells(word.rstrip(" ")) > width:
            lines.append("")
        lines[-1] += word
    return [line.rstrip(" ") for line in lines]


def _bottom(heads: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Lines of wrapped headings, standing on the rule below them."""
    height = max(map(len, heads), default=0)
    yield from zip(*([""] * (height - len(head)) + list(head) for head in heads), strict=True)


def _line(parts: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = []
    for part, width, is_number in zip(parts, widths, numeric, strict=True):
        space = " " * (width - cells(part))
        padded.append(space + part if is_number else part + space)
    return GAP.join(padded).rstrip().replace("\u00a0", " ")


def _blocks(titles: Sequence[str], texts: Sequence[Sequence[str]]) -> Iterator[str]:
    """Each row as a block of its own."""
    size = max(map(cells, titles), default=0)
    for number, row in enumerate(zip(*texts, strict=True)):
        if number:
            yield ""
        for title, text in zip(titles, row, strict=True):
            yield f"{title}{' ' * (size - cells(title))}{GAP}{text.strip()}".rstrip()
