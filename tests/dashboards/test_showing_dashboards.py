"""Dashboards over what is published: pages, choices, faults, and what stands beside them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from shop import DASHBOARD, FILTERS, HEAD, TILE, dashboard_file, shop
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "server"))

from serving import client_of

PAGE = "/mesh/sales/overview/dashboards/sales"

MANY = (
    HEAD
    + FILTERS
    + """\
  - {filter: kind, title: Kind, type: choice, values: [a, b], default: a}
  - {filter: amounts, title: Amount, type: range}
  - {filter: days, title: Day, type: dates}
tiles:
  - title: Rows
    query: |
      SELECT id, city, amount, day FROM orders
      WHERE ($cities IS NULL OR city IN $cities)
        AND amount >= coalesce($amounts_from, amount) AND amount <= coalesce($amounts_to, amount)
        AND day >= coalesce($days_from, day) AND day <= coalesce($days_to, day)
      ORDER BY id
    table: {}
  - title: Kind
    query: SELECT $kind AS kind FROM orders LIMIT 1
    figure: {value: kind}
"""
)


@pytest.fixture
def built(tmp_path: Path) -> Any:
    def build(dashboard: str = DASHBOARD) -> TestClient:
        mesh = shop(tmp_path / "mesh", dashboard)
        mesh.run("apply", "--yes")
        return client_of(mesh.root)

    return build


def cells(html: str) -> list[str]:
    """The text of the cells of the first table."""
    table = html.split("<tbody>")[1].split("</tbody>")[0]
    return re.findall(r"<td[^>]*>([^<]*)</td>", table)


def test_a_dashboard_shows_what_is_published_and_where_it_is_from(built: Any) -> None:
    page = built().get(PAGE)
    assert page.status_code == 200
    assert "<h1>Sales</h1>" in page.text and page.text.count("<svg aria-hidden") == 1
    assert re.search(r"<dt>Publication</dt><dd>1, <time", page.text)
    assert re.search(r"<dd>\d+ checks passed", page.text)
    assert "Utrecht" in page.text and "19.75" in page.text


def test_rows_are_text_whatever_they_hold(built: Any) -> None:
    text = built().get(PAGE).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_texts_of_a_dashboard_are_text_whatever_they_hold(built: Any) -> None:
    hostile = "</h1><img src=x onerror=alert(1)>\"'{{ 7 * 7 }}"
    quoted = "'" + hostile.replace("'", "''") + "'"
    dashboard = DASHBOARD.replace("title: Sales", f"title: {quoted}\ndescription: {quoted}")
    dashboard = dashboard.replace("title: By city", f"title: {quoted}\n    description: {quoted}")
    dashboard = dashboard.replace("title: City", f"title: {quoted}")
    client = built(dashboard)
    for address in (PAGE, "/dashboards", "/mesh/sales/overview/dashboards"):
        text = client.get(address).text
        assert "<img" not in text and "{{ 7 * 7 }}" in text, address


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("", ["1", "2", "3", "4"]),
        ("?set=1", ["1", "2", "3", "4"]),
        ("?set=1&cities=Utrecht", ["1", "2"]),
        ("?set=1&cities=Utrecht&cities=Rotterdam", ["1", "2", "3"]),
        ("?set=1&cities=%3Cscript%3Ealert(1)%3C/script%3E", ["4"]),
        ("?set=1&amounts_from=10", ["1", "3"]),
        ("?set=1&amounts_to=10.00", ["2", "4"]),
        ("?set=1&days_from=2026-02-01&days_to=2026-02-28", ["2", "3"]),
        ("?set=1&cities=' OR 1=1 --", ["1", "2", "3", "4"]),
    ],
)
def test_what_is_chosen_is_bound(built: Any, asked: str, ids: list[str]) -> None:
    assert cells(built(MANY).get(PAGE + asked).text)[::4] == ids


def test_only_what_is_there_can_be_chosen(built: Any) -> None:
    client = built(MANY)
    for asked, said in (
        ("cities=Nowhere", "`Nowhere` is none of its values"),
        ("amounts_from=much", "`much` is no number"),
        ("amounts_from=NaN", "`NaN` is no number"),
        ("days_to=tomorrow", "`tomorrow` is no date"),
        ("kind=c", "`c` is none of its values"),
    ):
        page = client.get(f"{PAGE}?set=1&{asked}")
        assert page.status_code == 200 and said in page.text, asked


def test_a_default_counts_until_something_is_chosen(built: Any) -> None:
    client = built(MANY)
    assert '<p class="tile-value">a' in client.get(PAGE).text
    assert '<p class="tile-value">b' in client.get(f"{PAGE}?kind=b").text
    assert "Nothing to show." in client.get(f"{PAGE}?set=1").text


def test_a_tile_that_fails_says_where_and_the_others_are_shown(built: Any) -> None:
    failing = "  - title: Bad\n    query: SELECT city::INTEGER AS x FROM orders\n    table: {}\n"
    text = built(HEAD + FILTERS + "tiles:\n" + failing + TILE).get(PAGE).text
    assert "the query failed" in text and "tiles[0].query" in text
    assert "<script>alert" not in text and "<svg aria-hidden" in text


def test_a_query_that_runs_too_long_is_stopped(built: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from meshwright.experience.dashboards import look

    monkeypatch.setattr(look, "SECONDS", 0.5)
    numbers = "range(1000000000) AS a, range(1000) AS b"
    slow = f"SELECT count(*) AS n FROM orders, {numbers} WHERE a.range % 7 = b.range"
    tile = f"  - title: Slow\n    query: {slow}\n    figure: {{value: n}}\n"
    text = built(HEAD + "tiles:\n" + tile).get(PAGE).text
    assert "took longer than 0.5 seconds" in text


def test_a_dashboard_is_the_applied_one_not_the_trees(tmp_path: Path) -> None:
    mesh = shop(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    dashboard_file(mesh).write_text(DASHBOARD.replace("title: Sales", "title: Changed"))
    client = client_of(mesh.root)
    assert "<h1>Sales</h1>" in client.get(PAGE).text
    mesh.run("apply", "--yes")
    assert "<h1>Changed</h1>" in client.get(PAGE).text


def test_a_changed_dashboard_builds_nothing(tmp_path: Path) -> None:
    mesh = shop(tmp_path / "mesh")
    mesh.run("apply", "--yes")

    def planned() -> list[str]:
        return [change["change"] for change in mesh.run("plan", "--format", "json").data["changes"]]

    dashboard_file(mesh).write_text(DASHBOARD.replace("title: Sales", "title: Changed"))
    assert planned() == ["product"]
    mesh.run("apply", "--yes")
    (status,) = mesh.run("status", "--format", "json").data["products"]
    assert (status["number"], status["stale"]) == (1, [])
    assert planned() == []
    assert "<h1>Changed</h1>" in client_of(mesh.root).get(PAGE).text
    dashboard_file(mesh).unlink()
    assert planned() == ["product"]
    model = mesh.root / "domains/sales/overview/models/orders.sql"
    model.write_text(model.read_text() + " WHERE id > 0\n")
    assert planned() == ["product", "build"]


def test_a_run_that_failed_since_is_told(tmp_path: Path) -> None:
    mesh = shop(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    mesh.csv(
        "data/orders.csv", "id,city,amount,day", "1,Utrecht,1.00,2026-01-01", "1,Utrecht,2.00,2026-01-01"
    )
    mesh.run("run", "sales/overview", code=1)
    text = client_of(mesh.root).get(PAGE).text
    assert "failed</strong>: this is what was published before" in text and "Rotterdam" in text


def test_a_product_that_published_nothing_says_so(tmp_path: Path) -> None:
    mesh = shop(tmp_path / "mesh")
    mesh.csv("data/orders.csv", "id,city,amount,day", "1,x,1.00,2026-01-01", "1,x,2.00,2026-01-01")
    mesh.run("apply", "--yes", code=1)
    page = client_of(mesh.root).get(PAGE)
    assert page.status_code == 200 and "has published nothing yet" in page.text


def test_dashboards_are_found_from_the_mesh_and_from_their_product(built: Any) -> None:
    client = built()
    assert f'href="{PAGE}"' in client.get("/dashboards").text
    text = client.get("/mesh/sales/overview/dashboards").text
    assert f'href="{PAGE}"' in text and "<svg aria-hidden" in text
    assert client.get("/mesh/sales/overview/dashboards/nope").status_code == 404
    assert client.get("/mesh/sales/nope/dashboards/sales").status_code == 404


def test_dashboards_are_tables_of_the_mesh(tmp_path: Path) -> None:
    mesh = shop(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    (row,) = mesh.run("query", "FROM mesh.dashboards", "--format", "json").data["rows"]
    assert (row["dashboard"], row["tiles"], row["filters"]) == ("sales", 1, 1)
    assert row["address"] == "mesh://shop/sales/overview/dashboards/sales"
    (row,) = mesh.run("query", "FROM mesh.tiles", "--format", "json").data["rows"]
    assert (row["position"], row["kind"], row["title"]) == (1, "chart", "By city")


def test_the_command_line_lists_dashboards(tmp_path: Path) -> None:
    mesh = shop(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    assert "Sales" in mesh.run("dashboard", "list").out
    (row,) = mesh.run("dashboard", "list", "sales/overview", "--format", "json").data["dashboards"]
    assert row["address"] == "mesh://shop/sales/overview/dashboards/sales"
