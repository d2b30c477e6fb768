"""A naive judge: plain Python, row by row, from the contract's document alone."""

from __future__ import annotations

import math
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]


def count_violations(
    obj: Mapping[str, Any], rows: Sequence[Row], others: Mapping[str, Sequence[Row]]
) -> Counter:
    """How many rows violate each check, by check id."""
    found: Counter[str] = Counter()
    name = obj["name"]
    for row in rows:
        broken: set[str] = set()
        for prop in obj["properties"]:
            broken |= set(_broken(prop, f"{name}.{prop['name']}", row[prop["name"]]))
        found.update(broken)
    for prop in obj["properties"]:
        for path, nested in _below(prop, f"{name}.{prop['name']}", lambda row, key=prop["name"]: [row[key]]):
            values = [value for row in rows for value in nested[1](row) if value is not None]
            if nested[0].get("unique"):
                found[f"{path}.unique"] = len(values) - len({_key(value) for value in values})
            for index, rule in enumerate(nested[0].get("quality", ())):
                if rule["metric"] == "duplicateValues":
                    found[f"{path}.quality[{index}]"] = len(values) - len({_key(value) for value in values})
                if rule["metric"] == "rowCount":
                    found[f"{path}.quality[{index}]"] = len(rows)
        for index, relation in enumerate(prop.get("relationships", ())):
            other, column = relation["to"].split(".")
            there = {_key(row[column]) for row in others[other] if row[column] is not None}
            here = [row[prop["name"]] for row in rows]
            missing = sum(value is not None and _key(value) not in there for value in here)
            found[f"{name}.{prop['name']}.relationships[{index}]"] = missing
    keys = [prop["name"] for prop in obj["properties"] if prop.get("primaryKey")]
    if keys:
        whole = [
            tuple(_key(row[key]) for key in keys) for row in rows if all(row[key] is not None for key in keys)
        ]
        found[f"{name}.primary_key"] = len(rows) - len(set(whole))
    for index, rule in enumerate(obj.get("quality", ())):
        if rule["metric"] == "rowCount":
            found[f"{name}.quality[{index}]"] = len(rows)
        else:
            columns = rule["arguments"]["properties"]
            pairs = [tuple(row[key] for key in columns) for row in rows]
            full = [tuple(map(_key, pair)) for pair in pairs if None not in pair]
            found[f"{name}.quality[{index}]"] = len(full) - len(set(full))
    return found


def meets(rule: Mapping[str, Any], value: int, rows: int) -> bool:
    """Whether a count meets the operator of a rule."""
    number = Fraction(value)
    if rule.get("unit") == "percent":
        number = Fraction(100 * value, rows) if rows else Fraction(0)
    tests: dict[str, Callable[[Any], bool]] = {
        "mustBe": lambda x: number == Fraction(str(x)),
        "mustNotBe": lambda x: number != Fraction(str(x)),
        "mustBeGreaterThan": lambda x: number > Fraction(str(x)),
        "mustBeGreaterOrEqualTo": lambda x: number >= Fraction(str(x)),
        "mustBeLessThan": lambda x: number < Fraction(str(x)),
        "mustBeLessOrEqualTo": lambda x: number <= Fraction(str(x)),
        "mustBeBetween": lambda x: Fraction(str(x[0])) <= number <= Fraction(str(x[1])),
        "mustNotBeBetween": lambda x: not Fraction(str(x[0])) <= number <= Fraction(str(x[1])),
    }
    return next(test(rule[name]) for name, test in tests.items() if name in rule)


def _below(prop: Mapping[str, Any], path: str, read: Callable[[Row], list[Any]]) -> Iterator[Any]:
    """Every property at or below one, with its path and a function from a row to its values."""
    yield path, (prop, read)
    for child in prop.get("properties", ()):
        key = child["name"]
        yield from _below(
            child, f"{path}.{key}", lambda row, key=key: [v[key] for v in read(row) if v is not None]
        )
    if "items" in prop:
        yield from _below(
            prop["items"], f"{path}[]", lambda row: [i for v in read(row) if v is not None for i in v]
        )
    if "map" in prop:
        for part, sign, pick in (("key", "{key}", 0), ("value", "{}", 1)):
            yield from _below(
                prop["map"][part],
                path + sign,
                lambda row, pick=pick: [pair[pick] for v in read(row) if v is not None for pair in v],
            )


