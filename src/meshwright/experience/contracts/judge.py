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
        return f"type {measure.found}"
    if spec.kind == "sql":
        plain = measure.value is None or isinstance(measure.value, (int, float, Decimal))
        return "a value that is withheld" if spec.withheld and not plain else spoken(measure.value)
    if spec.arguments.get("metric") == "rowCount":
        return _rows(measure.value)
    of_all = f"{spoken(measure.value)} of {_rows(measure.rows)}"
    if spec.threshold.unit == "percent":
        return f"{float(percentage(measure.value, measure.rows)):.4g} % ({of_all})"
    return of_all


def summary(result: CheckResult) -> str:
    """A result for people: rule, observed against expected, and up to five failing rows."""
    spec = result.spec
    about = spec.id if not spec.description else f"{spec.id} ({_brief(spec.description)})"
    lines = [f"{about}: expected {result.expected}; observed {result.observed}"]
    samples = result.measure.samples[:5]
    if {len(sample) for sample in samples} == {1}:
        shown = (f"{name}={_shown(value)}" for sample in samples for name, value in sample.items())
        lines.append("    " + ", ".join(shown))
    else:
        for sample in samples:
            lines.append("    " + ", ".join(f"{name}={_shown(value)}" for name, value in sample.items()))
    hidden = [name for name in _involved(spec) if name in spec.withheld]
    if hidden and result.status in ("fail", "warn"):
        lines.append(f"    values of {', '.join(hidden)} are withheld: classified")
    return "\n".join(lines)


def _brief(description: str) -> str:
    """The first sentence of a description, at most its first dozen words or so."""
    sentence = " ".join(description.split()).split(". ")[0].rstrip(".")
    return sentence if len(sentence) <= 70 else sentence[:66].rsplit(" ", 1)[0].rstrip(",;:") + " ..."


def _involved(spec: CheckSpec) -> tuple[str, ...]:
    """The top-level columns whose values a failing row of this check would show."""
    paths = [*spec.arguments.get("paths", ()), *spec.arguments.get("from", ())]
    own = [spec.steps[0][1]] if spec.steps else [spec.column] if spec.column else []
    named = [path[0][1] for path in paths] or own
    if (
        spec.kind in ("present", "type", "sql", "service_level", "custom")
        or spec.arguments.get("metric") == "rowCount"
    ):
        return ()
    return tuple(dict.fromkeys((*spec.key, *named)))


def _rows(count: Any) -> str:
    return f"{spoken(count)} row" if count == 1 else f"{spoken(count)} rows"


def _shown(value: Any) -> str:
    return "null" if value is None else repr(value) if isinstance(value, str) else str(value)
