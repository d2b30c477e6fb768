"""The README does what it says: its blocks are typed in order, in an empty folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from code_blocks import Block, Step, blocks, missing_lines, run_session, steps

README = Path(__file__).parents[2] / "README.md"
SHELLS = ("shell", "console", "bash", "sh")
PICTURES = ("mermaid",)


def as_steps(block: Block) -> list[Step]:
    """What a reader does with a block: type it, or put it into the file that it names."""
    if block.language in SHELLS:
        return [] if block.is_make else steps(block)
    if block.language in PICTURES:
        return []
    assert block.place, f"README.md:{block.line}: a reader cannot tell what to do with this block"
    return [Step(f"cat > {block.place} <<'END'\n{block.body}END", 0, ())]


def test_every_block_of_the_readme_runs_and_answers_as_it_says(tmp_path):
    folder = tmp_path / "clone"
    folder.mkdir()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "COLUMNS": "110",
    }
    session = [step for block in blocks(README.read_text(encoding="utf-8")) for step in as_steps(block)]
    answers = run_session(session, folder, environment)
    for step, (code, output) in zip(session, answers, strict=True):
        assert code == step.code, f"$ {step.command}\n{output}"
        assert not missing_lines(step.expected, output), f"$ {step.command}\n{output}"