def _broken(prop: Mapping[str, Any], path: str, value: Any) -> Iterator[str]:
    """The ids of the row checks that one value breaks."""
    if prop.get("required") and value is None:
        yield f"{path}.required"
    for index, rule in enumerate(prop.get("quality", ())):
        if _counts(rule, prop, value):
            yield f"{path}.quality[{index}]"
    if value is None:
        return
    if "enum" in prop and not any(_same(value, entry["value"]) for entry in prop["enum"]):
        yield f"{path}.enum"
    for kind in _broken_options(prop, prop.get("logicalTypeOptions", {}), value):
        yield f"{path}.{kind}"
    for child in prop.get("properties", ()):
        yield from _broken(child, f"{path}.{child['name']}", value[child["name"]])
    if "items" in prop:
        for item in value:
            yield from _broken(prop["items"], f"{path}[]", item)
    if "map" in prop:
        for key, inner in value:
            yield from _broken(prop["map"]["key"], f"{path}{{key}}", key)
            yield from _broken(prop["map"]["value"], f"{path}{{}}", inner)


def _counts(rule: Mapping[str, Any], prop: Mapping[str, Any], value: Any) -> bool:
    given = rule.get("arguments", {})
    match rule["metric"]:
        case "nullValues":
            return value is None
        case "missingValues":
            return value is None or any(_same(value, v) for v in given["missingValues"] if v is not None)
        case "invalidValues":
            if value is None:
                return False
            if "validValues" in given and not any(_same(value, v) for v in given["validValues"]):
                return True
            return any(_broken_options(prop, given, value))
    return False


def _broken_options(prop: Mapping[str, Any], given: Mapping[str, Any], value: Any) -> Iterator[str]:
    if ("minLength" in given and len(value) < given["minLength"]) or (
        "maxLength" in given and len(value) > given["maxLength"]
    ):
        yield "length"
    if "pattern" in given and not re.search(given["pattern"].replace("$", r"\Z"), value):
        yield "pattern"
    if any(_outside(prop, name, given[name], value) for name in _BOUNDS if name in given):
        yield "bounds"
    if "multipleOf" in given and not _is_multiple(prop, value, Fraction(str(given["multipleOf"]))):
        yield "multiple_of"
    low, high = (
        given.get("minItems", given.get("minProperties")),
        given.get("maxItems", given.get("maxProperties")),
    )
    if low is not None or high is not None:
        size = sum(v is not None for v in value.values()) if isinstance(value, dict) else len(value)
        if (low is not None and size < low) or (high is not None and size > high):
            yield "size"
    if given.get("uniqueItems"):
        items = [_key(item) for item in value if item is not None]
        if len(items) != len(set(items)):
            yield "unique_items"
    if "required" in given and any(value[name] is None for name in given["required"]):
        yield "required_keys"
    if "format" in given and given["format"] in ("i8", "u8"):
        low, high = (-128, 127) if given["format"] == "i8" else (0, 255)
        if not low <= value <= high:
            yield "format"


_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def _outside(prop: Mapping[str, Any], name: str, bound: Any, value: Any) -> bool:
    if isinstance(value, float):
        if math.isnan(value):
            return True
        if prop.get("physicalType") == "real" and isinstance(bound, float):
            bound = single(bound)
    elif isinstance(value, datetime):
        bound = datetime.fromisoformat(bound)
        if value.tzinfo and not bound.tzinfo:
            bound = bound.replace(tzinfo=UTC)
    elif isinstance(value, date):
        bound = date.fromisoformat(bound)
    elif isinstance(value, time):
        bound = time.fromisoformat(bound)
    elif isinstance(bound, float):
        value, bound = Fraction(value), Fraction(str(bound))
    return {
        "minimum": value < bound,
        "maximum": value > bound,
        "exclusiveMinimum": value <= bound,
        "exclusiveMaximum": value >= bound,
    }[name]


def _is_multiple(prop: Mapping[str, Any], value: Any, step: Fraction) -> bool:
    if not isinstance(value, float):
        return Fraction(value) % step == 0
    if not math.isfinite(value):
        return False
    near = round(Fraction(value) / step)
    candidates = [float((near + delta) * step) for delta in (-1, 0, 1)]
    if prop.get("physicalType") == "real":
        candidates = [single(candidate) for candidate in candidates]
    return value in candidates


def single(value: float) -> float:
    """The nearest single-precision number."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _same(value: Any, given: Any) -> bool:
    if isinstance(value, bool):
        return value is given
    if isinstance(value, (int, Decimal)):
        return Fraction(value) == Fraction(str(given))
    if isinstance(value, float):
        return value == given or (math.isnan(value) and given != given)
    if isinstance(value, datetime):
        stamp = datetime.fromisoformat(given)
        return value == (stamp.replace(tzinfo=UTC) if value.tzinfo else stamp)
    if isinstance(value, date):
        return value == date.fromisoformat(given)
    return bool(value == given)


def _key(value: Any) -> Any:
    """A hashable form in which equal values are equal: NaN is NaN, and zero has no sign."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value + 0.0
    if isinstance(value, dict):
        return tuple((name, _key(value[name])) for name in sorted(value))
    if isinstance(value, (list, tuple)):
        return tuple(map(_key, value))
    return value
