"""Formats of ODCS `logicalTypeOptions` as facts that every engine can check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_HEX = r"[0-9A-Fa-f]{1,4}"
_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_OFFSET = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"


def _ipv6() -> str:
    """RFC 4291, section 2.2: full, compressed, and with an IPv4 tail."""
    shapes = [rf"(?:{_HEX}:){{7}}{_HEX}", rf"(?:{_HEX}:){{6}}{_IPV4}"]
    for left in range(8):
        head = rf"(?:{_HEX}(?::{_HEX}){{{left - 1}}})" if left else ""
        most = 7 - left
        tail = rf"(?:{_HEX}(?::{_HEX}){{0,{most - 1}}})?" if most else ""
        shapes.append(f"{head}::{tail}")
        if most >= 2:
            lead = rf"(?:{_HEX}:){{0,{most - 2}}}" if most > 2 else ""
            shapes.append(f"{head}::{lead}{_IPV4}")
    return "(?:" + "|".join(shapes) + ")"


TEXT_FORMATS: Mapping[str, str] = {
    "email": rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})+",
    "uuid": r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+",
    "hostname": rf"{_LABEL}(?:\.{_LABEL})*",
    "ipv4": _IPV4,
    "ipv6": _ipv6(),
    "byte": r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "date": _DATE,
    "time": rf"{_TIME}{_OFFSET}?",
    "date-time": rf"{_DATE}[Tt ]{_TIME}{_OFFSET}",
}
"""What the whole of a text must match, by `format` of a string (RE2)."""

DISPLAY_FORMATS: frozenset[str] = frozenset({"password", "binary"})
"""Formats of a string that say how to treat a value, not which values are valid."""

INTEGER_FORMATS: Mapping[str, tuple[int, int]] = {
    **{f"i{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64, 128)},
    **{f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64, 128)},
}
"""The range of an integer by its `format` (Rust integer types)."""

FLOAT_FORMATS: Mapping[str, float] = {"f32": 3.4028234663852886e38, "f64": 1.7976931348623157e308}
"""The largest finite number by `format` of a number."""

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

_DATE_LETTERS: Mapping[str, str] = {
    "yyyy": "[0-9]{4}",
    "uuuu": "[0-9]{4}",
    "yy": "[0-9]{2}",
    "y": "[0-9]{1,4}",
    "MMMM": "(?:" + "|".join(_MONTHS) + ")",
    "MMM": "(?:" + "|".join(name[:3] for name in _MONTHS) + ")",
    "MM": "(?:0[1-9]|1[0-2])",
    "M": "(?:1[0-2]|0?[1-9])",
    "dd": "(?:0[1-9]|[12][0-9]|3[01])",
    "d": "(?:[12][0-9]|3[01]|0?[1-9])",
    "EEEE": "(?:" + "|".join(_DAYS) + ")",
    "EEE": "(?:" + "|".join(name[:3] for name in _DAYS) + ")",
    "HH": "(?:[01][0-9]|2[0-3])",
    "H": "(?:1[0-9]|2[0-3]|0?[0-9])",
    "hh": "(?:0[1-9]|1[0-2])",
    "h": "(?:1[0-2]|0?[1-9])",
    "mm": "[0-5][0-9]",
    "m": "[0-5]?[0-9]",
    "ss": "[0-5][0-9]",
    "s": "[0-5]?[0-9]",
    "a": "(?:AM|PM|am|pm)",
    "Z": "[+-][0-9]{4}",
    "X": "(?:Z|[+-][0-9]{2}(?:[0-9]{2})?)",
    "XX": "(?:Z|[+-][0-9]{4})",
    "XXX": "(?:Z|[+-][0-9]{2}:[0-9]{2})",
    "x": "[+-][0-9]{2}(?:[0-9]{2})?",
    "xx": "[+-][0-9]{4}",
    "xxx": "[+-][0-9]{2}:[0-9]{2}",
    "VV": "[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*",
    "z": "[A-Z]{1,5}",
}


def date_pattern(layout: str) -> str | None:
    """What a text written in a layout of the JDK's DateTimeFormatter must match as a whole (RE2).

    Checks the shape and the range of each part, not the calendar. None for a layout with letters
    that are not understood.
    """
    out: list[str] = []
    depth = 0
    for part in re.finditer(r"'((?:[^']|'')*)'|([A-Za-z])\2*|(.)", layout, re.DOTALL):
        if part[1] is not None:
            out.append(re.escape(part[1].replace("''", "'") or "'"))
        elif part[2] is not None:
            run = part[0]
            known = f"[0-9]{{{len(run)}}}" if part[2] in ("S", "n") else _DATE_LETTERS.get(run)
            if known is None:
                return None
            out.append(known)
        elif part[3] == "[":
            depth += 1
            out.append("(?:")
        elif part[3] == "]":
            depth -= 1
            out.append(")?")
        else:
            out.append(re.escape(part[3]))
    return "".join(out) if depth == 0 else None


def format_arguments(logical: str | None, name: str) -> dict[str, Any]:
    """What a `format` means, as arguments of a check; `skip` says why it means nothing to check.

    `whole` is a pattern that a text must match from start to end, `minimum` and `maximum` a range,
    `largest` the largest finite number; `temporal` marks a layout that binds texts only.
    """
    known: dict[str, Any] = {"format": name}
    if logical in ("date", "time", "timestamp"):
        pattern = date_pattern(name)
        if pattern is None:
            return {**known, "skip": f"the layout `{name}` has letters that are not understood"}
        return {**known, "temporal": logical, "whole": pattern}
    if name in INTEGER_FORMATS and logical in ("integer", "number", None):
        low, high = INTEGER_FORMATS[name]
        return {**known, "minimum": low, "maximum": high}
    if name in FLOAT_FORMATS and logical in ("integer", "number", None):
        return {**known, "largest": FLOAT_FORMATS[name]}
    if name in TEXT_FORMATS:
        longest = {"longest": 253} if name == "hostname" else {}
        return {**known, "whole": TEXT_FORMATS[name], **longest}
    if name in DISPLAY_FORMATS:
        return {**known, "skip": f"the format `{name}` says how a value is handled; every value has it"}
    names = ", ".join(sorted(TEXT_FORMATS))
    return {**known, "skip": f"the format `{name}` is not one that can be checked ({names})"}
