"""Tables that people read: aligned, wrapped, never wider than the terminal, nothing cut."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from meshwright.cli.layout import cells, lay_out


def drawn(headings: list[str], rows: list[list[object]], width: int | None = None) -> str:
    return "\n".join(lay_out(headings, rows, width))


def test_numbers_stand_to_the_right_and_their_points_in_line() -> None:
    rows = [["Utrecht", 1234567, Decimal("1.50"), 0.1964614], ["The Hague", 5, Decimal("2189407.03"), 12.0]]
    assert drawn(["city", "deals", "rent", "share"], rows) == (
        "city           deals          rent      share\n"
        "---------------------------------------------\n"
        "Utrecht    1,234,567          1.50   0.196461\n"
        "The Hague          5  2,189,407.03  12.0"
    )


def test_nulls_are_empty_and_truth_is_yes_or_no() -> None:
    assert drawn(["n", "t"], [[None, True], [3, None]]) == "n  t\n------\n   yes\n3"


def test_very_small_and_very_large_floats_are_short() -> None:
    assert [line.strip() for line in lay_out(["x"], [[1e-9], [1e300], [0.0], [float("nan")]], None)][2:] == [
        "1e-09",
        "1e+300",
        "0.0",
        "nan",
    ]


def test_text_wraps_between_words_and_headings_at_underscores() -> None:
    table = drawn(
        ["column", "vacant_spaces_without_deal"],
        [["Vacant spaces that no open deal is about", 7]],
        width=30,
    )
    assert table == (
        "                vacant_spaces_\n"
        "column            without_deal\n"
        "------------------------------\n"
        "Vacant spaces                7\n"
        "that no open\n"
        "deal is about"
    )


def test_a_time_stays_on_one_line_where_a_no_break_space_holds_it() -> None:
    table = drawn(["at", "what"], [["2026-11-23\u00a000:02", "one two three four five"]], width=30)
    assert "2026-11-23 00:02  one two" in table


def test_a_row_too_wide_for_its_terminal_becomes_a_block() -> None:
    headings = [f"column_{number}" for number in range(8)]
    table = drawn(headings, [["x" * 20] * 8, ["y" * 20] * 8], width=60)
    first, second = table.split("\n\n")
    assert first.split("\n") == [f"{heading}  {'x' * 20}" for heading in headings]
    assert len(second.split("\n")) == 8


def test_no_value_gives_the_terminal_orders_or_leaves_its_line() -> None:
    table = drawn(["text"], [["a\nb\x1b[31mred\u202e"]])
    assert table.split("\n")[2] == r"a\nb\x1b[31mred\u202e"


def test_lists_and_structures_are_plain() -> None:
    row = [[1, None], {"x": Decimal("1.5")}, dt.date(2026, 6, 30)]
    assert drawn(["a", "b", "c"], [row]).split("\n")[2] == "[1, null]  {x: 1.5}  2026-06-30"


def test_a_table_without_rows_is_its_headings() -> None:
    assert drawn(["a", "b"], []) == "a  b\n----"


values = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.text(max_size=30),
)


@given(st.lists(st.lists(values, min_size=3, max_size=3), max_size=5), st.integers(20, 120))
def test_what_is_drawn_side_by_side_fits_the_width(rows: list[list[object]], width: int) -> None:
    lines = list(lay_out(["first", "second_one", "third"], rows, width))
    if any(set(line) == {"-"} for line in lines):
        assert all(cells(line) <= width for line in lines)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=4))
def test_every_visible_character_is_drawn(texts: list[str]) -> None:
    shown = "".join(lay_out(["t"], [[text] for text in texts], 20))
    for character in "".join(texts):
        if character.isprintable() and character != " ":
            assert character in shown
