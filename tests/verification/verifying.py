"""The command `mesh verify` on files in a folder."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meshwright.cli.main import main


@dataclass(frozen=True)
class Answer:
    """What the command printed, and its exit code."""

    code: int
    out: str
    err: str


def document(*objects: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A contract document."""
    head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "shop-orders", "version": "1.2.0"}
    return {**head, "status": "active", "schema": list(objects), **more}


def write_contract(folder: Path, declared: Mapping[str, Any], name: str = "shop.odcs.yaml") -> Path:
    """The contract as a file, one key a line so that places differ."""
    path = folder / name
    path.write_text(json.dumps(declared, indent=1), encoding="utf-8")
    return path


def write_rows(folder: Path, **rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows by object as JSON lines; gives what to name with `--data`."""
    for name, listed in rows.items():
        text = "".join(json.dumps(row) + "\n" for row in listed)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return "{object}.jsonl"


def mesh_verify(folder: Path, *words: str) -> Answer:
    """Type `mesh verify ...` in a folder."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(["verify", *words])
        except SystemExit as end:
            return Answer(int(end.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("the command did not end")
