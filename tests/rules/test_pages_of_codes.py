"""The docs of the codes are generated, complete and current."""

from __future__ import annotations

import re
from pathlib import Path

from meshwright.experience.rules import RULES
from meshwright.experience.rules.catalogue import pages
from meshwright.experience.rules.pages import rendered

ROOT = Path(__file__).parents[2]


def test_the_pages_in_docs_are_those_of_the_code():
    folder = ROOT / "docs" / "rules"
    on_disk = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert on_disk == dict(rendered()), "run: python -m meshwright.experience.rules.pages"


def test_every_code_raised_has_a_page():
    raised = set()
    for file in (ROOT / "src").rglob("*.py"):
        if "/rules/elsewhere/" not in file.as_posix():
            raised.update(re.findall(r"\"(MW\d{3})\"", file.read_text(encoding="utf-8")))
    assert raised - set(pages()) == set()
    assert set(pages()) - raised == set()


def test_every_rule_file_is_run_and_explained():
    files = {path.stem for path in (ROOT / "src/meshwright/experience/rules").glob("mw*.py")}
    run = {rule.__module__.rpartition(".")[2] for rule in RULES}
    assert files - run == {"mw306_transition"}


def test_every_page_says_what_why_an_example_and_what_instead():
    for page in pages().values():
        headings = re.findall(r"^## (.+)$", page.text, re.MULTILINE)
        assert headings == ["What it does", "Why is this bad", "Example", "What to do instead"], page.code
        assert page.title.endswith(".")
