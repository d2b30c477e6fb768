"""What `mesh query` prints: one JSON type per column, whatever the values."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, NoReturn

import pytest
from mesh_folder import MeshFolder


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    """A mesh without products: queries without tables are answered there too."""
    return MeshFolder(tmp_path_factory.mktemp("mesh"))


def answered(mesh: MeshFolder, sql: str, *words: str) -> dict[str, Any]:
    """The JSON of a query, by a parser that knows only what RFC 8259 knows."""

    def refuse(word: str) -> NoReturn:
        raise AssertionError(f"{word} is no JSON")

    text = mesh.run("query", sql, "--format", "json", *words).out
    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def column(mesh: MeshFolder, expression: str) -> list[Any]:
    return [row["x"] for row in answered(mesh, f"select {expression} as x")["rows"]]


def test_what_is_no_number_is_null_in_json(mesh: MeshFolder) -> None:
    assert column(mesh, "unnest([1/0, -1/0, 'nan'::double, 0.5])") == [None, None, None, 0.5]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("unnest([12.50, 310, null]::decimal(10, 2)[])", ["12.50", "310.00", None]),
        ("unnest([12, 310]::decimal(10, 0)[])", [12, 310]),
        ("sum(1)", [1]),
        ("{'price': 1.50}", [{"price": "1.50"}]),
        ("map {'a': [1.5]}", [{"a": ["1.5"]}]),
    ],
)
def test_a_decimal_column_has_one_type_in_json(mesh: MeshFolder, expression: str, values: list[Any]) -> None:
    assert column(mesh, expression) == values


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("interval '14 months 2 days 3.5 seconds'", "P1Y2M2DT3.5S"),
        ("interval '90 minutes'", "PT1H30M"),
        ("-(interval 1 day)", "P-1D"),
        ("interval 0 day", "PT0S"),
        ("[interval 1 day]", ["P1D"]),
        ("timestamp '2026-01-31 10:00'", "2026-01-31T10:00:00"),
        ("'infinity'::timestamp", "infinity"),
        ("'-infinity'::date", "-infinity"),
        ("date '20000-01-01'", "20000-01-01"),
        ("'ab'::blob", "6162"),
    ],
)
def test_dates_intervals_and_bytes_are_told_by_standards(
    mesh: MeshFolder, expression: str, value: object
) -> None:
    assert column(mesh, expression) == [value]


def test_text_and_csv_show_no_words_of_python(mesh: MeshFolder) -> None:
    sql = "select interval 1 day as i, [1.50, null] as l, true as t, null as n, {'a': date '2026-01-31'} as s"
    (row,) = csv.DictReader(io.StringIO(mesh.run("query", sql, "--format", "csv").out))
    assert row == {"i": "P1D", "l": '["1.50", null]', "t": "true", "n": "", "s": '{"a": "2026-01-31"}'}
    text = mesh.run("query", sql).out
    assert "P1D" in text and "[1.50, null]" in text and "{a: 2026-01-31}" in text


def test_a_limit_holds_in_every_format_and_json_and_csv_have_all_rows_without(mesh: MeshFolder) -> None:
    sql = "select range from range(150)"
    assert "100 of 150 rows" in mesh.run("query", sql).out
    assert "2 of 150 rows" in mesh.run("query", sql, "--limit", "2").out
    assert len(mesh.run("query", sql, "--format", "csv").out.splitlines()) == 151
    assert len(mesh.run("query", sql, "--format", "csv", "--limit", "2").out.splitlines()) == 3
    assert len(answered(mesh, sql)["rows"]) == 150
    few = answered(mesh, sql, "--limit", "2")
    assert (len(few["rows"]), few["total"]) == (2, 150)


def test_a_program_reads_that_the_facts_are_whole(mesh: MeshFolder) -> None:
    assert mesh.run("facts", "--verify", "--format", "json").data == {"environment": "dev", "valid": True}
