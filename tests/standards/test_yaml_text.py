"""Documents written as YAML are read back equal."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from meshwright.standards.yaml import read_value
from meshwright.standards.yaml_text import yaml_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
LIKE_NUMBERS = st.from_regex(r"[-+]?[0-9.]{1,3}([eExXoO][-+]?[0-9a-f]{1,3})?", fullmatch=True)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS | LIKE_NUMBERS
VALUES = st.recursive(
    SCALARS, lambda of: st.lists(of, max_size=4) | st.dictionaries(TEXTS, of, max_size=4), max_leaves=12
)


@given(VALUES)
@example({"a": "0o17", "b": "1e3", "c": "12:30", "d": "2026-01-01", "e": "no", "f": "~", "g": ""})
@example(
    {"a": "one\ntwo\n", "b": "one\n\ntwo", "c": " \n x", "d": "x \ny", "e": "\ttab\n", "f": "# x", "g": "- x"}
)
@example(
    [
        "<<",
        "=",
        "!x",
        "*a",
        "&a",
        "@x",
        "`",
        "%",
        "?",
        ":",
        "a: b",
        "a #b",
        "'",
        '"',
        "\u2028",
        "\x85",
        "\ufeff",
    ]
)
def test_what_is_written_is_read_back_equal(value: object) -> None:
    assert read_value(yaml_text({"value": value}).encode(), "x.yaml") == {"value": value}


def test_it_reads_well() -> None:
    text = yaml_text({"name": "Deals", "schema": [{"name": "deals", "description": "One row.\nPer deal.\n"}]})
    assert text == (
        "name: Deals\nschema:\n  - name: deals\n    description: |\n      One row.\n      Per deal.\n"
    )
