"""The examples of the pages are meshes: they load, their tests pass, they apply."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from code_blocks import blocks

from meshwright.standards.yaml import read_value

DOCS = Path(__file__).parents[2] / "docs"
MESH = Path(sys.executable).parent / "mesh"


def example(page: str, folder: Path) -> Path:
    """The files that a page's examples are, in a folder."""
    for block in blocks((DOCS / page).read_text(encoding="utf-8")):
        if block.language in ("yaml", "sql", "python"):
            assert block.place, f"{page}:{block.line}: the example does not say which file it is"
            path = folder / block.place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
    return folder


def mesh(folder: Path, *words: str) -> str:
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / ".cache"), "COLUMNS": "110"}
    done = subprocess.run(
        [MESH, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"mesh {' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", ["declarations.md", "models.md"])
def test_examples_are_valid(page, tmp_path):
    assert "no errors" in mesh(example(page, tmp_path), "validate")


def test_the_tests_of_the_declarations_page_pass(tmp_path):
    assert "2 passed, 0 failed" in mesh(example("declarations.md", tmp_path), "test")


def test_the_product_of_the_models_page_is_published(tmp_path):
    folder = example("models.md", tmp_path)
    (folder / "data").mkdir()
    clicks = folder / "data/clicks.csv"
    clicks.write_text("id,visitor,page\n1,ADA,home\n2,ada,cart\n3,Grace,home\n")
    mesh(folder, "apply", "--yes")
    clicks.write_text("id,visitor,page\n4,Grace,cart\n")
    mesh(folder, "run", "web/visits")
    answer = mesh(folder, "query", "SELECT count(*) AS n FROM web.visits.clicks", "--format", "csv")
    assert answer.splitlines() == ["n", "4"]
    scores = mesh(folder, "query", "FROM web.visits.scores ORDER BY visitor", "--format", "csv")
    assert scores.splitlines() == ["visitor,score", "ada,2.0", "grace,2.0"]


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_every_yaml_block_is_yaml(page):
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "yaml":
            read_value(block.body.encode(), f"{page.name}:{block.line}")
