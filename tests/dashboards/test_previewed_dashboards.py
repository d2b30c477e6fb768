"""A dashboard while it is written: the page follows the file, and tells its errors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shop import DASHBOARD, MeshFolder, dashboard_file, shop


@pytest.fixture
def mesh(tmp_path: Path) -> MeshFolder:
    mesh = shop(tmp_path / "mesh")
    mesh.run("apply", "--yes")
    return mesh


@pytest.fixture
def address(mesh: MeshFolder) -> Iterator[str]:
    """Where `mesh dashboard preview` listens: a process as a user starts it."""
    command = [sys.executable, "-c", "from meshwright.cli.main import entry; entry()"]
    process = subprocess.Popen(
        [*command, "dashboard", "preview", "sales/overview", "--port", "0"],
        cwd=mesh.root,
        env={**os.environ, "COLUMNS": "300", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found
    yield found[0]
    process.terminate()
    process.wait()


def test_the_page_follows_the_file(mesh: MeshFolder, address: str, chromium: Any) -> None:
    page = chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(address, wait_until="load")
    assert page.locator("h1").inner_text() == "Sales"
    assert page.locator("svg:visible").count() == 1
    file = dashboard_file(mesh)
    file.write_text(DASHBOARD.replace("title: Sales", "title: Better sales"))
    page.locator("h1", has_text="Better sales").wait_for()
    file.write_text(DASHBOARD.replace("sum(amount)", "sum(amuont)"))
    page.locator(".problems").wait_for()
    problem = page.locator(".problems").inner_text()
    assert "MW703" in problem and "did you mean `amount`?" in problem
    assert "domains/sales/overview/dashboards/sales.yaml:8:24" in problem
    assert page.locator(".excerpt .here").inner_text().strip().startswith("8")
    file.write_text(DASHBOARD.replace("tiles:", "tiels:"))
    page.locator(".problems", has_text="MW003").wait_for()
    assert "did you mean `tiles`?" in page.locator(".problems").inner_text()
    file.write_text(DASHBOARD)
    page.locator("h1", has_text="Sales").wait_for()
    assert page.locator(".problems").count() == 0
    assert said == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_with_filters_and_errors(
    mesh: MeshFolder, address: str, chromium: Any, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    wrong = "  - title: Bad\n    query: SELECT x FROM orders\n    table: {}\n"
    more = "  - {filter: day, title: Day, type: dates}\n"
    more += "  - {filter: kind, title: Kind, type: choice, values: [a]}\n"
    read = "city IN $cities OR $day_to IS NULL OR $kind = ''"
    text = DASHBOARD.replace("tiles:", f"{more}tiles:").replace("city IN $cities", read)
    dashboard_file(mesh).write_text(text + wrong)
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(address)
    page.locator(".problems").wait_for()
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    context.close()


def test_a_telephone_gets_drawings_of_its_size(address: str, chromium: Any) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 700}, user_agent="Mozilla/5.0 Mobile")
    page = context.new_page()
    page.goto(address)
    assert page.locator("svg:visible").count() == 1
    assert int(page.locator("svg:visible").get_attribute("width") or 0) < 360
    context.close()


def test_a_choice_is_made_by_a_click_and_kept_over_a_save(
    mesh: MeshFolder, address: str, chromium: Any
) -> None:
    page = chromium.new_page()
    page.goto(address)
    page.get_by_label("Utrecht").check()
    page.wait_for_url("**cities=Utrecht**")
    assert page.get_by_label("Utrecht").is_checked()
    assert page.locator("svg:visible path[fill='var(--hue-0)']").count() == 1
    dashboard_file(mesh).write_text(DASHBOARD.replace("title: Sales", "title: Again"))
    page.locator("h1", has_text="Again").wait_for()
    assert page.get_by_label("Utrecht").is_checked()
    page.close()


def test_a_preview_of_what_is_not_there_is_refused(mesh: MeshFolder) -> None:
    said = mesh.run("dashboard", "preview", "overvew", "--port", "0", code=2).text
    assert "this tree has no product `overvew`" in said and "sales/overview" in said
