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
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1200, 750

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


DASHBOARD = "/mesh/brokerage/broker_cockpit/dashboards/monday_morning"


class Picture(NamedTuple):
    """A page, and how it is shown."""

    name: str
    page: str
    scheme: str = "light"
    whole: bool = False


TAKEN = (
    Picture("home", "/"),
    Picture("product", "/mesh/brokerage/deals"),
    Picture("lineage", "/mesh/brokerage/broker_cockpit/lineage", "dark"),
    Picture("search", "/search?q=which+buildings+stand+empty"),
    Picture("dashboard-light", DASHBOARD, whole=True),
    Picture("dashboard-dark", DASHBOARD, "dark", whole=True),
)


def take(address: str) -> None:
    """Every picture, from a server."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("there is no chromium on this machine")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for picture in TAKEN:
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=picture.scheme
            )
            page = context.new_page()
            page.goto(address + picture.page)
            page.screenshot(path=str(PICTURES / f"{picture.name}.png"), full_page=picture.whole)
            context.close()
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
        take(found[0])
    finally:
        server.terminate()
        server.wait()
    if given is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
