"""What is read by a cast is what reading exactly gives, or is doubted."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.verification.contracts import deals

from meshwright.adapters.duckdb.text_rows import CASTING_IN_READERS, TextRows, text_rows
from meshwright.adapters.extraction.text import may_group_digits
from meshwright.model.contract import ContractObject
from meshwright.provisioning.ports import Located

CASES = int(os.environ.get("ORACLE_CASES", "400"))
"""Of what is mixed at random, so many; the long run takes ten thousand."""

DATES = ["2024-02-29", "2023-02-29", "2024-2-9", "0001-01-01", "0000-01-01", "9999-12-31", "99999-01-01"]
DATES += [
    "24-02-29",
    "1900-01-01",
    "1900-1-1",
    "2024/02/29",
    "2024 02 29",
    "20240229",
    "29.02.2024",
    "2024-060",
]
DATES += ["1970-01-01", "-0044-03-15", "0044-03-15 (BC)", "5877642-06-25 (BC)", "294247-01-10", "2024-13-01"]
TIMES = [
    "",
    " 00:00",
    "T00:00:00",
    " 10:00:00",
    " 10:00:00.5",
    " 24:00:00",
    " 23:59:60",
    "T10:00:00Z",
    "+01",
    "Z",
]
TIMES += [
    " 10:00:00+02:00",
    " 10:00:00 UTC",
    " 10:00:00 Europe/Berlin",
    " 10:00:00.123456789",
    " (BC)",
    " BC",
    "a",
]
WORDS = [
    "infinity",
    "-infinity",
    "Infinity",
    "inf",
    "-inf",
    "INF",
    "nan",
    "NaN",
    "-nan",
    "epoch",
    "today",
    "now",
]
WORDS += [
    "true",
    "True",
    "TRUE",
    "t",
    "yes",
    "on",
    "false",
    "f",
    "no",
    "null",
    "NULL",
    "None",
    "",
    " ",
    "-",
    "+",
    ".",
]
NUMBERS = ["0", "1", "9", "00", "007", "10", "123456789", "2147483647", "2147483648", "9223372036854775807"]
NUMBERS += [
    "9223372036854775808",
    "170141183460469231731687303715884105727",
    "9007199254740993",
    "4.9e-324",
    "1e309",
]
NUMBERS += [
    "1.5",
    ".5",
    "5.",
    "1.10",
    "0.1",
    "99999999.99",
    "99999999.995",
    "1e3",
    "1E+2",
    "1e-2",
    "0x10",
    "0b1",
]
NUMBERS += ["1_000", "1_", "_1", "1.0_1", "1,5", "1'000", "\uff11", "\u0661", "12e2", "0.30000000000000004"]
AROUND = ["", " ", "\t", "\n", "\u00a0", "+", "-", "--", "0", "_", "'", "$", "%", "a", "\u200b", "\ufeff"]
TOKENS = [
    "{}",
    "[]",
    '{"a": 1}',
    "[1]",
    "1.0",
    "-0",
    "-0.0",
    "1e400",
    "true",
    "false",
    "null",
    "NaN",
    "-Infinity",
    "inf",
]
TOKENS += [
    "1E2",
    "0.1e1",
    "18446744073709551616",
    "1.00000000000000000000001",
    "-1e-400",
    "20240229",
    "nAn",
    "iNfinity",
]

KINDS: dict[str, dict[str, Any]] = {
    "integer": {"logicalType": "integer"},
    "int32": {"logicalType": "integer", "physicalType": "int"},
    "int8": {"logicalType": "integer", "physicalType": "tinyint"},
    "number": {"logicalType": "number"},
    "decimal": {"logicalType": "number", "physicalType": "decimal(10,2)"},
    "wide": {"logicalType": "number", "physicalType": "decimal(38,10)"},
    "boolean": {"logicalType": "boolean"},
    "date": {"logicalType": "date"},
    "timestamp": {"logicalType": "timestamp"},
    "string": {"logicalType": "string"},
}


def _short(kind: str) -> Iterator[str]:
    """Every text of up to three characters that matter to a kind; four in the long run."""
    letters = (
        "01-/: T"
        if kind in ("date", "timestamp")
        else "trueFALS10 "
        if kind == "boolean"
        else "019+-.eE_x \t"
    )
    for length in range(1, 4 if CASES < 1000 else 5):
        yield from map("".join, product(letters, repeat=length))


def _listed() -> list[str]:
    dates = [date + time for date in DATES for time in TIMES]
    times = [
        "10:00",
        "10:00:00",
        "1:2:3",
        "24:00",
        "2024-01-01 10:00:00",
        "2024-01-01 1:00:00",
        "2024-01-01 10:00:5",
    ]
    times += [
        "2024-01-01 10:00:00.5",
        "2024-01-01 10:00:00.1234567",
        "10000-01-01 10:00:00",
        "2024-01-0110:00:00",
    ]
    around = [left + text + right for text in [*NUMBERS, *WORDS] for left in AROUND for right in AROUND]
    padded = [
        pad + date + other for date in dates for pad in (" ", "\t", "+", "0") for other in ("", " ", "\n")
    ]
    return [
        *dates,
        *times,
        *around,
        *padded,
        *TOKENS,
        "x'y",
        'a"b',
        "a\\b",
        "\\",
        '"',
        "é",
        "👍🏽",
        "a\nb",
        "\x7f",
        "\x01",
    ]


def _mixed(number: int) -> list[str]:
    """Parts of the texts above, put together at random."""
    chance = random.Random(20240229)
    parts = [*DATES, *TIMES, *WORDS, *NUMBERS, *AROUND, *"0123456789-/:.eT "]
    return ["".join(chance.choices(parts, k=chance.randint(1, 4))) for _ in range(number)]


def _in_space() -> list[str]:
    """Dates within white space of all kinds, which the reader and an exact reading let go alike."""
    spaces = ["", *" \t\n\v\f\r\x1c\x85\u00a0\u2003"]
    around = [left + right for left, right in product(spaces, repeat=2)]
    found = [
        left + date + right for date in ("2024-02-29", "0000-01-01") for left in around for right in around
    ]
    return random.Random(2).sample(found, min(CASES, len(found)))


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        opened.execute(f"SET disabled_optimizers = '{CASTING_IN_READERS}'")  # as inspections do
        yield opened


def _as_csv(file: Path) -> Callable[[Sequence[str]], Located]:
    def write(texts: Sequence[str]) -> Located:
        rows = (f'{n},"{text.replace(chr(34), chr(34) * 2)}"\n' for n, text in enumerate(texts))
        file.write_text("n,v\n" + "".join(rows), encoding="utf-8", newline="")
        return Located("csv", (str(file),), "here", {"delimiter": ","}, headers=(("n", "v"),))

    return write


@pytest.mark.parametrize("kind", KINDS)
def test_texts_of_csv(connection: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str) -> None:
    write = _as_csv(tmp_path / "d.csv")
    texts = _in_space() + _listed() if kind == "date" else [text for text in _listed() if "\n" not in text]
    proved = _proved(connection, write, kind, texts) | _proved(connection, write, kind, _mixed(CASES))
    if kind != "date":
        proved |= _proved(connection, write, kind, _short(kind))
    assert kind == "string" or any(proved), "nothing is read plainly"


def test_integers_are_told_from_what_only_casts_to_them(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Exponents that give as many digits as there are characters, and other bases."""
    heads = ("", "-", "+", " ", "0", "00", "1_")
    mantissas = ("1", "12", "123", "1.5", "1.25", "9.999", "12.", ".5", "100", "999999")
    tails = ("", *(f"e{power}" for power in range(19)), "e02", "e03", "e+3", "E+04", "e-1", " ")
    powers = map("".join, product(heads, mantissas, tails))
    based = (
        base + digit * length for base in ("0x", "-0x", "0b") for digit in "1F9" for length in range(3, 17)
    )
    assert _proved(connection, _as_csv(tmp_path / "d.csv"), "integer", [*powers, *based]) == {True, False}


