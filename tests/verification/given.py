"""`mesh verify` on a contract and files in one folder."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meshwright.cli.main import main


@dataclass(frozen=True)
class Verified:
    """What `mesh verify` answered."""

    code: int
    out: str
    err: str

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        """The results by check id."""
        return {check["check"]: check for check in json.loads(self.out)["checks"]}

    @property
    def failed(self) -> dict[str, str]:
        """What was observed where it did not pass, by check id."""
        return {name: check["observed"] for name, check in self.checks.items() if check["status"] != "pass"}


def verify(folder: Path, *arguments: str, json_report: bool = True) -> Verified:
    """Run `mesh verify` in a folder, on its contract.yaml."""
    out, err = io.StringIO(), io.StringIO()
    shown = ["--format", "json"] if json_report else []
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(["--directory", str(folder), "verify", "contract.yaml", *shown, *arguments])
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    assert "Traceback" not in out.getvalue() + err.getvalue()
    return Verified(code, out.getvalue(), err.getvalue())


def prop(name: str, kind: str | None = None, **more: Any) -> dict[str, Any]:
    """A property of a contract; options of its type go by the name `options`."""
    options = {"logicalTypeOptions": more.pop("options")} if "options" in more else {}
    return {"name": name, **({"logicalType": kind} if kind else {}), **options, **more}


def declare(
    folder: Path,
    *properties: dict[str, Any],
    server: Mapping[str, Any] | None = None,
    name: str = "deals",
    **more: Any,
) -> None:
    """Write a contract of one object as contract.yaml."""
    servers = {"servers": [{"server": "here", **server}]} if server else {}
    document = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "test",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": name, "properties": list(properties), **more}],
        **servers,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contract.yaml").write_text(json.dumps(document, indent=1))
