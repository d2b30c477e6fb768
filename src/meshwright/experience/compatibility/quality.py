"""Changes of quality rules, relationships and service levels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from meshwright.experience.compatibility.kinds import ContractChange, change
from meshwright.experience.compatibility.thresholds import in_words, stricter_or_equal
from meshwright.model.contract import ContractObject, QualityRule, Relationship, ServiceLevel

_SEVERITY = {"info": 0, "warning": 1, "error": 2}


def compare_rules(
    old: Sequence[QualityRule], new: Sequence[QualityRule], obj: str | None, column: str | None
) -> Iterator[ContractChange]:
    """The changes of one list of quality rules.

    A rule is recognised by its id, else by its name, else by what it measures.
    """
    before, after = _by_identity(old), _by_identity(new)
    for key, rule in before.items():
        if key not in after:
            yield _rule_gone(rule, obj, column)
        else:
            yield from _rule_pair(rule, after[key], obj, column)
    for key, rule in after.items():
        if key not in before:
            yield change(
                "quality_tightened", obj, column, f"{_called(rule)} is new", new=in_words(rule.threshold)
            )


def _rule_gone(rule: QualityRule, obj: str | None, column: str | None) -> ContractChange:
    promised = rule.type != "text" and _severity(rule) == 2
    return change(
        "quality_loosened", obj, column,
        f"{_called(rule)} is gone" + ("" if promised else ", which only advised"),
        in_words(rule.threshold), breaking=promised,
    )  # fmt: skip


def _rule_pair(
    old: QualityRule, new: QualityRule, obj: str | None, column: str | None
) -> Iterator[ContractChange]:
    promised = old.type != "text" and _severity(old) == 2
    if _measured(old) != _measured(new):
        yield change(
            "quality_changed", obj, column, f"{_called(new)} measures something else",
            _measured_in_words(old), _measured_in_words(new), breaking=promised,
        )  # fmt: skip
        return
    if _severity(old) != _severity(new):
        worse = _severity(new) < _severity(old)
        yield change(
            "quality_loosened" if worse else "quality_tightened", obj, column,
            f"the severity of {_called(new)} was {old.severity} and is {new.severity} now",
            old.severity, new.severity, breaking=promised and worse,
        )  # fmt: skip
    if old.threshold == new.threshold:
        return
    tighter = old.threshold is None or (
        new.threshold is not None
        and stricter_or_equal(new.threshold, old.threshold, counts=old.type == "library")
    )
    before, after = in_words(old.threshold), in_words(new.threshold)
    yield change(
        "quality_tightened" if tighter else "quality_loosened", obj, column,
        f"{_called(new)} was {before} and is {after} now", before, after,
        breaking=promised and not tighter,
    )  # fmt: skip


def _by_identity(rules: Iterable[QualityRule]) -> Mapping[tuple[Any, ...], QualityRule]:
    found: dict[tuple[Any, ...], QualityRule] = {}
    for rule in rules:
        name = rule.id or rule.name
        key: tuple[Any, ...] = ("named", name) if name else (*_measured(rule),)
        count = 0
        while (*key, count) in found:
            count += 1
        found[*key, count] = rule
    return found


def _measured(rule: QualityRule) -> tuple[str, ...]:
    """What a rule measures, as comparable text; the words of a text rule are what it says."""
    said = rule.description or "" if rule.type == "text" else ""
    query = " ".join((rule.query or "").split())
    arguments = repr(sorted((key, _frozen(value)) for key, value in rule.arguments.items()))
    return (
        rule.type,
        rule.metric or "",
        query,
        rule.engine or "",
        repr(_frozen(rule.implementation)),
        arguments,
        said,
    )


def _measured_in_words(rule: QualityRule) -> str:
    arguments = f" {dict(rule.arguments)}" if rule.arguments else ""
    return f"{rule.metric or rule.query or rule.implementation or rule.description or rule.type}{arguments}"


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), _frozen(each)) for key, each in value.items()))
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else repr(value)


def _called(rule: QualityRule) -> str:
    name = rule.id or rule.name or rule.metric or rule.type
    return f"the quality rule `{name}`"


def _severity(rule: QualityRule) -> int:
    return _SEVERITY.get(rule.severity.lower(), 2)


def compare_relationships(old: ContractObject, new: ContractObject) -> Iterator[ContractChange]:
    """Foreign keys that came or went, of the object and of its columns."""
    before, after = _relationships(old), _relationships(new)
    for key in sorted(before - after):
        columns, target = key
        yield change(
            "relationship_removed", old.table, None,
            f"`{', '.join(columns)}` no longer refers to {target}", target, columns=columns,
        )  # fmt: skip
    for key in sorted(after - before):
        columns, target = key
        yield change(
            "relationship_added", old.table, None,
            f"`{', '.join(columns)}` refers to {target}", new=target, columns=columns,
        )  # fmt: skip


def _relationships(obj: ContractObject) -> set[tuple[tuple[str, ...], str]]:
    found: list[Relationship] = list(obj.relationships)
    for prop in obj.properties:
        found.extend(prop.relationships)
    return {
        (
            each.from_,
            (f"{each.to_contract}#" if each.to_contract else "") + f"{each.to_object}({', '.join(each.to)})",
        )
        for each in found
    }


# --- service levels

_MORE_IS_BETTER = frozenset({"availability", "throughput", "retention", "endofsupport", "endoflife"})
_LESS_IS_BETTER = frozenset(
    {
        "latency",
        "freshness",
        "frequency",
        "errorrate",
        "generalavailability",
        "timetodetect",
        "timetonotify",
        "timetorepair",
    }
)
_SECONDS: Mapping[str, float] = {
    "ms": 0.001, "millisecond": 0.001, "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "d": 86400, "day": 86400, "w": 604800, "week": 604800,
    "month": 2629800, "y": 31557600, "yr": 31557600, "year": 31557600,
}  # fmt: skip


def compare_service_levels(
    old: Sequence[ServiceLevel], new: Sequence[ServiceLevel]
) -> Iterator[ContractChange]:
    """The changes of service levels; one is recognised by its name, element and driver."""
    before, after = _levels(old), _levels(new)
    for key, level in before.items():
        name = _level_name(level)
        if key not in after:
            yield change("service_level_loosened", None, None, f"{name} is promised no more", level.value)
            continue
        other = after[key]
        if (level.value, level.unit) == (other.value, other.unit):
            continue
        words = f"{name} was {_amount(level)} and is {_amount(other)} now"
        better = _better(level, other)
        if better is None:
            yield change("service_level_changed", None, None, words, _amount(level), _amount(other))
        else:
            kind = "service_level_tightened" if better else "service_level_loosened"
            yield change(kind, None, None, words, _amount(level), _amount(other))
    for key, level in after.items():
        if key not in before:
            yield change(
                "service_level_tightened", None, None, f"{_level_name(level)} is promised now",
                new=_amount(level),
            )  # fmt: skip


def _levels(levels: Iterable[ServiceLevel]) -> Mapping[tuple[Any, ...], ServiceLevel]:
    found: dict[tuple[Any, ...], ServiceLevel] = {}
    for level in levels:
        key: tuple[Any, ...] = (level.property, level.element or "", level.driver or "")
        count = 0
        while (*key, count) in found:
            count += 1
        found[*key, count] = level
    return found


def _better(old: ServiceLevel, new: ServiceLevel) -> bool | None:
    """Whether a level promises at least as much as before; None when its name says nothing of that.

    What cannot be compared is taken for worse.
    """
    if old.property not in _MORE_IS_BETTER | _LESS_IS_BETTER:
        return None
    before, after = _size(old), _size(new)
    if before is None or after is None or before[1] != after[1]:
        return False
    more = after[0] >= before[0]
    less = after[0] <= before[0]
    return bool(more if old.property in _MORE_IS_BETTER else less)


def _size(level: ServiceLevel) -> tuple[Any, str] | None:
    """A value that can be compared with another of the same measure."""
    value: Any = level.value
    unit = (level.unit or "").lower()
    if isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}", value):
        return value, "moment"
    if isinstance(value, str) and re.match(r"\s*-?\d+(\.\d+)?\s*%?\s*\Z", value):
        value, unit = float(value.strip().rstrip("% ")), "%" if "%" in value else unit
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    seconds = _SECONDS.get(unit) or _SECONDS.get(unit.removesuffix("s"))
    if seconds is not None:
        return value * seconds, "seconds"
    return value, "%" if unit in ("percent", "%") else unit


def _level_name(level: ServiceLevel) -> str:
    return f"`{level.property}`" + (f" of {level.element}" if level.element else "")


def _amount(level: ServiceLevel) -> str:
    return f"{level.value}{f' {level.unit}' if level.unit else ''}"
