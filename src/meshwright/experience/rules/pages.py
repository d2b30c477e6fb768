"""Writes the pages of the codes: `python -m meshwright.experience.rules.pages [FOLDER]`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from meshwright.experience.rules.catalogue import RANGES, pages


def rendered() -> Mapping[str, str]:
    """Every file of `docs/rules` by name: a page per code, and the index."""
    found = pages()
    files = {f"{code}.md": page.markdown for code, page in found.items()}
    index = [
        "# Codes",
        "",
        "Every problem that Meshwright finds in declarations has a code. Its page says what is looked for,",
        "why it is bad, and what to do instead.",
    ]
    for prefix, title in RANGES.items():
        rows = [
            f"- [{code}]({code}.md) {page.title}" for code, page in found.items() if code.startswith(prefix)
        ]
        if rows:
            index += ["", f"## {prefix}xx: {title}", "", *rows]
    files["README.md"] = "\n".join(index) + "\n"
    return files


def write(folder: Path) -> None:
    """Make `folder` hold the rendered pages and no others."""
    folder.mkdir(parents=True, exist_ok=True)
    files = rendered()
    for stale in folder.glob("*.md"):
        if stale.name not in files:
            stale.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/rules"))
