"""Code blocks of Markdown pages, and what a terminal answers to those of a person's session."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ELLIPSIS = "…"
_FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL
)
_PLACE = re.compile(r"^(?:#|--) ((?:[\w.@-]+/)*[\w.@-]+\.\w+)$")
_EXITS = re.compile(r"#\s*exits (\d+)$")
_MARK = "\x1e"


@dataclass(frozen=True)
class Block:
    """A fenced block and the line it starts at."""

    language: str
    body: str
    line: int

    @property
    def place(self) -> str | None:
        """The file that the block is, when its first line is a comment that names one."""
        found = _PLACE.match(self.body.split("\n", 1)[0])
        return found[1] if found else None

    @property
    def commands(self) -> list[str]:
        """The lines that a shell would run; of a session, those after a prompt."""
        lines = [line for line in self.body.splitlines() if line.strip()]
        return [line[2:] for line in lines if line.startswith("$ ")] if self.language == "console" else lines

    @property
    def is_make(self) -> bool:
        """Whether it only calls make, which sets up a machine and is tried by the makefile's own users."""
        return all(command.split()[0] == "make" for command in self.commands)


@dataclass(frozen=True)
class Step:
    """A command of a session, the exit code it should end with, and the lines it should print."""

    command: str
    code: int
    expected: tuple[str, ...]


def blocks(text: str) -> Iterator[Block]:
    """Every fenced block, in order."""
    for found in _FENCE.finditer(text):
        yield Block(found["language"].strip(), found["body"], text.count("\n", 0, found.start()) + 1)


def steps(block: Block) -> list[Step]:
    """The commands of a session with what follows each."""
    if block.language != "console":
        return [Step(command, 0, ()) for command in block.commands]
    found: list[Step] = []
    for line in block.body.splitlines():
        if line.startswith("$ "):
            exits = _EXITS.search(line)
            found.append(Step(line[2:], int(exits[1]) if exits else 0, ()))
        elif line.strip():
            last = found.pop()
            found.append(Step(last.command, last.code, (*last.expected, line)))
    return found


def run_session(commands: list[Step], folder: Path, environment: Mapping[str, str]) -> list[tuple[int, str]]:
    """Type the commands into one shell; gives the exit code and the output of each."""
    script = "".join(f"{step.command}\nprintf '\\n{_MARK}%s{_MARK}' \"$?\"\n" for step in commands)
    done = subprocess.run(
        ["bash"],
        input=script,
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    parts = done.stdout.split(_MARK)
    return [(int(code), output) for output, code in zip(parts[::2], parts[1::2], strict=False)]


def missing_lines(expected: tuple[str, ...], output: str) -> list[str]:
    """The expected lines that the output does not have, in this order. `…` stands for anything.

    A line that is `…` alone stands for any number of lines; runs of blanks count as one.
    """
    lines = iter([" ".join(line.split()) for line in output.splitlines()])
    missing = []
    for line in expected:
        if line.strip() == ELLIPSIS:
            continue
        words = " ".join(line.split())
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in words.split(ELLIPSIS)) + r"\Z")
        if not any(
            pattern.search(printed) if words.startswith(ELLIPSIS) else pattern.match(printed)
            for printed in lines
        ):
            missing.append(line)
    return missing
