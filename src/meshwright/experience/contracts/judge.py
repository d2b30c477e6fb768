"""Verdicts: what was measured against what a contract expects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from meshwright.experience.contracts.service_levels import judge_level
from meshwright.experience.contracts.wording import expectation, spoken
from meshwright.model.check import CheckResult, CheckSpec, Measure, Status
from meshwright.model.operators import percentage, satisfied
from meshwright.model.printable import printable


def judge(spec: CheckSpec, measure: Measure, now: dt.datetime | None = None) -> CheckResult:
    """The verdict on one check.

    A threshold that is not met is `fail` for severity error, and `warn` for warning and info. A
    check that could not be computed is `error`, whatever its severity; one that was left out is
    `skip`. Service levels are judged as of `now`, and are an error where that is not told.
    """
    if measure.error is not None:
        return CheckResult(spec, "error", expectation(spec), f"could not run: {measure.error}", measure)
    if measure.skip is not None:
        return CheckResult(spec, "skip", expectation(spec), f"skipped: {measure.skip}", measure)
    if spec.kind == "service_level":
        verdict, observed = judge_level(spec, measure, now)
        return CheckResult(spec, verdict, expectation(spec), observed, measure)
    status: Status = "pass"
    if not satisfied(spec.threshold, measure.value, measure.rows):
        status = "fail" if spec.severity == "error" else "warn"
    return CheckResult(spec, status, expectation(spec), observation(spec, measure), measure)


def judge_all(
    specs: Iterable[CheckSpec], measures: Mapping[str, Measure], now: dt.datetime | None = None
) -> tuple[CheckResult, ...]:
    """The verdicts on all checks; one that nobody measured is an error, never a pass."""
    unmeasured = Measure(error="no engine measured it")
    return tuple(judge(spec, measures.get(spec.id, unmeasured), now) for spec in specs)


def observation(spec: CheckSpec, measure: Measure) -> str:
    """What was measured, in words."""
    if spec.kind == "present":
        return measure.found or "no such column" if measure.value else "there"
    if spec.kind == "custom":
        return measure.found or "not met"
    if spec.kind == "type":
        fit = f"{spoken(measure.value)} of {_rows(measure.rows)} hold another"
        return fit if measure.found is None else f"type {measure.found}"
    if spec.kind == "sql":
        hidden = spec.withheld and not _plain_number(measure.value)
        return "a value that is withheld" if hidden else spoken(measure.value)
    if spec.arguments.get("metric") == "rowCount":
        return _rows(measure.value)
    of_all = f"{spoken(measure.value)} of {_rows(measure.rows)}"
    if spec.threshold.unit == "percent":
        return f"{float(percentage(measure.value, measure.rows)):.4g} % ({of_all})"
    return of_all


def summary(result: CheckResult) -> str:
    """A result for people: rule, observed against expected, and up to five failing rows."""
    about = result.spec.id
    if result.spec.description:
        about = f"{about} ({_brief(result.spec.description)})"
    first = printable(f"{about}: expected {result.expected}; observed {result.observed}")
    return "\n".join((first, *(f"    {line}" for line in failing_rows(result))))


def failing_rows(result: CheckResult) -> tuple[str, ...]:
    """The failing rows in words, one or a few a line, and which columns are withheld from them."""
    lines = []
    samples = result.measure.samples[:5]
    if {len(sample) for sample in samples} == {1}:
        lines.append(", ".join(f"{name}={shown(v)}" for sample in samples for name, v in sample.items()))
    else:
        for sample in samples:
            lines.append(", ".join(f"{name}={shown(value)}" for name, value in sample.items()))
    hidden = withheld(result)
    if hidden:
        lines.append(f"values of {', '.join(hidden)} are withheld: classified")
    return tuple(map(printable, lines))


def withheld(result: CheckResult) -> tuple[str, ...]:
    """The classified columns that the failing rows of a result would show."""
    if result.status not in ("fail", "warn"):
        return ()
    return tuple(name for name in _involved(result) if name in result.spec.withheld)


def value_of(result: CheckResult) -> Any:
    """The measured value: rows that break the rule, the count of rows, or what a query returned.

    None where nothing was measured, and where a query may have returned classified values.
    """
    spec, value = result.spec, result.measure.value
    if result.status in ("skip", "error"):
        return None
    if spec.kind == "sql" and spec.withheld and not _plain_number(value):
        return None
    return value


def _plain_number(value: Any) -> bool:
    return value is None or isinstance(value, (int, float, Decimal))


def _brief(description: str) -> str:
    """The first sentence of a description, at most its first dozen words or so."""
    sentence = " ".join(description.split()).split(". ")[0].rstrip(".")
    return sentence if len(sentence) <= 70 else sentence[:66].rsplit(" ", 1)[0].rstrip(",;:") + " ..."


def _involved(result: CheckResult) -> tuple[str, ...]:
    """The top-level columns whose values a failing row of this check would show."""
    spec = result.spec
    paths = [*spec.arguments.get("paths", ()), *spec.arguments.get("from", ())]
    own = [spec.steps[0][1]] if spec.steps else [spec.column] if spec.column else []
    named = [path[0][1] for path in paths] or own
    of_schema = spec.kind == "present" or (spec.kind == "type" and result.measure.found is not None)
    of_rows = spec.kind not in ("sql", "service_level", "custom")
    if of_schema or not of_rows or spec.arguments.get("metric") == "rowCount":
        return ()
    return tuple(dict.fromkeys((*spec.key, *named)))


def _rows(count: Any) -> str:
    return f"{spoken(count)} row" if count == 1 else f"{spoken(count)} rows"


def shown(value: Any) -> str:
    """A value of a failing row: texts are quoted."""
    return "null" if value is None else repr(value) if isinstance(value, str) else str(value)
