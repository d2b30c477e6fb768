"""A working copy of an example mesh, and the command line on it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from meshwright.cli.main import main

NOT_COPIED = (".mesh", "data", "__pycache__")


@dataclass(frozen=True)
class Example:
    """A working copy of an example mesh, and what its commands find in the environment."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def copy(cls, source: Path, folder: Path, environment: Mapping[str, str] | None = None) -> Example:
        """A copy in `folder` without anything that was built."""
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(*NOT_COPIED), dirs_exist_ok=True)
        return cls(folder, environment or {})

    def type(self, *words: str, code: int = 0) -> str:
        """What `mesh WORDS` prints; it must end with `code`."""
        out, ended = io.StringIO(), 0
        with (
            patch.dict(os.environ, {**self.environment, "COLUMNS": "100"}),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            try:
                main(["--directory", str(self.folder), *words])
            except SystemExit as end:
                ended = end.code if isinstance(end.code, int) else int(end.code is not None)
        assert ended == code, f"exit code {ended}\n{out.getvalue()}"
        return out.getvalue()

    def data(self, *words: str, code: int = 0) -> Any:
        """What `mesh WORDS --format json` prints."""
        return json.loads(self.type(*words, "--format", "json", code=code))

    def outcomes(self, *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
        """The outcome of each product that `mesh WORDS` builds."""
        return {outcome["product"]: outcome for outcome in self.data(*words, code=code)["outcomes"]}

    def rows(self, sql: str, *words: str) -> list[dict[str, Any]]:
        """The rows of `mesh query`."""
        found: list[dict[str, Any]] = self.data("query", sql, *words)["rows"]
        return found
