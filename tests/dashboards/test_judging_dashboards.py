"""What `mesh validate` and `mesh plan` say about dashboards: file, line, column, and the way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from shop import DASHBOARD, FILTERS, HEAD, TILE, dashboard_file, shop

ONE = HEAD + "tiles:\n"


def problems(tmp_path: Path, dashboard: str, code: int = 2, **more: str) -> list[dict[str, Any]]:
    mesh = shop(tmp_path / "mesh", dashboard, **more)
    found: list[dict[str, Any]] = mesh.run("validate", "--format", "json", code=code).data["problems"]
    return found


def only(tmp_path: Path, dashboard: str, marked: str, code: int = 2) -> dict[str, Any]:
    """The one problem, which must be at the place of `marked` in the text."""
    (found,) = problems(tmp_path, dashboard, code)
    assert found["file"] == "domains/sales/overview/dashboards/sales.yaml"
    before = dashboard[: dashboard.index(marked)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert (found["line"], found["column"]) == (line, column), found
    return found


def chart(**lines: str) -> str:
    body = "".join(f"      {key}: {value}\n" for key, value in lines.items())
    return f"{ONE}  - title: T\n    query: SELECT city, amount FROM orders\n    chart:\n{body}"


def test_a_sound_dashboard_has_no_problem_and_is_applied(tmp_path: Path) -> None:
    assert problems(tmp_path, DASHBOARD, code=0) == []
    assert shop(tmp_path / "mesh").run("apply", "--yes").code == 0


def test_a_misspelt_key_is_told_with_its_place_and_the_right_one(tmp_path: Path) -> None:
    found = only(tmp_path, DASHBOARD.replace("    chart:", "    chrat:"), "chrat")
    assert (found["code"], found["hint"]) == ("MW003", "did you mean `chart`?")


@pytest.mark.parametrize(
    ("lines", "marked", "said"),
    [
        ({"mark": "bra"}, "bra\n", "did you mean `bar`?"),
        ({"mark": "{type: bar, tooltp: true}"}, "tooltp", "did you mean `tooltip`?"),
        ({"mark": "bar", "encoding": "{x: {feild: city, type: nominal}}"}, "feild", "did you mean `field`?"),
        (
            {"mark": "bar", "encoding": "{x: {field: city, type: nominl}}"},
            "nominl",
            "did you mean `nominal`?",
        ),
        ({"marks": "bar"}, "marks", "did you mean `mark`?"),
        (
            {"layer": "[{mark: bar, encoding: {x: {field: city, tpye: nominal}}}]"},
            "tpye",
            "did you mean `type`?",
        ),
    ],
)
def test_a_chart_is_judged_by_vega_lites_schema(
    tmp_path: Path, lines: dict[str, str], marked: str, said: str
) -> None:
    (found,) = problems(tmp_path, chart(**lines))
    assert (found["code"], found["hint"]) == ("MW701", said)
    if marked != "marks":
        only(tmp_path, chart(**lines), marked)


@pytest.mark.parametrize(
    "lines",
    [
        {"mark": "bar", "data": "{url: 'https://example.com/x.csv'}"},
        {"mark": "bar", "data": "{values: [{city: x}]}"},
        {"mark": "bar", "datasets": "{x: [{city: x}]}"},
        {"mark": "image"},
        {"mark": "{type: image}"},
        {"mark": "{type: bar, href: 'https://example.com'}"},
        {"mark": "bar", "encoding": "{href: {field: city}}"},
        {"mark": "bar", "encoding": "{url: {value: 'https://example.com/x.png'}}"},
        {"mark": "{type: bar, fill: 'url(https://example.com/x.svg)'}"},
        {"mark": "bar", "title": "'  JavaScript:alert(1)'"},
        {"mark": "bar", "background": "'url (//example.com)'"},
        {"mark": "bar", "usermeta": "{embedOptions: {loader: {}}}"},
        {"mark": "bar", "params": "[{name: brush, select: interval}]"},
        {"mark": "bar", "params": "[{name: x, value: 1, bind: {input: range}}]"},
        {"mark": "bar", "transform": "[{lookup: city, from: {data: {url: x.csv}, key: city, fields: [a]}}]"},
        {"layer": "[{mark: bar, data: {sequence: {start: 0, stop: 1000000000}}}]"},
    ],
)
def test_a_chart_cannot_reach_out_of_its_page(tmp_path: Path, lines: dict[str, str]) -> None:
    found = problems(tmp_path, chart(**lines))
    assert {each["code"] for each in found} == {"MW702"}
    assert all(each["line"] and each["hint"] for each in found)


def test_a_column_that_no_contract_has_is_told_where_the_query_names_it(tmp_path: Path) -> None:
    found = only(tmp_path, DASHBOARD.replace("sum(amount)", "sum(amuont)"), "amuont")
    assert (found["code"], found["hint"]) == ("MW703", "did you mean `amount`?")


def test_an_object_that_is_not_served_is_told_where_it_is_read(tmp_path: Path) -> None:
    found = only(tmp_path, DASHBOARD.replace("      FROM orders", "      FROM oders"), "oders")
    assert (found["code"], found["hint"]) == ("MW703", "did you mean `orders`?")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM till.orders",
        "SELECT * FROM sales.other.orders",
        "SELECT * FROM mesh.products",
        "SELECT * FROM changes(orders)",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT getenv('HOME') AS home FROM orders",
        "SELECT city FROM orders; SELECT 1",
        "DELETE FROM orders",
        "SELECT city + 1 AS x FROM orders GROUP BY amount",
        "SELECT nonsense(city) AS x FROM orders",
        "SELEKT city FROM orders",
        "SELECT city FROM orders WHERE",
    ],
)
def test_a_query_reads_the_products_own_objects_and_nothing_else(tmp_path: Path, query: str) -> None:
    text = f"{ONE}  - title: T\n    query: |\n      {query}\n    table: {{}}\n"
    (found,) = problems(tmp_path, text)
    assert found["code"] == "MW703" and found["line"] >= 5, found


@pytest.mark.parametrize("name", ["orders", "ORDERS", '"orders@1"', "sales.overview.orders"])
def test_an_object_may_be_named_by_its_address(tmp_path: Path, name: str) -> None:
    text = f"{ONE}  - title: T\n    query: |\n      SELECT city FROM {name}\n    table: {{}}\n"
    assert problems(tmp_path, text, code=0) == []


@pytest.mark.parametrize(
    ("tile", "marked"),
    [
        ("chart: {mark: bar, encoding: {x: {field: citty}}}", "citty"),
        ("chart: {mark: bar, transform: [{filter: datum.citty > 1}]}", "datum.citty"),
        (
            "chart: {mark: bar, transform: [{aggregate: [{op: sum, field: citty, as: x}], groupby: []}]}",
            "citty",
        ),
        ("figure: {value: citty}", "citty"),
        ("figure: {value: city, compare: {value: citty, label: before}}", "citty"),
        ("table: {columns: [{column: citty}]}", "citty"),
    ],
)
def test_a_tile_names_what_its_query_returns(tmp_path: Path, tile: str, marked: str) -> None:
    text = f"{ONE}  - title: T\n    query: SELECT city, amount FROM orders\n    {tile}\n"
    found = only(tmp_path, text, marked)
    assert (found["code"], found["hint"]) == ("MW704", "did you mean `city`?")


@pytest.mark.parametrize(
    "spec",
    [
        "{mark: bar, transform: [{calculate: datum.amount * 2, as: twice}], encoding: {x: {field: twice}}}",
        "{mark: bar, transform: [{fold: [amount]}], encoding: {x: {field: value}, y: {field: key}}}",
        "{mark: bar, transform: [{pivot: city, value: amount}], encoding: {x: {field: Utrecht}}}",
        "{mark: area, transform: [{density: amount}], encoding: {x: {field: value}, y: {field: density}}}",
        "{repeat: [city, amount], spec: {mark: bar, encoding: {x: {field: {repeat: repeat}}}}}",
        "{mark: bar, encoding: {x: {aggregate: count}, y: {field: city}}}",
    ],
)
def test_a_field_that_the_chart_makes_itself_is_known(tmp_path: Path, spec: str) -> None:
    text = f"{ONE}  - title: T\n    query: SELECT city, amount FROM orders\n    chart: {spec}\n"
    assert problems(tmp_path, text, code=0) == []


def test_a_parameter_that_no_filter_sets_is_told_where_it_stands(tmp_path: Path) -> None:
    found = only(tmp_path, DASHBOARD.replace("WHERE $cities", "WHERE $citties"), "$citties")
    assert (found["code"], found["hint"]) == ("MW705", "did you mean `$cities`?")


def test_a_filter_that_nothing_reads_is_a_warning(tmp_path: Path) -> None:
    idle = FILTERS + "  - {filter: day, title: Day, type: dates}\n"
    found = only(tmp_path, HEAD + idle + "tiles:\n" + TILE, "day, title", code=0)
    assert (found["code"], found["severity"]) == ("MW705", "warning")


@pytest.mark.parametrize(
    "declared",
    [
        "{filter: cities, title: C, type: choices, values: [a, b], default: [c]}",
        "{filter: cities, title: C, type: choice, values: [a, b], default: [a]}",
        "{filter: cities, title: C, type: choices, values: [a]}\n"
        "  - {filter: cities, title: D, type: choice, values: [a]}",
    ],
)
def test_a_filter_says_nothing_that_cannot_be(tmp_path: Path, declared: str) -> None:
    (found,) = problems(tmp_path, f"{HEAD}filters:\n  - {declared}\ntiles:\n{TILE}")
    assert found["code"] == "MW705"


def test_an_end_of_dates_is_a_date(tmp_path: Path) -> None:
    text = (
        f"{HEAD}filters:\n  - {{filter: day, title: D, type: dates, default: {{from: yesterday}}}}\n"
        "tiles:\n  - {title: T, query: SELECT day FROM orders WHERE day > $day_from, table: {}}\n"
    )
    (found,) = problems(tmp_path, text)
    assert (found["code"], found["path"]) == ("MW705", "filters[0].default")


def test_two_dashboards_of_one_product_have_two_names(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, DASHBOARD, other=DASHBOARD)
    assert (found["code"], found["file"]) == ("MW706", "domains/sales/overview/dashboards/sales.yaml")


def test_a_changed_contract_is_held_against_the_dashboard_again(tmp_path: Path) -> None:
    mesh = shop(tmp_path / "mesh")
    mesh.run("validate")
    contract = mesh.root / "domains/sales/overview/contracts/overview-1.0.0.yaml"
    contract.write_text(contract.read_text().replace('"amount"', '"total"'))
    model = mesh.root / "domains/sales/overview/models/orders.sql"
    model.write_text(model.read_text().replace("amount", "amount AS total"))
    found = mesh.run("validate", "--format", "json", code=2).data["problems"]
    assert [each["code"] for each in found] == ["MW703"]


def test_a_plan_is_refused_while_a_dashboard_is_wrong(tmp_path: Path) -> None:
    mesh = shop(tmp_path / "mesh", DASHBOARD.replace("field: amount", "field: amuont"))
    said = mesh.run("plan", code=2).text
    assert "MW704" in said and "did you mean `amount`?" in said
    file = dashboard_file(mesh)
    file.write_text(DASHBOARD)
    assert mesh.run("plan").code == 0
