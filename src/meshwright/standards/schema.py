"""The schemas that judge documents, and what they object to in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Literal, Protocol

from meshwright.errors import Problem

if TYPE_CHECKING:
    from meshwright.standards.exact import Path

Kind = Literal["contract", "product", "mesh", "domain", "test", "policy", "waiver", "dashboard"]
"""What a document is: ODCS, ODPS, or one of ours."""

_FILES: dict[Kind, str] = {
    "contract": "odcs-3.2.0.schema.json",
    "product": "odps-1.1.0.schema.json",
    "mesh": "mesh-1.schema.json",
    "domain": "domain-1.schema.json",
    "test": "test-1.schema.json",
    "dashboard": "dashboard-1.schema.json",
    "policy": "policy-1.schema.json",
    "waiver": "waiver-1.schema.json",
}

MAX_PROBLEMS = 500
"""Problems reported of one document; a document with more has one cause."""


class Validator(Protocol):
    """A compiled schema."""

    def is_valid(self, instance: Any) -> bool:
        """Whether the schema accepts the instance."""
        ...

    def iter_errors(self, instance: Any) -> Any:
        """What the schema objects to, in the validator's words."""
        ...


@cache
def schema_of(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of a kind of document."""
    path = FilePath(__file__).parent / "schemas" / _FILES[kind]
    schema: dict[str, Any] = json.loads(path.read_bytes())
    return schema


@cache
def validator_of(kind: Kind) -> Validator:
    """The compiled schema of a kind of document; formats are annotations (draft 2019-09)."""
    import jsonschema_rs

    validator: Validator = jsonschema_rs.Draft201909Validator(schema_of(kind), validate_formats=False)
    return validator


def check_document(kind: Kind, document: Any, file: str, data: bytes | None = None) -> tuple[Problem, ...]:
    """Everything the schema of its kind objects to in a document; empty when it accepts it.

    With `data`, what the document was read from, problems have line and column.
    """
    if validator_of(kind).is_valid(document):
        return _placed(charts, file, data) if kind == "dashboard" and (charts := _charts(document)) else ()
    from meshwright.standards.explain import Finding, explain

    findings = explain(schema_of(kind), document)
    if not findings:
        errors = validator_of(kind).iter_errors(document)
        findings = [Finding(tuple(error.instance_path), "MW002", error.message) for error in errors]
    dropped = len(findings) - MAX_PROBLEMS
    findings = findings[:MAX_PROBLEMS]
    if dropped > 0:
        findings.append(Finding((), "MW002", f"there are {dropped:,} more problems in this document"))
    return _placed(findings, file, data)


def _charts(document: Any) -> list[Any]:
    """What speaks against the charts of a dashboard."""
    if not any("chart" in tile for tile in document["tiles"]):
        return []
    from meshwright.standards.vega import vega_lite_findings

    return [
        found
        for index, tile in enumerate(document["tiles"])
        if "chart" in tile
        for found in vega_lite_findings(tile["chart"], ("tiles", index, "chart"))
    ]


def _placed(findings: Sequence[Any], file: str, data: bytes | None) -> tuple[Problem, ...]:
    from meshwright.standards.yaml import locate

    places = locate(data, [found.path for found in findings]) if data is not None else {}
    problems = []
    for found in findings:
        line = column = None
        if place := places.get(found.path):
            at_key = found.at_key and found.path and isinstance(found.path[-1], str)
            line = place.key_line if at_key else place.line
            column = place.key_column if at_key else place.column
        path = format_path(found.path)
        problems.append(Problem(found.code, found.message, file, line, column, path, found.hint))
    return tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))


def format_path(path: Path) -> str:
    """A place in a document as people write it.

    >>> format_path(("schema", 0, "properties", 2, "required"))
    'schema[0].properties[2].required'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part and all(char.isalnum() or char in "_-$@" for char in part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text
