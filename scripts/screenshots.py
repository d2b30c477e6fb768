"""Take the pictures of docs/pictures from the Premium Offices mesh, served as a user would.

python scripts/screenshots.py [FOLDER]

FOLDER is where a demo ran (`make demo`); without one the demo is run first.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1200, 750

CHROMIUM = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

DASHBOARD = "/mesh/brokerage/broker_cockpit/dashboards/monday_morning"


class Picture(NamedTuple):
    """A page, and how it is shown; a dated one looks different with the data of another day."""

    name: str
    page: str
    scheme: str = "light"
    whole: bool = False
    dated: bool = False


TAKEN = (
    Picture("home", "/"),
    Picture("product", "/mesh/brokerage/deals", dated=True),
    Picture("lineage", "/mesh/brokerage/broker_cockpit/lineage", "dark"),
    Picture("search", "/search?q=which+buildings+stand+empty"),
    Picture("dashboard-light", DASHBOARD, whole=True, dated=True),
    Picture("dashboard-dark", DASHBOARD, "dark", whole=True, dated=True),
)


def chromium() -> str | None:
    """The browser of this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def take(browser: Any, address: str, pictures: Iterable[Picture] = TAKEN) -> Iterator[tuple[str, bytes]]:
    """Pictures from a server: the name of each, and a PNG."""
    for picture in pictures:
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=picture.scheme
        )
        page = context.new_page()
        page.goto(address + picture.page)
        yield picture.name, page.screenshot(full_page=picture.whole)
        context.close()


def keep(address: str) -> None:
    """Write every picture."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    if path is None:
        sys.exit("there is no chromium on this machine")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=CHROMIUM)
        for name, picture in take(browser, address):
            (PICTURES / f"{name}.png").write_bytes(picture)
        browser.close()


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", help="where a demo ran")
    given = parser.parse_args().folder
    folder = given or Path(tempfile.mkdtemp(prefix="pictures"))
    if given is None:
        demo = ROOT / "examples" / "premium-offices" / "demo.py"
        subprocess.run([sys.executable, str(demo), str(folder), "--no-serve"], check=True)
    mesh = Path(sys.executable).parent / "mesh"
    server = subprocess.Popen(
        [str(mesh), "serve", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        found = re.search(r"http://[\d.]+:\d+", server.stdout.readline())
        if found is None:
            sys.exit("the server did not start")
        keep(found[0])
    finally:
        server.terminate()
        server.wait()
    if given is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
