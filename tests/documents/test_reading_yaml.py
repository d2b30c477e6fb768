"""YAML 1.2, core schema: what is read, what is refused, and where the message points."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.errors import DocumentError, Problem
from meshwright.standards.exact import compose
from meshwright.standards.yaml import MAX_BYTES, locate, read_document, read_value


def read(text: str) -> Any:
    return read_value(text.encode(), "x.yaml")


def problems_of(text: str | bytes) -> list[Problem]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(DocumentError) as caught:
        read_value(data, "x.yaml")
    assert all(problem.file == "x.yaml" for problem in caught.value.problems)
    return list(caught.value.problems)


def places(text: str | bytes) -> list[tuple[int | None, int | None]]:
    return [(problem.line, problem.column) for problem in problems_of(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"),
        ("12:30", "12:30"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("off", "off"),
        ("1.0.0", "1.0.0"),
        ("1_000", "1_000"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("0b11", "0b11"),
        ("-12", -12),
        ("1e3", 1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("'007'", "007"),
        ("18446744073709551615", 18446744073709551615),
    ],
)
def test_a_scalar_is_read_by_the_core_schema(text: str, value: object) -> None:
    found = read(f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1), "the key `a` is here twice, first on line 1"),
        ("a:\n  1: x\n", (2, 3), "the key `1` is not text"),
        ("a:\n  b: c\n  true: y\n", (3, 3), "the key `true` is not text"),
        ("a: {2.5: x}\n", (1, 5), "the key `2.5` is not text"),
        ("a: 1\nnull: x\n", (2, 1), "the key `null` is not text"),
        ("a: {1}\n", (1, 5), "the key `1` is not text"),
        ("? [a]\n: b\n", (1, 3), "a key must be plain text"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", (3, 3), "merge keys"),
        ("a: !foo 3\n", (1, 4), "the tag `!foo`"),
        ("a: !!int '3'\n", (1, 4), "the tag `!!int`"),
        ("a: ! 3\n", (1, 4), "the tag `!`"),
        ("a: 1\n---\nb: 2\n", (2, 1), "a second document"),
        ("a: 99999999999999999999\n", (1, 4), "too big"),
        ("a: " + "9" * 5000 + "\n", (1, 4), "too big"),
        ("a: -9223372036854775809\n", (1, 4), "too big"),
        ("a: .inf\n", (1, 4), "not finite"),
        ("a: .nan\n", (1, 4), "not finite"),
        ("a: 1e999\n", (1, 4), "not finite"),
        ("a: *nowhere\n", (1, 4), "no anchor `&nowhere`"),
        ("a: &x\n  b: [*x]\n", (2, 7), "contain itself"),
        ('a: "\\0"\n', (1, 4), "NUL"),
        ("a:\n\tb: 1\n", (2, 1), "a tab cannot indent"),
        ("a: b: c\n", (1, 5), "mapping values"),
        ("a: 1\nb: 'x\n\n\nc: 2\n", (2, 4), "does not end"),
        ("é: 1\nb: @x\n", (2, 4), "cannot begin a plain text"),
        ("a:\n  b: 1\n c: 2\n", (3, 2), "expected key"),
    ],
)
def test_what_a_declaration_does_not_need_is_refused_at_its_place(
    text: str, place: tuple[int, int], words: str
) -> None:
    found = [problem for problem in problems_of(text) if words in problem.message]
    assert [(problem.line, problem.column) for problem in found] == [place]


def test_keys_that_python_would_take_for_one_another_do_not_collide() -> None:
    assert places("1: a\n1.0: b\ntrue: c\n") == [(1, 1), (2, 1), (3, 1)]


def test_all_problems_are_named_at_once() -> None:
    text = "a: 1\na: 2\n3: x\nb: !t y\nc: 1e999\n"
    assert places(text) == [(2, 1), (3, 1), (4, 4), (5, 4)]


def test_a_nul_byte_is_refused_at_its_place() -> None:
    assert places(b"a: 1\nb: x\0y\n") == [(2, 5)]


def test_bytes_that_are_no_utf8_are_refused_at_their_place() -> None:
    assert places("é: 1\nb: ".encode() + b"\xff\n") == [(2, 4)]
    assert problems_of("a: 1".encode("utf-16"))


def test_a_control_character_is_refused_at_its_place() -> None:
    assert places("é: 1\nb: é\x07\n") == [(2, 5)]


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert read("\ufeffa: 1") == {"a": 1}


def test_an_alias_stands_for_its_anchor() -> None:
    assert read("a: &x [1, 2]\nb: *x\nc: {d: *x}") == {"a": [1, 2], "b": [1, 2], "c": {"d": [1, 2]}}


def test_an_anchor_that_is_given_again_inside_itself_is_no_cycle() -> None:
    assert read("a: &x [&x 1, *x]\nb: *x") == {"a": [1, 1], "b": 1}


@pytest.mark.parametrize(
    ("text", "words"), [("", "empty"), ("# a\n", "empty"), ("- a\n", "mapping"), ("a", "map")]
)
def test_the_top_of_a_document_is_a_mapping(text: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        read_document(text.encode(), "x.yaml")


def _bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(lines)


HOSTILE = {
    "billion laughs": _bomb(10),
    "many aliases of one wide list": "a: &a [" + "x," * 50_000 + "]\nb: [" + "*a," * 1000 + "]",
    "deep brackets": "a: " + "[" * 200_000,
    "deep braces": "{a: " * 100_000,
    "deep brackets, closed in quotes": "a: " + '["]",' * 50_000,
    "deep items": "- " * 100_000 + "a",
    "deep indentation": "\n".join(" " * i + "a:" for i in range(1000)),
    "open keys": "? " * 50_000,
    "many small mappings": "a: [" + "{a}," * 600_000 + "]",
    "many values": "a: [" + "x," * 1_000_000 + "]",
    "a chain of anchors": "a: " + "&a " * 100_000,
    "a large file": "a: " + "x" * MAX_BYTES,
}


READ_HOSTILE = """
import sys
from pathlib import Path
from meshwright.errors import DocumentError
from meshwright.standards.yaml import read_value


