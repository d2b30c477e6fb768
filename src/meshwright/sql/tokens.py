"""What the parser passed over: nothing may hide between the tokens of a statement.

The parser's tokeniser and the engine's differ: what one takes for a comment, the other may read. So
what stands between tokens must be white space or a comment to both of them, and in the engine's own
dialect, whose text is executed as it is, each token must end where the engine ends it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meshwright.sql.guards import Refusals

_COMMENTS = r"(?:\s|--[^\r\n]*[\r\n]|/\*(?:(?!/\*|\*/).)*\*/)*"
_GAP = re.compile(_COMMENTS, re.DOTALL)
_REST = re.compile(_COMMENTS + r"(?:--[^\r\n]*)?", re.DOTALL)
_WORD = re.compile(r"[^\W\d][\w$]*\Z")
_QUOTED = re.compile(
    r"""[nN]?'(?:[^']|'')*'
    |   "(?:[^"]|"")*"
    |   [eE]'(?:[^'\\]|\\.|'')*'
    |   (?P<tag>\$(?:[^\W\d]\w*)?\$)(?:(?!(?P=tag)).)*(?P=tag)""",
    re.DOTALL | re.VERBOSE,
)
_MARKS = ("'", '"', "`", "$", ";", "--", "/*", "*/", "\\")
_SPACING = ("Z", "C")


def check_text(text: str, tokens: Sequence[Any], verbatim: bool, refusals: Refusals) -> None:
    """Refuse a text in which something could be read that is in no token.

    `verbatim` says that the engine gets this text, in its own dialect.

    Raises:
        SqlError: at the place that two readers could take for different things.
    """
    if "\0" in text:
        raise refusals.at(text.index("\0"), "the statement holds a NUL character", way_out="remove it")
    end = 0
    before = ""
    for token in tokens:
        _check_gap(text, end, token.start, refusals)
        written = text[token.start : token.end + 1]
        if verbatim and not _ends_alike(written, before if end == token.start else ""):
            raise refusals.at(
                token.start,
                f"this cannot be read for certain: `{written[:40]}`",
                why="its end is not the same to everybody who reads it",
                way_out="write text in single quotes, names in double quotes, and space around both",
            )
        end, before = token.end + 1, written
    _check_gap(text, end, len(text), refusals)


def _check_gap(text: str, start: int, end: int, refusals: Refusals) -> None:
    gap = (_REST if end == len(text) else _GAP).match(text, start, end)
    reached = gap.end() if gap else start
    if reached != end:
        raise refusals.at(
            reached,
            "a comment is written in a way that not everybody reads as one",
            way_out="write comments as `-- ...` or as `/* ... */`, none inside another",
        )


def _ends_alike(written: str, before: str) -> bool:
    """Whether a token, right behind another or none, ends where DuckDB ends it."""
    if written in (";", "$") or _WORD.match(written):
        return True
    if written[0] in "'\"" or (len(written) > 1 and written[-1] in "'$"):
        escaping = before[-1:] in ("e", "E") and (len(before) == 1 or not _WORD.match(before))
        return bool(_QUOTED.fullmatch(written)) and not escaping and before[-1:] not in ("'", '"', "$")
    if any(mark in written for mark in _MARKS):
        return False
    return written.isascii() or not any(unicodedata.category(mark)[0] in _SPACING for mark in written)
