"""`CustomEngine` by Great Expectations, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meshwright.model.check import CheckSpec, Measure

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 1_000_000
"""Great Expectations holds all rows in memory: objects with more are skipped, never sampled."""

BYTES = 1 << 30
"""The same for the size of the rows in Arrow."""

SECONDS = 600
"""How long the rules of one object may take, as a regular expression may backtrack for ever."""

_CODE = ("row_condition", "condition_parser", "unexpected_rows_query")
"""Arguments that are code, which pandas or a database would run."""


class GreatExpectations:
    """Each rule is one expectation of Great Expectations 1.x: `type` and `kwargs`.

    The names of arguments are taken in camel case too, as the standard writes them, and `column` is that of
    the rule's property where it is left out.
    """

    def unavailable(self) -> str | None:
        """See `provisioning.ports.CustomEngine`."""
        if util.find_spec("great_expectations") is None:
            return "Great Expectations is not installed: pip install 'meshwright[great-expectations]'"
        version = metadata.version("great_expectations")
        if not version.startswith("1."):
            return (
                f"Great Expectations is installed in version {version}, and 1.x is needed: "
                "pip install 'meshwright[great-expectations]'"
            )
        return None

    def measure(
        self, specs: Sequence[CheckSpec], rows: pa.RecordBatchReader, folder: Path
    ) -> Mapping[str, Measure]:
        """See `provisioning.ports.CustomEngine`."""
        found: dict[str, Measure] = {}
        rules: dict[str, Any] = {}
        for spec in specs:
            rule = _rule(spec)
            if isinstance(rule, Measure):
                found[spec.id] = rule
            else:
                rules[spec.id] = rule
        if not rules:
            return found
        count = _keep(rows, folder / "rows.arrow")
        if count is None:
            why = f"Great Expectations holds all rows in memory, and these are more than {ROWS:,} or 1 GiB"
            return {**found, **{name: Measure(skip=why) for name in rules}}
        answers = _ask(rules, folder)
        if isinstance(answers, str):
            return {**found, **{name: Measure(rows=count, error=answers) for name in rules}}
        return {**found, **{name: _measure(answers.get(name), count) for name in rules}}


def _rule(spec: CheckSpec) -> dict[str, Any] | Measure:
    given = spec.arguments.get("implementation")
    if not isinstance(given, Mapping):
        return Measure(error="the implementation is no expectation: write `type` and `kwargs`")
    kind = given.get("type") or given.get("expectation_type")
    kwargs = given.get("kwargs") or {}
    if not isinstance(kind, str) or not isinstance(kwargs, Mapping):
        return Measure(error="the implementation is no expectation: write `type` and `kwargs`")
    named = {_snake(str(name)): value for name, value in kwargs.items()}
    for name in _CODE:
        if name in named:
            return Measure(error=f"`{name}` is code, which is not run here")
    if spec.column is not None and not spec.steps and re.match(r"expect_column_(?!pair)", kind):
        named.setdefault("column", spec.column)
    return {"type": kind, "kwargs": named}


def _snake(name: str) -> str:
    """`minValue` as `min_value`; `column_A` stays."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f"_{found[1].lower()}", name)


def _keep(rows: pa.RecordBatchReader, file: Path) -> int | None:
    """Write the rows to a file; gives how many, or None as soon as they are too many."""
    import pyarrow as pa

    count = size = 0
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, rows.schema) as stream:
        for batch in rows:
            count, size = count + batch.num_rows, size + batch.nbytes
            if count > ROWS or size > BYTES:
                return None
            stream.write_batch(batch)
    return count


def _ask(rules: Mapping[str, Any], folder: Path) -> dict[str, Any] | str:
    """What the worker answers, or why it does not. It sees no secret and tells nobody of its use."""
    asked, answers = folder / "rules.json", folder / "answers.json"
    asked.write_text(json.dumps(rules, default=str), encoding="utf-8")
    worker = Path(__file__).with_name("worker.py")
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(worker), str(folder / "rows.arrow"), str(asked), str(answers)],
            env={
                "PATH": os.environ.get("PATH", ""),
                "PYTHONPATH": os.pathsep.join(sys.path),
                "HOME": str(folder),
                "GX_ANALYTICS_ENABLED": "false",
            },
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"Great Expectations took longer than {SECONDS} s"
    if done.returncode or not answers.exists():
        last = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        return f"Great Expectations ended with {done.returncode}: {last[-1].partition(':')[0]}"
    found: dict[str, Any] = json.loads(answers.read_text(encoding="utf-8"))
    return found


def _measure(answer: Mapping[str, Any] | None, rows: int) -> Measure:
    if answer is None:
        return Measure(rows=rows, error="Great Expectations gave no answer")
    if "error" in answer:
        return Measure(rows=rows, error=answer["error"])
    if answer["success"]:
        return Measure(0, rows, found="met")
    unexpected = answer["unexpected"]
    found = "not met" if unexpected is None else f"not met: {unexpected:,} unexpected of {rows:,} rows"
    return Measure(unexpected or 1, rows, found=found)
