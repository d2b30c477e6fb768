"""RE2 patterns as regular expressions of PostgreSQL that find the same texts.

Only whether there is a match matters, never which: so greed and groups are left out. Every character
class is written out, as PostgreSQL's own depend on locales. What cannot be said is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from meshwright.adapters.extraction.exact import Inapplicable

_LAST = 0x10FFFF
_MOST = 255
"""The highest number of repetitions that PostgreSQL counts."""

Ranges = tuple[tuple[int, int], ...]

_DIGITS: Ranges = ((0x30, 0x39),)
_WORDS: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACES: Ranges = ((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20))
_PERL = {"d": _DIGITS, "w": _WORDS, "s": _SPACES}
_POSIX: dict[str, Ranges] = {
    "alnum": ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    "alpha": ((0x41, 0x5A), (0x61, 0x7A)),
    "ascii": ((0x00, 0x7F),),
    "blank": ((0x09, 0x09), (0x20, 0x20)),
    "cntrl": ((0x00, 0x1F), (0x7F, 0x7F)),
    "digit": _DIGITS,
    "graph": ((0x21, 0x7E),),
    "lower": ((0x61, 0x7A),),
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": ((0x09, 0x0D), (0x20, 0x20)),
    "upper": ((0x41, 0x5A),),
    "word": _WORDS,
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
}
_ESCAPES = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_FOLDED_BEYOND_ASCII = {"k": 0x212A, "s": 0x017F}
_REPEAT = re.compile(r"\{(\d+)(,(\d*))?\}")
_POSIX_CLASS = re.compile(r"\[:(\^?)([a-z]+):\]")
_GROUP = re.compile(r"\(\?P?<[^>]*>")
_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]*))?([:)])")


@dataclass(frozen=True, slots=True)
class _Flags:
    fold: bool = False  # i
    lines: bool = False  # m
    all: bool = False  # s


def translated(pattern: str, unicode: bool = True) -> str:
    """A regular expression for PostgreSQL's `~` that finds what RE2 finds in a search.

    `pattern` is one that RE2 accepts. `unicode` says that the database's encoding is UTF-8; in
    another, patterns are of ASCII.

    Raises:
        Inapplicable: the pattern has a part that PostgreSQL cannot search for in the same way.
    """
    return _Translation(pattern, unicode).whole()


class _Translation:
    def __init__(self, pattern: str, unicode: bool) -> None:
        self._pattern = pattern
        self._unicode = unicode
        self._at = 0

    def whole(self) -> str:
        found = self._alternatives(_Flags())
        if self._at < len(self._pattern):
            raise self._refused(self._pattern[self._at])
        return f"(?:{found})"

    def _refused(self, part: str) -> Inapplicable:
        return Inapplicable(
            f"PostgreSQL cannot search for the pattern `{self._pattern}` as RE2 does: it has `{part}`"
        )

    def _next(self, text: str) -> bool:
        """Whether a text follows, which is then passed."""
        if self._pattern.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _match(self, shape: re.Pattern[str]) -> re.Match[str] | None:
        found = shape.match(self._pattern, self._at)
        if found:
            self._at = found.end()
        return found

    def _alternatives(self, flags: _Flags) -> str:
        """All up to the end of a group, or of the pattern."""
        branches: list[str] = []
        parts: list[str] = []
        while self._at < len(self._pattern) and self._pattern[self._at] != ")":
            if self._next("|"):
                branches.append("".join(parts))
                parts = []
            elif changed := self._flags(flags):
                flags, inner = changed
                if inner is not None:
                    parts.append(self._repeated(inner))
            elif self._next("\\Q"):
                text, _, _ = self._pattern[self._at :].partition("\\E")
                self._at = min(len(self._pattern), self._at + len(text) + 2)
                characters = [self._set(((ord(one), ord(one)),), flags) for one in text]
                parts += [*characters[:-1], *(self._repeated(one) for one in characters[-1:])]
            elif not self._next("\\E"):
                parts.append(self._repeated(self._atom(flags)))
        return "|".join([*branches, "".join(parts)])

    def _flags(self, flags: _Flags) -> tuple[_Flags, str | None] | None:
        """Flags from here on, or a group that has flags of its own."""
        found = self._match(_FLAGS)
        if found is None:
            return None
        changed = flags
        for letters, value in ((found[1], True), (found[2] or "", False)):
            for letter in letters:
                changed = {
                    "i": replace(changed, fold=value),
                    "m": replace(changed, lines=value),
                    "s": replace(changed, all=value),
                    "U": changed,
                }[letter]
        if found[3] == ")":
            return changed, None
        return flags, self._group(changed)

    def _group(self, flags: _Flags) -> str:
        inner = self._alternatives(flags)
        if not self._next(")"):
            raise self._refused("(")
        return f"(?:{inner})"

    def _atom(self, flags: _Flags) -> str:
        if self._match(_GROUP):
            return self._group(flags)
        one = self._pattern[self._at]
        self._at += 1
        match one:
            case "(":
                if self._pattern.startswith("?", self._at):
                    raise self._refused(self._pattern[self._at - 1 : self._at + 2])
                return self._group(flags)
            case "[":
                return self._class(flags)
            case ".":
                return "." if flags.all else self._set(((10, 10),), _Flags(), negated=True)
            case "^":
                return "(?:^|(?<=\\n))" if flags.lines else "(?:^)"
            case "$":
                return "(?:$|(?=\\n))" if flags.lines else "(?:$)"
            case "*" | "+" | "?":
                raise self._refused(one)
            case "\\":
                return self._escape(flags)
        return self._set(((ord(one), ord(one)),), flags)

    def _escape(self, flags: _Flags) -> str:
        letter = self._pattern[self._at : self._at + 1]
        word = _written(_WORDS)
        match letter:
            case "A" | "z":
                self._at += 1
                return "(?:^)" if letter == "A" else "(?:$)"
            case "b" | "B":
                self._at += 1
                before, after = f"(?<=[{word}])", f"(?=[{word}])"
                none_before, none_after = f"(?<![{word}])", f"(?![{word}])"
                if letter == "b":
                    return f"(?:{before}{none_after}|{none_before}{after})"
                return f"(?:{before}{after}|{none_before}{none_after})"
        if letter and letter.lower() in _PERL:
            self._at += 1
            return self._set(_PERL[letter.lower()], flags, letter.isupper())
        code = self._character()
        return self._set(((code, code),), flags)

    def _character(self) -> int:
        """The character behind a backslash."""
        rest = self._pattern[self._at :]
        for shape, base in ((r"x\{([0-9A-Fa-f]+)\}", 16), (r"x([0-9A-Fa-f]{2})", 16), (r"(0[0-7]{0,2})", 8)):
            found = re.match(shape, rest)
            if found:
                self._at += found.end()
                return int(found[1], base)
        found = re.match(r"[1-7][0-7]{1,2}", rest)
        if found:
            self._at += found.end()
            return int(found[0], 8)
        letter = rest[:1]
        if letter in _ESCAPES:
            self._at += 1
            return _ESCAPES[letter]
        if not letter or letter.isalnum() or ord(letter) >= 0x80:
            raise self._refused("\\" + rest[:2] if letter in ("p", "P") else "\\" + letter)
        self._at += 1
        return ord(letter)

    def _class(self, flags: _Flags) -> str:
        negated = self._next("^")
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self._next("]"):
            first = False
            if self._at >= len(self._pattern):
                raise self._refused("[")
            named = self._match(_POSIX_CLASS)
            letter = self._pattern[self._at + 1 : self._at + 2]
            if named:
                if named[2] not in _POSIX:
                    raise self._refused(named[0])
                ranges += _complement(_POSIX[named[2]]) if named[1] else _POSIX[named[2]]
            elif self._pattern[self._at] == "\\" and letter and letter.lower() in _PERL:
                self._at += 2
                members = self._folded(_PERL[letter.lower()], flags)
                ranges += _complement(members) if letter.isupper() else members
            else:
                low = high = self._member()
                if (
                    self._pattern.startswith("-", self._at)
                    and self._pattern[self._at + 1 : self._at + 2] != "]"
                ):
                    self._at += 1
                    high = self._member()
                ranges.append((low, high))
        return self._set(tuple(ranges), flags, negated)

    def _member(self) -> int:
        one = self._pattern[self._at : self._at + 1]
        self._at += 1
        return self._character() if one == "\\" else ord(one)

    def _folded(self, ranges: Iterable[tuple[int, int]], flags: _Flags) -> Ranges:
        """A set and, where case is ignored, the other case of its letters."""
        found = list(ranges)
        if not flags.fold:
            return tuple(found)
        for low, high in ranges:
            # Beyond ASCII only a set that holds all there is keeps the same members.
            if high >= 0x80 and not (low <= 0x80 and high == _LAST):
                raise self._refused(f"(?i) with {chr(max(low, 0x80))!r}")
            for letter in map(chr, range(low, min(high, 0x7F) + 1)):
                other = letter.swapcase()
                found.append((ord(other), ord(other)))
                beyond = _FOLDED_BEYOND_ASCII.get(letter.lower())
                if beyond and self._unicode:
                    found.append((beyond, beyond))
            if high == _LAST:
                found += [(ord(letter), ord(letter)) for letter in "KSks"]
        return tuple(found)

    def _set(self, ranges: Ranges, flags: _Flags, negated: bool = False) -> str:
        merged = _merged(self._folded(ranges, flags))
        if negated:
            inner = _written(_clipped(merged))
            self._check(merged)
            return f"[^{inner}]" if inner else "."
        merged = _clipped(merged)
        if not merged:
            raise self._refused("\\x00")
        if merged == ((1, _LAST),):
            return "."
        self._check(merged)
        return f"[{_written(merged)}]"

    def _check(self, ranges: Ranges) -> None:
        for low, high in ranges:
            for end in (low, high):
                if not self._unicode and 0x80 <= end < _LAST:
                    raise self._refused(chr(end))
                if 0xD800 <= end <= 0xDFFF:
                    raise self._refused(f"\\x{{{end:X}}}")

    def _repeated(self, atom: str) -> str:
        """An atom with the quantifier that follows."""
        if self._at >= len(self._pattern):
            return atom
        one = self._pattern[self._at]
        if one in "*+?":
            self._at += 1
            self._next("?")
            return f"{atom}{one}"
        found = self._match(_REPEAT) if one == "{" else None
        if found is None:
            return atom
        self._next("?")
        low = int(found[1])
        high = low if found[2] is None else int(found[3]) if found[3] else None
        if max(low, high or 0) > _MOST:
            raise self._refused(found[0])
        if high is None:
            return f"{atom}{{{low},}}"
        return f"{atom}{{{low},{high}}}" if high else "(?:)"


def _merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Ranges in order that do not touch."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


def _complement(ranges: Iterable[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in _merged(ranges):
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    if start <= _LAST:
        found.append((start, _LAST))
    return tuple(found)


def _clipped(ranges: Ranges) -> Ranges:
    """Without NUL, which no text of PostgreSQL holds."""
    return tuple((max(low, 1), high) for low, high in ranges if high >= 1)


def _written(ranges: Ranges) -> str:
    return "".join(_code(low) + (f"-{_code(high)}" if high > low else "") for low, high in ranges)


def _code(code: int) -> str:
    if chr(code).isascii() and chr(code).isalnum():
        return chr(code)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
