"""Results of checks as a document of the Open Observability Results Standard (OORS 0.8, a draft).

The draft may change until 1.0; what is written follows 0.8.1.
"""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from meshwright.model.check import CheckResult
from meshwright.model.contract import Contract
from meshwright.model.operators import percentage

API_VERSION = "v0.8.1"

_WORST_FIRST = ("error", "fail", "warn", "pass", "skip")
_IDS = uuid.UUID("6f1d3b1e-5c0b-5d29-9a5e-3f6f5f0c2b77")
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True, slots=True)
class Observed:
    """A result with the value that may be told of it: None where nothing was measured, or it is withheld."""

    result: CheckResult
    value: Any


def observability_results(
    contract: Contract,
    server: str,
    observed: Sequence[Observed],
    started_at: datetime,
    observed_at: datetime,
    process: str = "mesh verify",
) -> dict[str, Any]:
    """The document: one result per check, and the worst of their statuses.

    Its `id` follows from what it says, so that the same document sent twice is one. Rows of the
    data are not in it.
    """
    statuses = {each.result.status for each in observed}
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "ObservabilityResults",
        "id": "",
        "observedAt": _moment(observed_at),
        "source": {"process": process, "vendor": "meshwright"},
        "run": {"state": "completed", "startedAt": _moment(started_at)},
        "contract": {
            "contractId": contract.id,
            "standard": "ODCS",
            "version": contract.version,
            "server": server,
        },
        "status": next((status for status in _WORST_FIRST if status in statuses), "unknown"),
        "results": [_result(contract, each) for each in observed],
    }
    return {**document, "id": str(uuid.uuid5(_IDS, json.dumps(document, sort_keys=True)))}


def relates_to(document: Mapping[str, Any], path: str) -> str:
    """A place in a contract by names: `schema[0].quality[2]` as `schema/deals/quality/no_gaps`.

    An entry of a list is called by its `id`, else its `name`, else its number from 0. In names `%`
    and `/` are written `%25` and `%2F`.
    """
    steps, here = [], document
    for index, key in _STEP.findall(path):
        here = _at(here, int(index) if index else key)
        name = key
        if index:
            entry = here if isinstance(here, Mapping) else {}
            name = str(entry.get("id") or entry.get("name") or index)
        steps.append(name.replace("%", "%25").replace("/", "%2F"))
    return "/".join(steps)


def _at(value: Any, step: int | str) -> Any:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else None
    return value.get(step) if isinstance(value, Mapping) else None


def _result(contract: Contract, observed: Observed) -> dict[str, Any]:
    result, spec = observed.result, observed.result.spec
    judged = result.status not in ("skip", "error")
    found = {
        "id": spec.id,
        "type": "metric" if spec.kind in ("metric", "sql") else "check",
        "name": spec.description or spec.id,
        "status": result.status,
        "relatesTo": relates_to(contract.document, spec.path),
        "severity": spec.severity,
        "dimension": spec.dimension,
        "target": _target(contract, spec.object, spec.column),
        "measure": _measure(observed) if judged else None,
        "message": f"expected {result.expected}; observed {result.observed}",
        "customProperties": [
            {"property": "kind", "value": spec.kind},
            *([{"property": "how", "value": result.measure.how}] if judged else []),
        ],
    }
    return {name: value for name, value in found.items() if value is not None}


def _target(contract: Contract, name: str, column: str | None) -> dict[str, Any]:
    obj = contract.find(name)
    table = obj.table if obj is not None else name
    if column is None:
        return {"resourceType": "table", "resourceIdentifier": table}
    return {"resourceType": "column", "resourceIdentifier": f"{table}.{column}"}


def _measure(observed: Observed) -> dict[str, Any]:
    result, value = observed.result, observed.value
    spec, threshold, rows = result.spec, result.spec.threshold, result.measure.rows
    metric = str(spec.arguments.get("metric")) if spec.kind == "metric" else spec.kind
    measure: dict[str, Any] = {"metric": metric}
    percent = threshold.unit == "percent"
    if value is not None:
        measure["value"] = _number(percentage(value, rows)) if percent else _number(value)
    measure["threshold"] = {threshold.operator: _operand(threshold.value)}
    if spec.kind in ("present", "type", "sql"):
        return measure
    measure["unit"] = "percent" if percent else "rows"
    measure["rowCount"] = rows
    if metric != "rowCount" and not _counts_items(result):
        measure["failedRowCount"] = _number(value)
    return measure


def _counts_items(result: CheckResult) -> bool:
    """Whether what was counted are items of arrays and maps, of which a row has several."""
    repeated = any(step in ("items", "values", "keys") for step, _ in result.spec.steps)
    of_items = result.spec.kind in ("unique", "relationship")
    return repeated and (of_items or result.spec.arguments.get("metric") == "duplicateValues")


def _operand(value: Any) -> Any:
    return [_number(each) for each in value] if isinstance(value, (list, tuple)) else _number(value)


def _number(value: Any) -> Any:
    """A value as JSON has it: numbers stay numbers, what JSON does not know is text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (float, Decimal, Fraction)) and math.isfinite(value):
        return int(value) if value == int(value) else float(value)
    return str(value)


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
