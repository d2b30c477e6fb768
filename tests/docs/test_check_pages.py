"""Every kind of check has a page, and what its example says of its rows is so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from code_blocks import Block, blocks
from tests.verification.verifying import mesh_verify, write_contract

from meshwright.experience.contracts.pages import example
from meshwright.model.check import CheckKind

DOCS = Path(__file__).parents[2] / "docs"
KINDS = get_args(CheckKind)
NEVER_RUN = ("text", "custom")
ENDINGS = {"json": "jsonl", "csv": "csv"}
"""The languages of blocks of rows, and how files of such end."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def page(kind: str) -> str:
    return (DOCS / "checks" / f"{kind}.md").read_text(encoding="utf-8")


def rows_of(kind: str) -> list[Block]:
    """The blocks of rows: those of other objects, then those that pass, then those that fail."""
    return [block for block in blocks(page(kind)) if block.language in ENDINGS]


def checks(kind: str, folder: Path, rows: Block) -> tuple[int, list[Mapping[str, Any]]]:
    """The exit code for the example with these rows, and what came of its checks."""
    declared = example(page(kind))
    write_contract(folder, declared)
    names = [obj["name"] for obj in declared["schema"]]
    ending = ENDINGS[rows.language]
    for name, block in zip(names, (rows, *rows_of(kind)[:-2]), strict=True):
        (folder / f"{name}.{ending}").write_text(block.body, encoding="utf-8")
    words = ("shop.odcs.yaml", "--data", f"{{object}}.{ending}", "--format", "json")
    answer = mesh_verify(folder, *words)
    return answer.code, json.loads(answer.out)["checks"]


def test_there_is_a_page_for_every_kind_and_the_index_lists_it():
    assert {path.stem for path in (DOCS / "checks").glob("*.md")} == set(KINDS)
    index = (DOCS / "checks.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"(checks/{kind}.md)" not in index] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_rows_of_a_page_that_pass_pass(kind: str, tmp_path: Path):
    code, found = checks(kind, tmp_path, rows_of(kind)[-2])
    assert code == 0
    assert {check["status"] for check in found if check["kind"] == kind} == {
        "skip" if kind in NEVER_RUN else "pass"
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_rows_of_a_page_that_fail_fail_for_no_other_reason(kind: str, tmp_path: Path):
    code, found = checks(kind, tmp_path, rows_of(kind)[-1])
    assert code == (0 if kind in NEVER_RUN else 1)
    wanted = "skip" if kind in NEVER_RUN else "fail"
    assert wanted in {check["status"] for check in found if check["kind"] == kind}
    others = {check["status"] for check in found if check["kind"] != kind}
    assert others <= {"pass", "skip" if kind == "present" else "pass"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_says_how_its_kind_is_reached(kind: str):
    text = page(kind)
    for part in ("## What it means", "## Example", "**Proved**:", "**Scanned**:", "**Remembered**:"):
        assert part in text
