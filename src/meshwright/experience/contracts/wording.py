"""Checks and thresholds in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from meshwright.experience.contracts.service_levels import level_rule
from meshwright.model.check import CheckSpec
from meshwright.model.contract import NONE_MAY_FAIL, Threshold
from meshwright.model.operators import exact
from meshwright.model.types import physical_length

_PHRASES: Mapping[str, str] = {
    "mustBe": "{}",
    "mustNotBe": "anything but {}",
    "mustBeGreaterThan": "more than {}",
    "mustBeGreaterOrEqualTo": "at least {}",
    "mustBeLessThan": "less than {}",
    "mustBeLessOrEqualTo": "at most {}",
}

_BOUNDS: Mapping[str, str] = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
}

_SHOWN = 10


def expectation(spec: CheckSpec) -> str:
    """What a check expects, in words: the rule, and how many rows may break it if not none."""
    rule = _rule(spec)
    if spec.kind in ("sql", "text", "custom", "service_level") or spec.arguments.get("metric") == "rowCount":
        return rule
    if spec.threshold == NONE_MAY_FAIL:
        return f"no {rule}" if spec.kind == "metric" else rule
    return f"{amount(spec.threshold)} {rule}"


def amount(threshold: Threshold) -> str:
    """A threshold in words: `less than 1 % of rows with`, `between 10 and 20 rows with`."""
    unit = "% of rows with" if threshold.unit == "percent" else "rows with"
    return f"{bare(threshold)} {unit}"


def bare(threshold: Threshold) -> str:
    """A threshold's comparison in words."""
    if threshold.operator in ("mustBeBetween", "mustNotBeBetween"):
        low, high = threshold.value
        outside = "not " if threshold.operator == "mustNotBeBetween" else ""
        return f"{outside}between {spoken(low)} and {spoken(high)}"
    return _PHRASES.get(threshold.operator, threshold.operator + " {}").format(spoken(threshold.value))


def spoken(value: Any) -> str:
    """A value for people: thousands are separated, texts are quoted."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    number = exact(value)
    if isinstance(number, Fraction):
        if number.denominator == 1:
            return f"{number.numerator:,}"
        return str(value) if not isinstance(value, Fraction) else f"{float(value):,.4g}"
    return f"`{value}`" if isinstance(value, str) else str(value)


def listed(values: Iterable[Any]) -> str:
    """Up to ten values, and how many more there are."""
    every = list(values)
    shown = ", ".join(str(value) for value in every[:_SHOWN])
    return f"{shown} and {len(every) - _SHOWN} more" if len(every) > _SHOWN else shown


def _rule(spec: CheckSpec) -> str:
    given = spec.arguments
    match spec.kind:
        case "present":
            return "a column of this name"
        case "type":
            physical = given.get("physical")
            limited = physical is not None and physical_length(physical) is not None
            return f"type {physical if limited else given.get('type')}"
        case "required":
            return "a value in every row"
        case "unique":
            return "no value twice"
        case "primary_key":
            return f"a key ({', '.join(given.get('columns', ()))}) in every row, none twice"
        case "enum":
            return f"one of {listed(given.get('values', ()))}"
        case "sql":
            return f"the query to return {bare(spec.threshold)}"
        case "relationship":
            target = f"{given.get('to_object', '')}.{', '.join(given.get('to_columns', ()))}"
            return f"every value to be in {target}"
        case "service_level":
            return level_rule(spec)
        case "text" | "custom":
            return spec.description or "what the rule says"
        case "metric":
            return _metric(spec)
    return _options(given)


def _metric(spec: CheckSpec) -> str:
    given = spec.arguments
    columns = ", ".join(given.get("columns", ()))
    match given.get("metric"):
        case "rowCount":
            return f"{bare(spec.threshold)} rows"
        case "nullValues":
            return f"null in {columns}"
        case "missingValues":
            return f"missing value in {columns}"
        case "duplicateValues":
            return f"repeated value in {columns}"
        case "invalidValues":
            return f"value in {columns} other than {_options(given)}"
    return str(given.get("metric"))


def _options(given: Mapping[str, Any]) -> str:
    parts: list[str] = []
    if "values" in given:
        parts.append(f"one of {listed(given['values'])}")
    if "pattern" in given:
        parts.append(f"a match of `{given['pattern']}`")
    parts += _between(given, "minLength", "maxLength", "characters")
    parts += _between(given, "minItems", "maxItems", "items")
    parts += _between(given, "minProperties", "maxProperties", "properties")
    if "format" in given:
        parts.append(_format(given))
    elif "formats" in given:
        parts.append(_format(given["formats"]))
    if "format" not in given:
        parts += [phrase.format(spoken(given[name])) for name, phrase in _BOUNDS.items() if name in given]
    if "multipleOf" in given:
        parts.append(f"a multiple of {given['multipleOf']}")
    if "keys" in given:
        parts.append(f"values for {', '.join(given['keys'])}")
    return " and ".join(parts) or "no item twice"


def _format(given: Mapping[str, Any]) -> str:
    if "timezone" in given:
        return "timestamps with a time zone" if given["timezone"] else "timestamps without a time zone"
    if "normalized" in given:
        return "vectors of length 1"
    return f"the format `{given['format']}`"


def _between(given: Mapping[str, Any], low: str, high: str, unit: str) -> list[str]:
    least, most = given.get(low), given.get(high)
    if least is not None and most is not None:
        return [f"{least} {unit}" if least == most else f"{least} to {most} {unit}"]
    if least is not None:
        return [f"at least {least} {unit}"]
    return [f"at most {most} {unit}"] if most is not None else []
