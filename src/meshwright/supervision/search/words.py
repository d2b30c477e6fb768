"""Texts as words: identifiers taken apart, accents folded, scripts without spaces as pairs of characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

LONGEST = 60
"""Characters of a word; what follows them is not looked at."""

_CHUNK = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NO_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x9FFF),  # Han
    (0xAC00, 0xD7AF),  # Hangul syllables
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def words_of(text: str | None) -> list[str]:
    """The words of a text, in order, in lower case and without accents.

    >>> words_of("The netRent per m2 of lease_id, Größe in HTTPServer")
    ['the', 'net', 'rent', 'per', 'm', '2', 'of', 'lease', 'id', 'grosse', 'in', 'http', 'server']
    >>> words_of("空室率")
    ['空室', '室率']
    """
    if not text:
        return []
    found: list[str] = []
    chunks = _CHUNK.findall(text) if text.isascii() else _chunks(text)
    for chunk in chunks:
        found += _split(chunk)
    return found


def name_words(name: str | None) -> list[str]:
    """The words of a name, and the name as one word, by which those find it who write it without signs.

    >>> name_words("lease_id")
    ['lease', 'id', 'leaseid']
    """
    found = words_of(name)
    if 1 < len(found) <= 4:
        found.append("".join(found)[:LONGEST])
    return found


def placed_words(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text as `words_of` has them, with where each begins and ends in the text."""
    if text.isascii():
        for chunk in _CHUNK.finditer(text):
            if chunk.group().islower() and chunk.group().isalpha():
                yield chunk.group()[:LONGEST], chunk.start(), chunk.end()
                continue
            for part in _PARTS.finditer(chunk.group()):
                start = chunk.start()
                yield part.group().lower()[:LONGEST], start + part.start(), start + part.end()
        return
    for start, end in _spans(text):
        chunk_text = text[start:end]
        if any(map(_unspaced, chunk_text)):
            at = start
            for word in _split(chunk_text):
                size = len(word)
                place = text.find(word, at, end)
                if place >= 0:
                    yield word, place, place + size
                    at = place
            continue
        for first, last in _camel(chunk_text):
            for word in _split(chunk_text[first:last]):
                yield word, start + first, start + last


@lru_cache(maxsize=200_000)
def _split(chunk: str) -> Sequence[str]:
    """The words of one run of letters and digits."""
    if chunk.isascii():
        if chunk.islower() and chunk.isalpha():
            return (chunk[:LONGEST],)
        return tuple(part.lower()[:LONGEST] for part in _PARTS.findall(chunk))
    found: list[str] = []
    for first, last in _camel(chunk):
        for unspaced, run in (run for piece in fold(chunk[first:last]).split() for run in _runs(piece)):
            if not unspaced:
                found.append(run[:LONGEST])
            elif len(run) == 1:
                found.append(run)
            else:
                found += [run[at : at + 2] for at in range(len(run) - 1)]
    return tuple(word for word in found if word)


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    """Runs of characters of scripts with and without spaces."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or _unspaced(text[at]) != _unspaced(text[start]):
            yield _unspaced(text[start]), text[start:at]
            start = at


def _unspaced(character: str) -> bool:
    number = ord(character)
    return number >= 0x0E00 and any(first <= number <= last for first, last in _NO_SPACES)


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """A text in lower case, without the accents of Latin, Greek and Cyrillic letters.

    >>> fold("Überprüfung"), fold("Ελλάδα"), fold("Ñandú")
    ('uberprufung', 'ελλαδα', 'nandu')
    """
    plain: list[str] = []
    for character in unicodedata.normalize("NFKD", text.replace("İ", "i").casefold()):
        if not (unicodedata.combining(character) and plain and ord(plain[-1][-1]) < 0x0530):
            plain.append(_LETTERS.get(character, character))
    return unicodedata.normalize("NFC", "".join(plain))


_LETTERS = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "æ": "ae",
    "œ": "oe",
    "ð": "d",
    "þ": "th",
    "\u0131": "i",
    "\u03c2": "\u03c3",
}


def _chunks(text: str) -> list[str]:
    return [text[start:end] for start, end in _spans(text)]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where runs of letters, digits and the marks that belong to them begin and end."""
    start = None
    for at, character in enumerate(text):
        inside = character.isalnum() or (start is not None and unicodedata.category(character)[0] == "M")
        if inside and start is None:
            start = at
        elif not inside and start is not None:
            yield start, at
            start = None
    if start is not None:
        yield start, len(text)


def _camel(chunk: str) -> Iterator[tuple[int, int]]:
    """Where the parts of an identifier begin and end: at capitals after small letters, and at digits."""
    start = 0
    for at in range(1, len(chunk) + 1):
        if at == len(chunk) or _border(chunk, at):
            yield start, at
            start = at


def _border(chunk: str, at: int) -> bool:
    before, here = chunk[at - 1], chunk[at]
    if unicodedata.category(here)[0] == "M":
        return False
    if before.isdecimal() != here.isdecimal():
        return True
    if here.isupper() and before.islower():
        return True
    following = chunk[at + 1 : at + 2]
    return here.isupper() and before.isupper() and following.islower()
