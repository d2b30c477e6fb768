"""Service levels of a contract as checks (ODCS 3.2, "Service-Level Agreement").

Data can show three of the standard's service levels, where they name a date or a timestamp as
their `element`:

- `latency` (also `freshness`): the newest value is at most so old.
- `retention`: how long rows are kept, so no value is older than that. That rows are kept at least
  as long, data cannot show: a table may be younger than what it promises.
- `frequency`: new data come at least so often, so the newest value is at most so old; where a
  latency is promised for the same element, that much later.

A date stands for the whole of its day, a timestamp without a zone is in the property's
`defaultTimezone`, else in UTC. The other service levels speak of a running platform.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from meshwright.experience.contracts.durations import Duration, NoDuration, duration
from meshwright.experience.contracts.places import Place, classified_columns, locate
from meshwright.model.check import INFINITE, CheckSpec, Measure, Severity, Status
from meshwright.model.contract import Contract, ContractObject, ServiceLevel
from meshwright.model.types import TEMPORAL, column_type

SHOWN_BY_DATA = ("latency", "retention", "frequency")
"""The service levels that data can show."""

_SAME: dict[str, str] = {"freshness": "latency", "ly": "latency", "re": "retention", "fy": "frequency"}

_ELSEWHERE: dict[str, str] = {
    **dict.fromkeys(
        ("generalavailability", "ga", "endofsupport", "es", "endoflife", "el"),
        "it is a date of the product's life; rows do not show it",
    ),
}

_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning", "info": "info"}

_AHEAD = dt.timedelta(days=1)
"""So far ahead a clock or a zone may be; what is later does not tell when data came."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def service_level_checks(
    contract: Contract, objects: Collection[str] | None = None
) -> Iterator[tuple[ContractObject, CheckSpec]]:
    """One check per service level and element, below the object whose column it looks at.

    `objects` names those that there are data of (None: all). A service level that data cannot show is
    listed with the first of them.
    """
    there = [obj for obj in contract.objects if objects is None or obj.name in objects]
    if not there:
        return
    for index, level in enumerate(contract.service_levels):
        name = _name(level)
        elements = _elements(contract, level) if name in SHOWN_BY_DATA else []
        if not elements:
            spec = _listed(level, index, there[0], {"level": name, "skip": _reason(level, name)})
            yield there[0], spec
        for element in elements:
            obj, column = _object_of(contract, element)
            if obj is None or not column:
                yield (
                    there[0],
                    _listed(level, index, there[0], {"level": name, "error": _nowhere(contract, element)}),
                )
            elif objects is None or obj.name in objects:
                yield obj, _compiled(contract, level, index, name, obj, column)


def _name(level: ServiceLevel) -> str:
    lower = level.property.strip().lower()
    return _SAME.get(lower, lower)


def _reason(level: ServiceLevel, name: str) -> str:
    if name in SHOWN_BY_DATA:
        return f"the service level `{name}` names no `element`, a date or timestamp that shows it"
    return _ELSEWHERE.get(name, f"only facts of a running platform can show `{level.property}`")


def _elements(contract: Contract, level: ServiceLevel) -> list[str]:
    """The elements; `slaDefaultElement` (deprecated since ODCS 3.1) stands in for none."""
    given = level.element or contract.document.get("slaDefaultElement") or ""
    return [part.strip() for part in str(given).split(",") if part.strip()]


def _object_of(contract: Contract, element: str) -> tuple[ContractObject | None, str]:
    """The object of an element and the rest; the only object of a contract need not be named."""
    named = [
        (obj, element[len(name) + 1 :])
        for obj in contract.objects
        for name in dict.fromkeys((obj.name, obj.table))
        if element.startswith(f"{name}.")
    ]
    if named:
        return max(named, key=lambda found: len(element) - len(found[1]))
    return (contract.objects[0], element) if len(contract.objects) == 1 else (None, "")


def _nowhere(contract: Contract, element: str) -> str:
    known = ", ".join(obj.name for obj in contract.objects)
    return f"the element `{element}` is no column of {known}: write `object.column`"


def _listed(level: ServiceLevel, index: int, obj: ContractObject, arguments: dict[str, Any]) -> CheckSpec:
    declared = str(level.custom.get("severity") or "").lower()
    return CheckSpec(
        id=f"{obj.name}.slaProperties[{index}]",
        path=level.path,
        object=obj.name,
        kind="service_level",
        arguments={**arguments, "declared": declared in _SEVERITIES},
        severity=_SEVERITIES.get(declared, "error"),
        description=level.description or "",
        mergeable=False,
        schedule=level.schedule,
        scheduler=level.scheduler,
    )


def _compiled(
    contract: Contract, level: ServiceLevel, index: int, name: str, obj: ContractObject, column: str
) -> CheckSpec:
    place = locate(obj, column)
    if place is None:
        return _listed(
            level, index, obj, {"level": name, "error": f"`{obj.name}` has no property `{column}`"}
        )
    arguments: dict[str, Any] = {"level": name, "timezone": place.prop.options.get("defaultTimezone", "UTC")}
    declared = column_type(place.prop).kind
    if declared not in (*TEMPORAL, "any"):
        arguments["skip"] = f"`{place.name}` is declared {declared}; only a date or a timestamp shows an age"
    elif level.value_ext not in (None, 1, level.value):
        arguments["skip"] = f"the standard does not say what `valueExt` adds to a {name}; leave it out"
    else:
        try:
            arguments["age"] = _age(contract, level, name, obj, place)
        except NoDuration as wrong:
            arguments["error"] = str(wrong)
    arguments["end"] = "lowest" if name == "retention" else "highest"
    return replace(
        _listed(level, index, obj, arguments),
        column=place.column,
        steps=place.steps,
        withheld=classified_columns(obj),
    )


