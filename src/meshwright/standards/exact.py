"""The exact reader of YAML: values, their places, and everything a declaration may not hold.

It consumes the parser's events one by one, so that it can stop at any time: nothing is
expanded, and depth and number of values are limited while they grow.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from meshwright.errors import Problem

Path = tuple[str | int, ...]
"""Keys and indices from the top of a document."""

MAX_DEPTH = 128
MAX_VALUES = 250_000
_MAX_PROBLEMS = 200

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN")
_CONSTANTS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Place(NamedTuple):
    """Line and column, from 1, of a value and of its key (for an item: of the item)."""

    line: int
    column: int
    key_line: int
    key_column: int


@dataclass(frozen=True, slots=True)
class Composed:
    """What a text says; `value` is complete only when there are no problems."""

    value: Any
    problems: tuple[Problem, ...]
    places: Mapping[Path, Place]


def compose(text: str, file: str, wanted: frozenset[Path] = frozenset()) -> Composed:
    """Read one document; `places` are those of the `wanted` paths."""
    composer = _Composer(file, wanted)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if not composer.take(event):
                break
    except yaml.MarkedYAMLError as error:
        composer.problems.append(_syntax_problem(error, text, file))
    except yaml.reader.ReaderError as error:
        before = text.encode()[: error.position].decode(errors="replace")
        line = before.count("\n") + 1
        column = len(before) - before.rfind("\n")
        composer.problems.append(Problem("MW001", str(error.reason), file, line, column))
    return Composed(composer.value, tuple(composer.problems), composer.places)


class _TooBig(Exception):
    """A number that JSON and its readers cannot carry."""


def _scalar(text: str) -> Any:
    """A plain scalar by the core schema (YAML 1.2.2, section 10.3.2)."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > 64:
            raise _TooBig
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        number = int(text, base)
        if not -(1 << 63) <= number < 1 << 64:
            raise _TooBig
        return number
    if _NO_NUMBER.fullmatch(text):
        raise _TooBig
    if _FLOAT.fullmatch(text):
        fraction = float(text)
        if math.isinf(fraction):
            raise _TooBig
        return fraction
    return text


