"""Quality rules of a contract as checks (ODCS 3.2, "Data Quality")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from meshwright.experience.contracts.custom import custom_arguments
from meshwright.experience.contracts.formats import format_arguments
from meshwright.experience.contracts.places import Place, locate, places
from meshwright.model.check import CheckSpec, Severity
from meshwright.model.contract import NONE_MAY_FAIL, Contract, ContractObject, QualityRule

METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")
"""The metrics of the library."""

_OLD_NAMES: Mapping[str, str] = {
    "nullCheck": "nullValues",
    "nullCount": "nullValues",
    "duplicateCount": "duplicateValues",
    "countCheck": "rowCount",
}
"""Names of ODCS 3.0, where the library was only sketched."""

VALIDITY: Mapping[str, str] = {
    "validValues": "values",
    "enum": "values",
    "pattern": "pattern",
    "regex": "pattern",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusiveMinimum",
    "exclusiveMaximum": "exclusiveMaximum",
    "minLength": "minLength",
    "maxLength": "maxLength",
    "multipleOf": "multipleOf",
    "format": "format",
}
"""Arguments of invalidValues, and what they mean in a check."""

_SEVERITIES: Mapping[str, Severity] = {"warning": "warning", "warn": "warning", "info": "info"}


def quality_checks(contract: Contract, obj: ContractObject) -> Iterator[CheckSpec]:
    """One check per quality rule of the object and of its properties, nested ones included."""
    for index, rule in enumerate(obj.quality):
        yield _check(contract, obj, None, rule, f"{obj.name}.quality[{index}]")
    for place in places(obj):
        yield from _property_rules(contract, obj, place)


def _property_rules(contract: Contract, obj: ContractObject, place: Place) -> Iterator[CheckSpec]:
    for index, rule in enumerate(place.prop.quality):
        yield _check(contract, obj, place, rule, f"{obj.name}.{place.name}.quality[{index}]")
    for child in place.children():
        yield from _property_rules(contract, obj, child)


def _check(
    contract: Contract, obj: ContractObject, place: Place | None, rule: QualityRule, name: str
) -> CheckSpec:
    severity = _SEVERITIES.get((rule.severity or "error").strip().lower(), "error")
    common: dict[str, Any] = {
        "id": name,
        "path": rule.path,
        "object": obj.name,
        "column": place.column if place else None,
        "steps": place.steps if place else (),
        "threshold": rule.threshold or NONE_MAY_FAIL,
        "severity": severity,
        "dimension": rule.dimension,
        "description": rule.description or rule.name or "",
        "schedule": rule.schedule,
        "scheduler": rule.scheduler,
    }
    match rule.type:
        case "text":
            reason = "the rule is text for people; no machine can check it"
            return CheckSpec(kind="text", mergeable=False, arguments={"skip": reason}, **common)
        case "custom":
            common["threshold"] = NONE_MAY_FAIL
            return CheckSpec(kind="custom", mergeable=False, arguments=custom_arguments(rule), **common)
        case "sql":
            return CheckSpec(
                kind="sql", mergeable=False, arguments=_sql_arguments(contract, obj, place, rule), **common
            )
    metric = _OLD_NAMES.get(rule.metric or "", rule.metric or "")
    arguments = {"metric": metric, **_metric_arguments(obj, place, rule, metric)}
    if rule.threshold is None:
        arguments.setdefault("error", "the rule has no operator, such as `mustBe: 0`")
    return CheckSpec(kind="metric", mergeable=metric != "duplicateValues", arguments=arguments, **common)


# --- the library


def _metric_arguments(
    obj: ContractObject, place: Place | None, rule: QualityRule, metric: str
) -> dict[str, Any]:
    given = dict(rule.arguments)
    properties = given.pop("properties", None)
    if metric == "rowCount":
        return {}
    if metric not in METRICS:
        close = get_close_matches(metric, METRICS, 1)
        hint = f"; did you mean `{close[0]}`?" if close else f"; the library has {', '.join(METRICS)}"
        return {"error": f"there is no library metric `{metric}`{hint}"}
    if metric == "missingValues":
        values = given.pop("missingValues", [])
        extra: dict[str, Any] = {"values": tuple(values) if isinstance(values, list) else (values,)}
    elif metric == "invalidValues":
        extra = _validity(place, given)
    else:
        extra = {}
    if "error" not in extra and given and metric != "invalidValues":
        extra["error"] = f"`{metric}` has no argument `{next(iter(given))}`"
    if place is not None and properties is None:
        return {"columns": (place.column,), **extra}
    return {**extra, **_columns(obj, metric, properties)}


def _columns(obj: ContractObject, metric: str, properties: Any) -> dict[str, Any]:
    """The columns of a rule on the object, from its argument `properties`."""
    if isinstance(properties, str):
        properties = [properties]
    if not isinstance(properties, list) or not properties or metric not in ("duplicateValues", "nullValues"):
        wanted = "list the columns in `arguments.properties`"
        if metric not in ("duplicateValues", "nullValues"):
            wanted = "put the rule below a property"
        return {"error": f"`{metric}` on an object says nothing about which column: {wanted}"}
    paths = []
    for name in properties:
        place = locate(obj, str(name))
        if place is None:
            close = get_close_matches(str(name), [prop.name for prop in obj.properties], 1)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            return {"error": f"`{obj.name}` has no property `{name}`{hint}"}
        paths.append(place)
    return {"columns": tuple(place.column for place in paths), "paths": tuple(place.path for place in paths)}


def _validity(place: Place | None, given: dict[str, Any]) -> dict[str, Any]:
    """What makes a value valid: the rule's arguments, else the property's own enum and options."""
    if not given and place is not None:
        prop = place.prop
        own = {"enum": list(prop.enum)} if prop.enum is not None else {}
        given = {**own, **{name: value for name, value in prop.options.items() if name in VALIDITY}}
    unknown = [name for name in given if name not in VALIDITY]
    if unknown:
        return {"error": f"`invalidValues` has no argument `{unknown[0]}` (it has {', '.join(VALIDITY)})"}
    if not given:
        return {"error": "`invalidValues` does not say what is valid: give `validValues` or `pattern`"}
    out: dict[str, Any] = {}
    for name, value in given.items():
        if name == "format":
            meaning = format_arguments(place.prop.logical_type if place else None, str(value))
            if "skip" in meaning:
                return {"error": meaning["skip"]}
            out["formats"] = meaning
        elif VALIDITY[name] == "values":
            out["values"] = tuple(value) if isinstance(value, list) else (value,)
        else:
            out[VALIDITY[name]] = value
    return out


# --- SQL rules

_PLACEHOLDER = re.compile(r"""(?P<quote>["'`]?)\$?\{\s*(?P<name>[A-Za-z_]+)\s*\}(?P=quote)""")
_OBJECT_NAMES = frozenset({"table", "object", "model", "schema_object"})
_COLUMN_NAMES = frozenset({"column", "property", "field"})


def _sql_arguments(
    contract: Contract, obj: ContractObject, place: Place | None, rule: QualityRule
) -> dict[str, Any]:
    """The statement with its placeholders filled in, and the names it may read.

    `${table}`, `{table}`, `{object}`, `{model}` stand for the object, `${column}`, `{column}`,
    `{property}`, `{field}` for the property (with or without `$`); quotes around a placeholder
    are taken as part of it, single quotes as a text.
    """
    names: dict[str, str] = {}
    for other in contract.objects:
        names.setdefault(other.table.lower(), other.name)
        names.setdefault(other.name.lower(), other.name)
    arguments: dict[str, Any] = {"tables": names}
    if not rule.query or not rule.query.strip():
        return {**arguments, "query": "", "error": "the rule has no query"}
    problems: list[str] = []

    def fill(match: re.Match[str]) -> str:
        name = match["name"].lower()
        if name in _OBJECT_NAMES:
            plain, parts = obj.name, [obj.name]
        elif name in _COLUMN_NAMES and place is not None:
            plain, parts = place.column, [part for step, part in place.path if step == "field"]
        else:
            about = "on an object" if name in _COLUMN_NAMES else "at all"
            problems.append(f"the placeholder `{match[0]}` means nothing {about}")
            return match[0]
        if match["quote"] == "'":
            return "'" + plain.replace("'", "''") + "'"
        return ".".join('"' + part.replace('"', '""') + '"' for part in parts)

    query = _PLACEHOLDER.sub(fill, rule.query)
    if problems:
        arguments["error"] = problems[0]
    if rule.threshold is None:
        arguments.setdefault("error", "the rule has no operator, such as `mustBe: 0`")
    return {**arguments, "query": query}