def _age(contract: Contract, level: ServiceLevel, name: str, obj: ContractObject, place: Place) -> Duration:
    """How old the value may be."""
    promised = duration(level.value, level.unit)
    if name != "frequency":
        return promised
    for other in contract.service_levels:
        if _name(other) == "latency":
            for element in _elements(contract, other):
                found, column = _object_of(contract, element)
                if found is obj and (there := locate(obj, column)) and there.path == place.path:
                    return promised + duration(other.value, other.unit)
    return promised


# --- verdicts


def level_rule(spec: CheckSpec) -> str:
    """What a service level expects, in words."""
    age = spec.arguments.get("age")
    name = spec.arguments.get("level")
    if age is None:
        return f"the service level `{name}`"
    if name == "retention":
        return f"no {spec.column} older than {age.text}"
    return f"the newest {spec.column} at most {age.text} old"


def judge_level(spec: CheckSpec, measure: Measure, now: dt.datetime | None) -> tuple[Status, str]:
    """The verdict on a service level at a moment, and what was observed.

    `measure.value` is the lowest or highest value (see `CheckSpec.arguments`: `end`) as microseconds since
    1970 in UTC, for values without a zone as if they were in UTC; `measure.found` is the column's type.
    """
    if now is None:
        return "error", "could not run: nobody told the time"
    name, age = spec.arguments["level"], spec.arguments["age"]
    if measure.value is None:
        if name == "retention":
            return "pass", "no values"
        return "skip", f"skipped: there is no {spec.column}, so nothing shows how old the data are"
    try:
        moment = _moment(measure, str(spec.arguments["timezone"]))
    except (ZoneInfoNotFoundError, ValueError):
        return "error", f"could not run: there is no time zone `{spec.arguments['timezone']}`"
    if name != "retention" and moment - now > _AHEAD:
        seen = _seen(spec, measure, moment, now)
        return "error", f"could not run: {seen} lies in the future, so it does not show when data came"
    if moment < age.before(now):
        return ("fail" if spec.severity == "error" else "warn"), _seen(spec, measure, moment, now)
    return "pass", _seen(spec, measure, moment, now)


def kept_until(spec: CheckSpec, measure: Measure, now: dt.datetime) -> dt.datetime | None:
    """Until when a service level that is kept at `now` stays so if nothing is published; None: for ever.

    Of a withheld value nothing can be told by it: the moment is that at which any value of `now` is too old.
    """
    if measure.value is None or spec.arguments.get("age") is None:
        return None
    moment = _moment(measure, str(spec.arguments["timezone"]))
    if moment.year in (1, 9999):
        return None
    if _is_withheld(spec):
        moment = now + _AHEAD if moment > now else now
    until: dt.datetime = spec.arguments["age"].after(moment)
    return until if until.year < 9999 else None


def published_until(contract: Contract, path: str, now: dt.datetime) -> tuple[str, dt.datetime] | None:
    """What a `frequency` without an element promises of publications, and until when one at `now` keeps it.

    None for other service levels, and for those that are no length of time.
    """
    for level in contract.service_levels:
        if level.path == path and _name(level) == "frequency" and not _elements(contract, level):
            try:
                promised = duration(level.value, level.unit, "day")
            except NoDuration:
                return None
            until = promised.after(now)
            return (promised.text, until) if promised.total_seconds and until.year < 9999 else None
    return None


def _is_withheld(spec: CheckSpec) -> bool:
    return (spec.steps[0][1] if spec.steps else spec.column) in spec.withheld


def _moment(measure: Measure, zone: str) -> dt.datetime:
    """The last moment that a value can stand for."""
    if abs(measure.value) >= INFINITE:
        return (dt.datetime.max if measure.value > 0 else dt.datetime.min).replace(tzinfo=dt.UTC)
    try:
        moment = _EPOCH + dt.timedelta(microseconds=measure.value)
        if measure.found == "date":
            moment += dt.timedelta(days=1)
        if measure.found != "timestamptz":
            moment = moment.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(dt.UTC)
    except OverflowError:
        return (dt.datetime.max if measure.value > 0 else dt.datetime.min).replace(tzinfo=dt.UTC)
    return moment


def _seen(spec: CheckSpec, measure: Measure, moment: dt.datetime, now: dt.datetime) -> str:
    which = "oldest" if spec.arguments["end"] == "lowest" else "newest"
    if _is_withheld(spec):
        return f"the {which} value, which is withheld"
    if moment.year in (1, 9999):
        return f"{which} {'infinity' if moment.year == 9999 else '-infinity'}"
    if measure.found == "date":
        shown = (_EPOCH + dt.timedelta(microseconds=measure.value)).date().isoformat()
    else:
        shown = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"{which} {shown}, {_spoken(now - moment)}"


def _spoken(age: dt.timedelta) -> str:
    """An age for people, in its two largest units."""
    if age < dt.timedelta(0):
        return "not past yet"
    minutes = int(age.total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days:,} d {hours} h ago"
    return f"{hours} h {minutes} min ago" if hours else f"{minutes} min ago"
