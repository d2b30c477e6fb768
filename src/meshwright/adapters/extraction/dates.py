"""Date patterns of ODCS (`logicalTypeOptions.format`, JDK DateTimeFormatter) for DuckDB's strptime."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|(.)", re.DOTALL)

_DIRECTIVES: Mapping[str, str] = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "YYYY": "%Y",
    "yy": "%y",
    "MM": "%m",
    "M": "%m",
    "MMM": "%b",
    "MMMM": "%B",
    "dd": "%d",
    "d": "%d",
    "DD": "%d",
    "EEE": "%a",
    "EEEE": "%A",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "h": "%I",
    "mm": "%M",
    "m": "%M",
    "ss": "%S",
    "s": "%S",
    "SSS": "%g",
    "SSSSSS": "%f",
    "a": "%p",
    "X": "%z",
    "XX": "%z",
    "XXX": "%z",
    "Z": "%z",
    "T": "T",
}


def strptime_pattern(pattern: str) -> str | None:
    """The strptime pattern that reads what `pattern` writes; None when there is none.

    >>> strptime_pattern("dd.MM.yyyy"), strptime_pattern("yyyy-MM-dd'T'HH:mm:ss"), strptime_pattern("date")
    ('%d.%m.%Y', '%Y-%m-%dT%H:%M:%S', None)
    """
    parts: list[str] = []
    for match in _TOKEN.finditer(pattern):
        quoted, letter, other = match[1], match[2], match[3]
        if letter is not None:
            directive = _DIRECTIVES.get(match[0])
            if directive is None:
                return None
            parts.append(directive)
        else:
            literal = other if quoted is None else quoted.replace("''", "'") or "'"
            parts.append(literal.replace("%", "%%"))
    text = "".join(parts)
    return text if "%" in text else None