def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


data = sys.stdin.buffer.read()
before = peak()
try:
    read_value(data, "x.yaml")
except DocumentError as error:
    assert error.problems[0].message
    print(peak() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused_within_bounded_memory(name: str) -> None:
    """The whole process counts: the reader's memory is no Python object."""
    done = subprocess.run(
        [sys.executable, "-c", READ_HOSTILE], input=HOSTILE[name].encode(), capture_output=True, check=True
    )
    assert int(done.stdout) << 10 < 100 << 20


def test_positions_of_paths_are_found_through_lists_and_mappings() -> None:
    text = "a:\n  - b: 1\n    c:\n      d: [x, y]\n  - 2\n"
    paths = [("a",), ("a", 0, "c"), ("a", 0, "c", "d", 1), ("a", 1), ("a", 7)]
    found = {path: tuple(place) for path, place in locate(text.encode(), paths).items()}
    assert found == {
        ("a",): (2, 3, 1, 1),
        ("a", 0, "c"): (4, 7, 3, 5),
        ("a", 0, "c", "d", 1): (4, 14, 4, 14),
        ("a", 1): (5, 5, 5, 5),
    }


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_a_document_or_a_document_error(data: bytes) -> None:
    try:
        read_document(data, "x.yaml")
    except DocumentError as error:
        assert error.problems


_SNIPPETS = st.sampled_from(
    [
        *(
            "a",
            "b: ",
            "\n",
            "  ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            ": ",
            "? ",
            "&x ",
            "*x",
            "!t ",
            "<<",
            "'",
            '"',
        ),
        *("|\n", "1", "0", "e9", ".", "~", "true", "#", "\t", "---\n", "%", "@", "\\", "é", "\u2028", "\x85"),
        *("0x", "-"),
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(_SNIPPETS, max_size=25).map("".join))
def test_random_yaml_is_read_as_the_exact_reader_reads_it(text: str) -> None:
    exact = compose(text, "x.yaml")
    try:
        value = read(text)
    except DocumentError as error:
        assert error.problems == exact.problems
    else:
        assert not exact.problems
        assert json.dumps(value) == json.dumps(exact.value)


_SCALARS = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(max_size=8)
_DATA = st.recursive(
    _SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), _DATA, max_size=5))
def test_json_is_yaml_and_is_read_back_equal(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    if "\\u0000" in text or any(f"\\ud{digit}" in text for digit in "89abcdef"):
        return
    found = read(text)
    assert found == document
    assert list(found) == list(document)


def test_floats_keep_their_value() -> None:
    assert read("a: 0.1\nb: 1e-300\nc: -0.0") == {"a": 0.1, "b": 1e-300, "c": 0.0}
    assert math.copysign(1, read("c: -0.0")["c"]) == -1
