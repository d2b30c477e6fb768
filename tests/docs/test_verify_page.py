"""The page of `mesh verify` does what it says: its blocks are typed in order, in an empty folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from code_blocks import Block, Step, blocks, missing_lines, run_session, steps
from test_pages import unknown

PAGE = Path(__file__).parents[2] / "docs/verify.md"


def as_steps(block: Block) -> list[Step]:
    """What a reader does with a block: type it, or put it into the file that it names."""
    if block.language == "console":
        return steps(block)
    assert block.place, f"verify.md:{block.line}: a reader cannot tell what to do with this block"
    folder = Path(block.place).parent.as_posix()
    return [Step(f"mkdir -p {folder}; cat > {block.place} <<'END'\n{block.body}END", 0, ())]


def test_every_block_of_the_page_runs_and_answers_as_it_says(tmp_path):
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "COLUMNS": "110",
    }
    folder = tmp_path / "shop"
    folder.mkdir()
    session = [step for block in blocks(PAGE.read_text(encoding="utf-8")) for step in as_steps(block)]
    answers = run_session(session, folder, environment)
    for step, (code, output) in zip(session, answers, strict=True):
        assert code == step.code, f"$ {step.command}\n{output}"
        assert not missing_lines(step.expected, output), f"$ {step.command}\n{output}"
    assert "<title>Orders of the shop 1.0.0: 3 checks failed</title>" in (folder / "report.html").read_text()


def test_the_workflows_of_the_page_type_commands_that_exist():
    lines = [
        line.strip().removeprefix("- ").removeprefix("run: ")
        for block in blocks(PAGE.read_text(encoding="utf-8"))
        if block.language == "yaml"
        for line in block.body.splitlines()
        if "mesh verify" in line
    ]
    assert len(lines) == 3
    assert [wrong for line in lines for wrong in unknown(line)] == []
