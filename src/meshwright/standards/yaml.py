"""YAML 1.2 documents (core schema) in, plain data out; hostile ones cost bounded time and memory.

There are two readers. The fast one does nearly all documents. The exact one (`exact.py`) follows
every event of the parser, knows the place of everything, and refuses what YAML allows and a
declaration does not need: tags, merge keys, keys that are no text. It takes over when a text
holds anything the two could see differently, and when something is wrong.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from meshwright.errors import DocumentError, Problem
from meshwright.model.contract import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from meshwright.standards.exact import Path, Place

MAX_BYTES = 4 << 20
"""No document is larger."""

_PLAIN_ITEMS = 200_000  # the fast reader has no limit of its own on the number of values
_PLAIN_BRACKETS = 2_000  # deep brackets cost the fast reader quadratic time

_ZERO = re.compile(r"0(?<![\w.]0)(?:[xob]|[0-9])")  # the readers differ on leading zeros
_MARKS = re.compile(r"[!*<](?<![^\s\[{,:].)(?:(?<=!)|(?<=\*)\S|(?<=<)<)")  # a tag, an alias, a merge key
_EXPONENT = re.compile(r"(?:\A|[\s\[{,:])[-+]?[0-9.]+[eE][-+]?[0-9]{3,}(?=[\s,\]}]|\Z)")
_NUL_ESCAPES = ("\\0", "\\x00", "\\u0000", "\\U00000000")
_DIGITS = bytes.maketrans(b"123456789E", b"000000000e")


def read_document(data: bytes, file: str) -> Document:
    """The document in `data`: a mapping with text keys and values of JSON's kinds.

    Dates and times stay text (YAML 1.2, core schema). `file` is only named in errors.

    Raises:
        DocumentError: everything that is wrong, each with line and column.
    """
    value = read_value(data, file)
    if not isinstance(value, dict):
        what = (
            "the document is empty" if value is None else "the document must be a mapping of keys to values"
        )
        raise DocumentError([Problem("MW001", what, file, 1, 1)])
    return value


def read_value(data: bytes, file: str) -> Any:
    """Like `read_document`, but the top level may be anything: a list of tests, for example."""
    text = decode(data, file)
    if not _needs_exact(data, text):
        import ryaml

        try:
            value = ryaml.loads(text)  # type: ignore[attr-defined]
            if _plain_data().is_valid(value):
                return value
        except ValueError:
            pass  # the exact reader says what is wrong, and where
    from meshwright.standards.exact import compose

    composed = compose(text, file)
    if composed.problems:
        raise DocumentError(composed.problems)
    return composed.value


def decode(data: bytes, file: str) -> str:
    """The text of a document.

    Raises:
        DocumentError: it is too large, holds a NUL byte, or is not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise DocumentError([Problem("MW004", f"the file is larger than {MAX_BYTES >> 20} MiB", file)])
    if (nul := data.find(0)) >= 0:
        line, column = _line_column(data, nul)
        raise DocumentError([Problem("MW001", "a NUL byte is no text", file, line, column)])
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line, column = _line_column(data, error.start)
        hint = "save the file as UTF-8"
        raise DocumentError(
            [Problem("MW001", "this byte is not UTF-8", file, line, column, hint=hint)]
        ) from None


def locate(data: bytes, paths: Iterable[Path]) -> Mapping[Path, Place]:
    """Where each path (keys and indices from the top) stands in a document that can be read.

    Paths that are not there are left out. For use when something is wrong: it is slow.
    """
    from meshwright.standards.exact import compose

    return compose(data.decode(errors="replace"), "", frozenset(paths)).places


def _line_column(data: bytes, offset: int) -> tuple[int, int]:
    before = data[:offset]
    start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[start:].decode(errors="replace")) + 1


def _needs_exact(data: bytes, text: str) -> bool:
    """Whether the readers might differ, or the fast one might need more than its share.

    Runs on every document: plain substring searches come before regular expressions.
    """
    if len(text) > _PLAIN_BRACKETS and text.count("[") + text.count("{") > _PLAIN_BRACKETS:
        return True
    if len(text) > _PLAIN_ITEMS and sum(map(text.count, ("\n", ",", "- ", "? "))) > _PLAIN_ITEMS:
        return True
    if ("!" in text or "*" in text or "<<" in text) and _MARKS.search(text):
        return True
    if "\\" in text and any(escape in text for escape in _NUL_ESCAPES):
        return True
    digits = data.translate(_DIGITS)
    if b"0" * 19 in digits or ((b"0e" in digits or b".e" in digits) and _EXPONENT.search(text)):
        return True
    return _ZERO.search(text) is not None


class _Validator(Protocol):
    def is_valid(self, instance: Any) -> bool: ...


@cache
def _plain_data() -> _Validator:
    """Accepts JSON's kinds of values; finite numbers and text keys only, everywhere."""
    import jsonschema_rs

    kinds = ["object", "array", "string", "number", "boolean", "null"]
    anything = {"type": kinds, "additionalProperties": {"$ref": "#"}, "items": {"$ref": "#"}}
    validator: _Validator = jsonschema_rs.Draft201909Validator(anything)
    return validator
