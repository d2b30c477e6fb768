"""Rules for other engines (ODCS 3.2, "Data Quality", type `custom`)."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from meshwright.errors import MeshwrightError
from meshwright.model.check import CheckSpec, Measure
from meshwright.model.contract import QualityRule
from meshwright.provisioning.ports import CustomEngine, Session
from meshwright.standards.yaml import read_value

RUNNABLE: Mapping[str, str] = {"greatexpectations": "Great Expectations"}
"""The engines that there are adapters for, by their name in lower case without signs."""

_INSTEAD = "write the rule as a library metric or as `type: sql`"

_NOT_HERE: Mapping[str, str] = {
    "soda": f"Soda reads data over connections of its own; {_INSTEAD}",
    "dbt": f"dbt tests are SQL of a dbt project, which a contract does not hold; {_INSTEAD}",
}


def engine_name(name: str | None) -> str:
    """`greatExpectations` and `great-expectations` are one engine."""
    return re.sub(r"[^a-z]", "", (name or "").lower())


def custom_arguments(rule: QualityRule) -> dict[str, Any]:
    """What a rule says, and why it is skipped where no engine takes it up."""
    name = engine_name(rule.engine)
    shown = RUNNABLE.get(name) or rule.engine or "another engine"
    reason = f"the rule is for {shown}, which is not run here"
    if name in _NOT_HERE:
        reason = f"{reason}: {_NOT_HERE[name]}"
    return {"engine": rule.engine, "implementation": _parsed(rule.implementation), "skip": reason}


def _parsed(implementation: Any) -> Any:
    if not isinstance(implementation, str):
        return implementation
    try:
        return read_value(implementation.encode(), "the implementation")
    except MeshwrightError:
        return implementation


_IN_PLACE = "the rows are verified where they are, and the engine of this rule would have to copy them"


def measure_custom(
    specs: Sequence[CheckSpec],
    session: Session | None,
    relation: str,
    engines: Mapping[str, CustomEngine],
    folder: Path,
) -> dict[str, Measure]:
    """What the engines that are installed find in a relation, and why the others do not look.

    `folder` is for what they keep while they look. Without a `session` the rows stay where they are.
    """
    by_engine: dict[str, list[CheckSpec]] = {}
    for spec in specs:
        name = engine_name(spec.arguments.get("engine"))
        if spec.kind == "custom" and name in engines:
            by_engine.setdefault(name, []).append(spec)
    found: dict[str, Measure] = {}
    for name, own in by_engine.items():
        reason = _IN_PLACE if session is None else engines[name].unavailable()
        if session is None or reason is not None:
            found.update({spec.id: Measure(skip=reason) for spec in own})
            continue
        with tempfile.TemporaryDirectory(prefix="custom-", dir=folder) as own_folder:
            found.update(engines[name].measure(own, session.arrow(relation), Path(own_folder)))
    return found
