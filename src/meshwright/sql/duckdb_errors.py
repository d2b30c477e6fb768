"""What DuckDB says when it fails, without the data that it likes to quote.

An error about values is told by its shape: what is known to be a type, a column or a place stays,
values do not, and a text of a shape that is not known is withheld as a whole. What a statement or
a file is blamed for names no values and stays.
"""

from __future__ import annotations

import re

WITHHELD = "(withheld)"
"""What stands where a value was."""

_ABOUT_DATA = frozenset(
    {"Conversion", "Invalid Input", "Out of Range", "Constraint", "Invalid type", "Mismatch Type"}
)
"""Kinds of errors that quote values; others may only where they quote anything."""

_NEVER_DATA = frozenset(
    {
        "Binder",
        "Catalog",
        "Parser",
        "Syntax",
        "IO",
        "Permission",
        "Out of Memory",
        "Connection",
        "TransactionContext",
    }
)

_KIND = re.compile(r"(?P<kind>[A-Za-z][A-Za-z ]*) Error: ")
_EXCERPT = re.compile(r".*(?=\n\nLINE \d+: )", re.DOTALL)

# No quote is in a kept part, so a value that looks like one ends in its own closing quote.
_PLAIN = r"""[^'"\n]"""
_TYPE = rf"[A-Z][A-Z0-9_ ]*(?:\({_PLAIN}*\))?(?:\[\d*\])*"
_FROM = rf"(?: when casting from source column {_PLAIN}+)?"
_SHAPES = tuple(
    re.compile(shape, re.DOTALL)
    for shape in (
        rf"(Could not convert string )(.*)( to {_TYPE}{_FROM})",
        rf"(Could not cast value )(.*)( to {_TYPE}{_FROM})",
        rf"(Type {_TYPE} with value )(.*)( can't be cast (?:because the value is out of range for|to) "
        rf"the destination type {_TYPE}{_FROM})",
        rf"(Casting value )(.*)( to type {_TYPE} failed: {_PLAIN}+)",
        rf"([Ii]nvalid \w+ field format: )(.*)(, expected format is \({_PLAIN}+)",
        rf"(\w+ field value out of range: )(.*)(, expected format is \({_PLAIN}+)",
        rf"(Malformed JSON at byte \d+ of input: {_PLAIN}+?Input: )(.*)(|{_FROM})",
        r"(Failed to cast value(?: to \w+)?: )(.*)()",
        rf"(Overflow (?:in|on) [\w ]+ of {_TYPE} )(\(.*\))(!?)",
        r"(Could not parse string )(.*)( according to format specifier) .*",
        r"(Could not decode string )(.*)( as base64: [a-z0-9 ]+)",
        r"(Date out of range: )(.*)()",
        r"(Division by zero)()() in expression .*",
        rf"(Unimplemented type for cast \({_PLAIN}+\){_FROM})()()",
        rf"(Cannot cast list with length \d+ to array with length \d+{_FROM})()()",
        r"(More than one row returned by a subquery used as an expression)()() - .*",
        r"(No magic bytes found at end of file '[^'\n]*')()()",
        r"(CSV Error on Line: \d+)()()\n.*",
        r"(Map keys must be unique\.|Value out of range)()()",
        r"""(Malformed JSON in file ".*", at byte \d+ in (?:record/value|line) \d+: )()([a-z ]+\.).*""",
    )
)


def without_values(text: str) -> str:
    """A text of DuckDB in one line, without its kind and without values of data.

    >>> without_values("Conversion Error: Could not convert string 'a@b' to INT32")
    'Could not convert string (withheld) to INT32'
    >>> without_values('Binder Error: Referenced column "ide" not found')
    'Referenced column "ide" not found'
    >>> without_values("Invalid Input Error: a@b")
    'invalid input error; its text is withheld, as it may quote data'
    """
    text = text.strip()
    head = _KIND.match(text)
    kind = head["kind"] if head else ""
    said = text[head.end() :] if head else text
    first = said.split("\n")[0]
    if kind in _NEVER_DATA or (kind not in _ABOUT_DATA and not re.search("['\"]", first)):
        return first
    excerpt = _EXCERPT.match(said)
    said = excerpt[0] if excerpt else said
    for shape in _SHAPES:
        found = shape.fullmatch(said)
        if found:
            before, value, after = found.groups()
            return f"{before}{WITHHELD if value else ''}{after}"
    return f"{kind.lower()} error; its text is withheld, as it may quote data".lstrip()


_PLACE = re.compile(r"^LINE (?P<line>\d+): (?P<excerpt>.*)\n(?P<caret> *)\^", re.MULTILINE)


def statement_place(text: str, sql: str) -> tuple[int | None, int | None]:
    """The line and column (from 1) of a statement that an error of DuckDB points at; None: at none.

    >>> statement_place("no\\n\\nLINE 2: from t, u\\n                ^", "select 1\\nfrom t, u")
    (2, 9)
    """
    found = _PLACE.search(text)
    if found is None:
        return None, None
    line = int(found["line"])
    excerpt = found["excerpt"].removeprefix("...").removesuffix("...")
    cut = len(found["excerpt"]) - len(found["excerpt"].removeprefix("..."))
    offset = len(found["caret"]) - len(f"LINE {line}: ") - cut
    lines = sql.split("\n")
    start = lines[line - 1].find(excerpt) if line <= len(lines) else -1
    if start < 0:  # it quotes a text of its own
        return None, None
    return line, start + offset + 1 if offset >= 0 else None
