"""The user interface in a real browser: keys, search, themes, graphs, and what axe finds of WCAG 2.2 AA."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from mesh_folder import MeshFolder, column, contract
from screenshots import PICTURES, TAKEN, take
from serving import apply_as_declared, site_at

from meshwright.server.app import create_app

PAGES = (
    "/",
    "/search?q=rent",
    "/search?q=zzqqxx",
    "/map",
    "/mesh/brokerage",
    "/mesh/brokerage/deals",
    "/mesh/assets/building_list",
    "/mesh/brokerage/deals/ports",
    "/mesh/brokerage/deals/quality",
    "/mesh/brokerage/broker_cockpit/lineage",
    "/mesh/brokerage/deals/versions",
    "/mesh/brokerage/deals/runs",
    "/mesh/brokerage/deals/policies",
    "/mesh/brokerage/deals/deals@2",
    "/mesh/brokerage/deals/deals@2/deals",
    "/mesh/brokerage/deals/deals@2/deals/stage",
    "/governance",
    "/portfolio",
    "/operations",
    "/nothing/here",
)


class Served:
    """A mesh on a real socket."""

    def __init__(self, root: Path) -> None:
        self._server = uvicorn.Server(uvicorn.Config(create_app(site_at(root)), port=0, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._started = threading.Event()
        startup = self._server.startup

        async def started(*args: Any, **named: Any) -> None:
            await startup(*args, **named)
            self._started.set()

        self._server.startup = started  # type: ignore[method-assign]
        self._thread.start()
        assert self._started.wait(30)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture(scope="module")
def offices(served_offices: Path) -> Iterator[str]:
    served = Served(served_offices)
    yield served.address
    served.stop()


@pytest.fixture
def page(chromium: Any, offices: str) -> Iterator[Any]:
    context = chromium.new_context(base_url=offices, viewport={"width": 1280, "height": 900})
    found = context.new_page()
    found.problems = []
    found.on("console", lambda said: found.problems.append(said.text) if said.type == "error" else None)
    found.on("pageerror", lambda error: found.problems.append(str(error)))
    yield found
    assert [each for each in found.problems if "404" not in each] == []
    context.close()


def test_a_slash_goes_to_the_search_and_the_arrows_choose(page: Any) -> None:
    page.goto("/mesh/brokerage")
    page.keyboard.press("/")
    page.keyboard.type("vacan")
    page.wait_for_selector(".suggestions a")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("ArrowDown")
    chosen = page.locator(".suggestions a[aria-selected=true]")
    assert chosen.count() == 1
    assert page.get_attribute("#q", "aria-activedescendant") == chosen.get_attribute("id")
    target = chosen.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{target}")


def test_escape_closes_the_suggestions_and_enter_searches(page: Any) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("which buildings stand empty")
    page.wait_for_selector(".suggestions a")
    page.keyboard.press("Escape")
    assert page.locator(".suggestions").first.is_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=which+buildings+stand+empty")
    assert page.locator(".hit").count() > 5


def test_from_a_search_to_a_product_to_its_lineage_to_a_column(page: Any) -> None:
    page.goto("/search?q=deals")
    page.click("a:has-text('product')")
    page.click(".hit-title a >> nth=0")
    page.click("nav.tabs >> text=Lineage")
    assert page.locator(".canvas svg.graph").is_visible()
    page.click("summary >> nth=0")
    page.click(".chip:has-text('stage') >> nth=0")
    assert "/stage" in page.url
    assert page.locator("h1").inner_text()
    assert page.locator(".row-mark").count() == 1


def test_a_graph_is_moved_and_zoomed_and_lights_up_what_belongs_together(page: Any) -> None:
    page.goto("/mesh/brokerage/broker_cockpit/lineage")
    graph = page.locator("svg.graph")
    before = graph.get_attribute("viewBox")
    page.click("button[aria-label='Zoom in']")
    zoomed = graph.get_attribute("viewBox")
    assert zoomed != before
    box = page.locator(".canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 80, box["y"] + 40, steps=5)
    page.mouse.up()
    assert graph.get_attribute("viewBox") != zoomed
    page.click("button[aria-label='Show all']")
    assert graph.get_attribute("viewBox") == before
    page.locator("[data-key='leasing/leases'] a").first.focus()
    lit = page.locator(".box.lit").evaluate_all("found => found.map(each => each.dataset.key)")
    assert {"leasing/leases", "leasing/rent_roll", "brokerage/broker_cockpit"} <= set(lit)
    assert "brokerage/funnel" not in lit


def test_the_theme_follows_the_system_until_somebody_chooses(chromium: Any, offices: str) -> None:
    def paper(found: Any) -> str:
        return str(found.evaluate("getComputedStyle(document.body).backgroundColor"))

    context = chromium.new_context(base_url=offices, color_scheme="dark")
    page = context.new_page()
    page.goto("/")
    dark = paper(page)
    page.click("[data-theme-switch]")
    light = paper(page)
    assert light != dark
    page.goto("/map")
    assert paper(page) == light
    context.close()
    context = chromium.new_context(base_url=offices, color_scheme="light")
    page = context.new_page()
    page.goto("/")
    assert paper(page) == light
    context.close()


def test_without_scripts_everything_can_be_read_and_searched(chromium: Any, offices: str) -> None:
    context = chromium.new_context(base_url=offices, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.fill("#q-home", "vacancy")
    page.click("text=Search >> nth=-1")
    page.click(".hit-title a >> nth=0")
    assert page.locator("h1").inner_text()
    page.goto("/mesh/brokerage/broker_cockpit/lineage")
    assert page.locator("svg.graph").is_visible()
    page.click("[data-theme-switch]")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.url.endswith("/lineage")
    context.close()


def test_the_parts_of_a_column_are_folded_until_they_are_asked_for(chromium: Any, tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    city = column("city", "object", properties=[column("name", "string"), column("zip", "string")])
    table = {"people": [column("id"), column("address", "object", properties=[city])]}
    mesh.product(
        "sales/crm", [contract("c", table)], {"people.sql": "select 1"}, outputs=[("crm", "1.0.0", "c")]
    )
    apply_as_declared(mesh.root)
    served = Served(mesh.root)
    page = chromium.new_page(base_url=served.address)
    page.goto("/mesh/sales/crm/crm@1")
    assert not page.is_visible("text=zip")
    page.click("button[aria-label='Unfold address']")
    assert page.is_visible("td.name >> text=city") and not page.is_visible("text=zip")
    page.click("button[aria-label='Unfold city']")
    assert page.is_visible("text=zip")
    page.click("button[aria-label='Fold address']")
    assert not page.is_visible("text=zip") and not page.is_visible("td.name >> text=city")
    page.close()
    served.stop()


def test_governance_is_reached_by_the_keyboard_alone(page: Any) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Governance":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/governance")
    assert page.locator("nav.main-nav a[aria-current=page]").inner_text() == "Governance"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_page_breaks_wcag_aa_or_is_wider_than_the_window(
    chromium: Any, offices: str, scheme: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    context = chromium.new_context(
        base_url=offices, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True
    )
    page = context.new_page()
    found = []
    for address in PAGES:
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{address}: {wide} pixels wide")
        for each in axe.run(page, options=options).response["violations"]:
            nodes = [" ".join(node["target"]) for node in each["nodes"][:3]]
            found.append(f"{address}: {each['id']}: {each['help']}: {nodes}")
    context.close()
    assert found == []


COLUMNS, ROWS = 24, 15
DIFFERENT = 2.0
"""How much lighter or darker a field may be on average; texts of another day and other fonts are less."""

FIELDS = """async ([png, columns, rows]) => {
    const image = new Image();
    image.src = "data:image/png;base64," + png;
    await image.decode();
    const canvas = new OffscreenCanvas(columns, rows);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, columns, rows);
    const pixels = context.getImageData(0, 0, columns, rows).data;
    const fields = [];
    for (let at = 0; at < pixels.length; at += 4)
        fields.push(0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2]);
    return [image.width, image.height, fields];
}"""
"""Width, height, and how light each field of a coarse grid is, from 0 to 255."""


def test_pages_look_as_in_the_pictures(chromium: Any, offices: str) -> None:
    canvas = chromium.new_page()

    def seen(png: bytes) -> tuple[int, int, list[float]]:
        width, height, fields = canvas.evaluate(FIELDS, [base64.b64encode(png).decode(), COLUMNS, ROWS])
        return width, height, fields

    different = {}
    for name, png in take(chromium, offices, [each for each in TAKEN if not each.dated]):
        *size, now = seen(png)
        *kept_size, kept = seen((PICTURES / f"{name}.png").read_bytes())
        assert size == kept_size
        difference = sum(abs(one - other) for one, other in zip(now, kept, strict=True)) / len(now)
        if difference > DIFFERENT:
            different[name] = difference
    canvas.close()
    assert different == {}, "take them again: scripts/screenshots.py"