@dataclass(slots=True)
class _Frame:
    """An open mapping or list."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    count: int  # values read before it began
    key: str | None = None
    mark: tuple[int, int] = (1, 1)  # of the key
    lines: dict[str, int] = field(default_factory=dict)  # where each key stands


class _Composer:
    """Builds the value from events; `take` says whether to go on."""

    def __init__(self, file: str, wanted: frozenset[Path]) -> None:
        self.file = file
        self.wanted = wanted
        self.value: Any = None
        self.problems: list[Problem] = []
        self.places: dict[Path, Place] = {}
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int | None]] = {}  # value, and its size once it is closed
        self._count = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> bool:
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    return self._stop(event, "a second document begins here", "one document per file")
                return True
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                frame = self._stack.pop()
                if self._stack:
                    self._stack[-1].key = None
                if frame.anchor is not None and self._anchors[frame.anchor][0] is frame.value:
                    self._anchors[frame.anchor] = (frame.value, self._count - frame.count)
                return True
            case yaml.ScalarEvent() | yaml.AliasEvent() | yaml.CollectionStartEvent():
                return self._node(event)
        return True

    def _node(self, event: Any) -> bool:
        self._count += 1
        if self._count > MAX_VALUES:
            return self._stop(event, f"the document holds more than {MAX_VALUES:,} values", code="MW004")
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            return self._key(event, frame)
        if getattr(event, "tag", None) is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._problem(event, f"the tag `{tag[:60]}` has no meaning here", "leave it out")
        self._mark(event, frame)
        value: Any
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                return self._stop(event, f"there is no anchor `&{event.anchor}` before this alias")
            value, size = self._anchors[event.anchor]
            if size is None:
                return self._stop(event, f"what `*{event.anchor}` stands for would contain itself")
            self._count += size
        elif isinstance(event, yaml.ScalarEvent):
            value = self._scalar_value(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = (value, 0)
        else:
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
        if frame is None:
            self.value = value
        elif isinstance(frame.value, dict):
            frame.value[frame.key or ""] = value
            if not isinstance(event, yaml.CollectionStartEvent):
                frame.key = None
        else:
            frame.value.append(value)
        if isinstance(event, yaml.CollectionStartEvent):
            if event.anchor is not None:
                self._anchors[event.anchor] = (value, None)
            self._stack.append(_Frame(value, event.anchor, self._count))
            if len(self._stack) > MAX_DEPTH:
                return self._stop(
                    event, f"the document is nested deeper than {MAX_DEPTH} levels", code="MW004"
                )
        return len(self.problems) < _MAX_PROBLEMS

    def _key(self, event: Any, frame: _Frame) -> bool:
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
            return self._stop(event, "a key must be plain text, not a list, a mapping, an alias or a tag")
        key: str = event.value
        if _is_plain(event):
            if key == "<<":
                self._problem(event, "merge keys (`<<`) are not part of YAML 1.2", "write the keys out")
            elif not isinstance(self._scalar_value(event), str):
                self._problem(event, f"the key `{key[:60]}` is not text", "put it in quotes")
        elif "\0" in key:
            self._problem(event, "a NUL character is no text")
        line, column = _place(event)
        if key in frame.lines:
            self._problem(event, f"the key `{key[:60]}` is here twice, first on line {frame.lines[key]}")
        frame.lines.setdefault(key, line)
        if event.anchor is not None:
            self._anchors[event.anchor] = (key, 0)
        frame.key = key
        frame.mark = (line, column)
        return len(self.problems) < _MAX_PROBLEMS

    def _scalar_value(self, event: yaml.ScalarEvent) -> Any:
        if not _is_plain(event):
            if "\0" in event.value:
                self._problem(event, "a NUL character is no text")
            return event.value
        try:
            return _scalar(event.value)
        except _TooBig:
            short = event.value if len(event.value) <= 40 else event.value[:37] + "..."
            hint = "put it in quotes if it is text"
            self._problem(event, f"the number {short} is too big or not finite", hint)
            return None

    def _mark(self, event: yaml.Event, frame: _Frame | None) -> None:
        if not self.wanted:
            return
        path = tuple(
            (open_frame.key or "")
            if isinstance(open_frame.value, dict)
            else len(open_frame.value) - (open_frame is not frame)
            for open_frame in self._stack
        )
        if path in self.wanted:
            line, column = _place(event)
            key = frame.mark if frame is not None and isinstance(frame.value, dict) else (line, column)
            self.places.setdefault(path, Place(line, column, *key))

    def _problem(self, event: yaml.Event, message: str, hint: str | None = None, code: str = "MW001") -> None:
        line, column = _place(event)
        self.problems.append(Problem(code, message, self.file, line, column, hint=hint))

    def _stop(self, event: yaml.Event, message: str, hint: str | None = None, code: str = "MW001") -> bool:
        self._problem(event, message, hint, code)
        return False


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _is_plain(event: yaml.ScalarEvent) -> bool:
    return not event.style and event.tag is None


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    problem = str(error.problem or error)
    if "unexpected end of stream" in problem and error.context_mark is not None:
        mark, problem = error.context_mark, "this quoted text does not end"
    elif "expected ',' or" in problem and error.context_mark is not None:
        begun = error.context_mark
        problem += f", to close the bracket at {begun.line + 1}:{begun.column + 1}"
    hint = None
    if mark is not None and "cannot start any token" in problem:
        lines = text.splitlines()
        broken = lines[mark.line] if mark.line < len(lines) else ""
        if broken[mark.column : mark.column + 1] == "\t":
            problem, hint = "a tab cannot indent", "indent with spaces"
        else:
            problem, hint = "this character cannot begin a plain text", "put the text in quotes"
    elif "mapping values are not allowed" in problem:
        hint = "put a text that contains `: ` in quotes, and check the indentation"
    elif "did not find expected key" in problem:
        hint = "check the indentation"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
    return Problem("MW001", problem, file, line, column, hint=hint)
