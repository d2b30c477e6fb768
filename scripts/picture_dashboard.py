"""Photograph the broker dashboard of a Premium Offices mesh for the docs, in light and in dark.

python scripts/picture_dashboard.py FOLDER      (of a demo: `make demo` says where it is)
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH = 1320
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
)


def main() -> int:
    """The command line."""
    if len(sys.argv) != 2:
        sys.stderr.write(__doc__ or "")
        return 2
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "dashboard.html"
        mesh = [sys.executable, "-c", "from meshwright.cli.main import entry; entry()", "-C", sys.argv[1]]
        product = ["brokerage/broker_cockpit", "monday_morning"]
        subprocess.run([*mesh, "dashboard", "export", *product, "--out", str(file)], check=True)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": WIDTH, "height": 900}, color_scheme=scheme)
            page = context.new_page()
            page.goto(file.as_uri())
            page.screenshot(path=PICTURES / f"dashboard-{scheme}.png", full_page=True)
            context.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
