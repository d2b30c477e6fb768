"""A dashboard as one file: looked at in a browser that can reach nothing else."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from shop import DASHBOARD, HEAD, shop

WIDTHS = (1320, 820, 390)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    mesh = shop(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    file = tmp_path / "sales.html"
    assert "Wrote" in mesh.run("dashboard", "export", "sales/overview", "sales", "--out", str(file)).out
    return file


class Loads(HTMLParser):
    """What a page would run or load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (
                name in ("src", "srcset", "data", "action", "poster")
                or name.startswith("on")
                or name == "style"
            ):
                self.found.append(f"{tag} {name}={value}")
            if name == "href" and not str(value).startswith("#"):
                self.found.append(f"{tag} {name}={value}")
        if tag in ("script", "iframe", "object", "embed", "link", "base", "img", "image", "use"):
            self.found.append(tag)


def test_an_exported_dashboard_loads_and_runs_nothing(exported: Path) -> None:
    text = exported.read_text()
    loads = Loads()
    loads.feed(text)
    assert loads.found == []
    assert re.search(r"default-src 'none'; style-src 'sha256-[\w+/=]+'\"", text)
    assert "@import" not in text and "url(http" not in text


def test_it_is_read_in_a_browser_without_network(exported: Path, chromium: Any) -> None:
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            context = chromium.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True
            )
            page = context.new_page()
            said: list[str] = []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(exported.as_uri())
            assert said == [] and asked == [exported.as_uri()]
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("h1").inner_text() == "Sales"
            bars = page.locator("svg:visible path[fill='var(--hue-0)']")
            assert bars.count() == 3
            paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
            bar = bars.first.evaluate("bar => getComputedStyle(bar).fill")
            assert (sum(map(int, re.findall(r"\d+", paper)[:3])) < 200) == (scheme == "dark")
            assert re.match(r"rgb\(\d+, \d+, \d+\)", bar)
            context.close()


def test_the_data_behind_a_chart_can_be_opened(exported: Path, chromium: Any) -> None:
    page = chromium.new_page()
    page.goto(exported.as_uri())
    assert not page.locator("td").first.is_visible()
    page.locator("summary").click()
    cells = page.locator("tbody td").all_inner_texts()
    assert dict(zip(cells[::2], cells[1::2], strict=True))["Utrecht"] == "19.75"
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(exported: Path, chromium: Any, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(exported.as_uri())
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    context.close()


def test_what_is_chosen_is_in_the_file_and_said(tmp_path: Path) -> None:
    mesh = shop(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    file = tmp_path / "x.html"
    mesh.run("dashboard", "export", "overview", "--out", str(file), "--filter", "cities=Utrecht")
    text = file.read_text()
    assert "<dt>City</dt><dd>Utrecht</dd>" in text and "Rotterdam" not in text
    wrong = mesh.run("dashboard", "export", "overview", "--filter", "cities=Urtecht", code=2).text
    assert "is none of its values" in wrong and "Rotterdam" in wrong
    assert "did you mean" in mesh.run("dashboard", "export", "overview", "--filter", "citie=x", code=2).text
    assert "FILTER=VALUE" in mesh.run("dashboard", "export", "overview", "--filter", "cities", code=2).text


def test_a_dashboard_that_is_not_there_is_told(tmp_path: Path) -> None:
    mesh = shop(tmp_path / "mesh", other=DASHBOARD.replace("dashboard: sales", "dashboard: other"))
    mesh.run("apply", "--yes")
    assert "say " in mesh.run("dashboard", "export", "overview", code=2).text
    assert "did you mean `sales`?" in mesh.run("dashboard", "export", "overview", "sale", code=2).text
    unwritable = str(tmp_path / "no" / "x.html")
    assert (
        "cannot be written"
        in mesh.run("dashboard", "export", "overview", "sales", "--out", unwritable, code=2).text
    )


def test_a_file_with_an_empty_tile_ends_with_one(tmp_path: Path) -> None:
    broken = (
        HEAD + "tiles:\n  - title: Bad\n    query: SELECT city::INTEGER AS x FROM orders\n    table: {}\n"
    )
    mesh = shop(tmp_path / "mesh", broken)
    mesh.run("apply", "--yes")
    file = tmp_path / "x.html"
    said = mesh.run("dashboard", "export", "overview", "--out", str(file), code=1).out
    assert "1 of its tiles could not be filled: `Bad`" in said and file.exists()


def test_a_table_and_its_chart_are_accessible_together(tmp_path: Path, chromium: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    table = (
        "  - title: Rows\n    query: SELECT * FROM orders\n"
        "    table: {columns: [{column: amount, bar: true}]}\n"
    )
    figure = (
        "  - title: Sum\n    query: SELECT sum(amount) AS now, 60 AS before FROM orders\n"
        "    figure: {value: now, unit: €, compare: {value: before, label: than before, better: higher}}\n"
    )
    mesh = shop(tmp_path / "mesh", f"{DASHBOARD}{table}{figure}  - text: '# Read *this*'\n")
    mesh.run("apply", "--yes")
    file = tmp_path / "x.html"
    mesh.run("dashboard", "export", "overview", "--out", str(file))
    context = chromium.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(file.as_uri())
    page.locator("summary").click()
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert page.locator(".tile-comparison").inner_text() == "▼ 9.25 € lower than before"
    context.close()