def test_numbers_that_the_reader_of_csv_gives(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Where no file groups digits, the reader itself converts: to the same values, or it refuses."""
    file = tmp_path / "d.csv"
    obj = deals({"name": "n", "logicalType": "integer"}, {"name": "v", **KINDS["number"]}).objects[0]

    def read(texts: Sequence[str]) -> set[bool]:
        rows = (f'{n},"{text.replace(chr(34), chr(34) * 2)}"\n' for n, text in enumerate(texts))
        file.write_text("n,v\n" + "".join(rows), encoding="utf-8", newline="")
        assert not may_group_digits([str(file)])
        located = Located("csv", (str(file),), "here", {"delimiter": ","}, headers=(("n", "v"),))
        return _compare(connection, located, obj, texts, grouped=False)

    texts = [*_listed(), *_mixed(CASES), *_short("number"), *(text.strip() for text in _listed())]
    texts = [text for text in dict.fromkeys(texts) if not re.search("[0-9]_[0-9]", text)]
    castable = (
        "SELECT text FROM (SELECT unnest(?::VARCHAR[]) AS text) WHERE TRY_CAST(text AS DOUBLE) IS NOT NULL"
    )
    numbers = [text for (text,) in connection.execute(castable, [texts]).fetchall()]
    others = sorted(set(texts) - set(numbers))
    assert len(numbers) > 500
    assert read(numbers) == {True}
    few = [*WORDS, *AROUND, *random.Random(1).sample(others, min(CASES // 2, len(others)))]
    assert {one for text in few if "\n" not in text for one in read([text])} == {False, True}


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a,b\n1.5,x\n", False),
        ("a_b,1_a\n1.5,x_1\n", False),
        ("a,b\n1_000,x\n", True),
        ("a,b\n1.5,x1_0\n", True),
        ("_", False),
        ("1_", False),
        ("_1", False),
        ("", False),
        ("a_b\n" * 10_001, True),
    ],
)
def test_digits_in_groups_are_found(tmp_path: Path, text: str, grouped: bool) -> None:
    (tmp_path / "fine.csv").write_text("a\n1\n")
    (tmp_path / "d.csv").write_text(text)
    assert may_group_digits([str(tmp_path / "fine.csv"), str(tmp_path / "d.csv")]) is grouped


@pytest.mark.parametrize("file", ["gone.csv", "s3://bucket/d.csv", "zipped.csv"])
def test_digits_of_files_that_cannot_be_searched_may_be_grouped(tmp_path: Path, file: str) -> None:
    (tmp_path / "zipped.csv").write_bytes(gzip.compress(b"a\n1\n"))
    assert may_group_digits([str(tmp_path / file)])


@pytest.mark.parametrize("kind", KINDS)
def test_values_of_json(connection: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "d.jsonl"

    def write(values: Sequence[str]) -> Located:
        file.write_text(
            "".join(f'{{"n": {n}, "v": {value}}}\n' for n, value in enumerate(values)), encoding="utf-8"
        )
        return Located("jsonl", (str(file),), "here")

    strings = [json.dumps(text) for text in [*_in_space(), *_listed(), *_mixed(CASES)]]
    strings += ['"\\u0041"', '"\\/"', '"\\ud83d\\ude00"', '"\\u0000"', '"a\\u0000b"']
    numbers = [
        sign + number + tail
        for sign in ("", "-")
        for number in NUMBERS
        for tail in ("", ".0", "e1", "e-1", "E+3")
    ]
    values = [value for value in [*strings, *TOKENS, *numbers] if _is_json(connection, value)]
    proved = _proved(connection, write, kind, values)
    if kind not in ("date", "timestamp"):
        proved |= _proved(connection, write, kind, [json.dumps(text) for text in _short(kind)])
    assert kind == "boolean" or any(proved), "nothing is read plainly"


@cache
def _is_json(connection: duckdb.DuckDBPyConnection, value: str) -> bool:
    """Whether DuckDB reads it as JSON: also NaN and infinities, which are none."""
    try:
        connection.execute("SELECT ?::JSON", [value])
    except duckdb.Error:
        return False
    return True


def _proved(
    connection: duckdb.DuckDBPyConnection,
    write: Callable[[Sequence[str]], Located],
    kind: str,
    texts: Iterable[str],
) -> set[bool]:
    """Which answers there were to whether a text is read plainly; where it is, it is read right."""
    obj = deals({"name": "n", "logicalType": "integer"}, {"name": "v", **KINDS[kind]}).objects[0]
    listed = list(dict.fromkeys(texts))
    if kind != "date":
        return _compare(connection, write(listed), obj, listed)
    few = listed[:200] + random.Random(1).sample(listed[200:], min(CASES // 2, max(len(listed) - 200, 0)))
    return set().union(*(_compare(connection, write([text]), obj, [text]) for text in few))


def _compare(
    connection: duckdb.DuckDBPyConnection,
    located: Located,
    obj: ContractObject,
    texts: Sequence[str],
    grouped: bool = True,
) -> set[bool]:
    exactly, plainly = text_rows(located, obj), text_rows(located, obj, {"v"}, grouped)
    if not plainly.doubts:
        return set()
    misfit = next(one for place, one in exactly.misfits.items() if place == (("field", "v"),))
    expected = _rows(connection, exactly, f"({misfit.test})::INT")
    try:
        found = _rows(connection, plainly, plainly.doubts["v"])
    except duckdb.Error:  # the reader refuses: reading exactly will tell
        return {False}
    assert len(found) == len(expected) == len(texts)
    for n, text in enumerate(texts):
        value, doubts = found[n]
        assert doubts or (value, 0) == expected[n], (text, found[n], expected[n])
    return {not doubts for _, doubts in found.values()}


def _rows(connection: duckdb.DuckDBPyConnection, rows: TextRows, last: str) -> dict[int, tuple[Any, Any]]:
    """The value of each row, and what an expression or an aggregate over it comes to, by number."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS {rows.sql}")
    grouped = "GROUP BY n, v" if "count" in last else ""
    told = connection.execute(f"SELECT n, v::VARCHAR, {last} FROM found {grouped}").fetchall()
    return {n: (value, rest) for n, value, rest in told}
