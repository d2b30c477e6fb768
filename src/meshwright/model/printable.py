"""Text from documents and data as it may be shown: on its line, with no orders to a terminal."""

from __future__ import annotations

import unicodedata


def printable(text: str, keep: str = "") -> str:
    """Text whose unprintable characters are written as escapes (`\\n`, `\\x00`, `\\u202e`).

    Spaces of any kind stay, and the characters of `keep`.
    """
    if text.isprintable():
        return text
    return "".join(
        c
        if c.isprintable() or c in keep or unicodedata.category(c) == "Zs"
        else c.encode("unicode_escape").decode()
        for c in text
    )
