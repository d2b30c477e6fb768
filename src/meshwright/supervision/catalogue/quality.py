"""Whether a product keeps its promises: now, and run by run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.rows import Row

SHOWN_RUNS = 40
"""How many runs the course of time shows."""


@dataclass(frozen=True, slots=True)
class JudgedRun:
    """A run that has ended, and what it found: counts of checks, and verdicts by service level."""

    run: str
    status: str
    at: datetime | None
    passed: int
    failed: int
    not_judged: int
    levels: Mapping[tuple[str, int, str], str]


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """A service level of an output port with its verdicts in the runs that are shown, oldest first."""

    row: Row
    verdicts: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Quality:
    """What was promised and found. `runs` are the newest, oldest first; `last` is the newest of them.

    `problems` are the checks of the last run that did not pass; `not_judged` those that nothing could tell.
    `rules` are the declared rules of output ports.
    """

    runs: Sequence[JudgedRun]
    last: JudgedRun | None
    problems: Sequence[Row]
    not_judged: Sequence[Row]
    levels: Sequence[ServiceLevel]
    rules: Sequence[Row]


def quality(catalogue: Catalogue, domain: str, product: str) -> Quality:
    """The quality of a product's data over time."""
    runs = judged_runs(catalogue, domain, product)
    last = runs[-1] if runs else None
    checks = [row for row in catalogue.of("checks", domain, product) if last and row["run"] == last.run]
    order = {"fail": 0, "warn": 1, "error": 2, "skip": 3}
    checks.sort(key=lambda row: (order.get(row["status"], 4), row["severity"] != "error"))
    levels = [
        ServiceLevel(row, [run.levels.get((row["port"], row["major"], row["path"])) for run in runs])
        for row in catalogue.of("slo_status", domain, product)
    ]
    return Quality(
        runs=runs,
        last=last,
        problems=[row for row in checks if row["status"] in ("fail", "warn", "error")],
        not_judged=[row for row in checks if row["status"] == "skip"],
        levels=levels,
        rules=[row for row in catalogue.of("quality", domain, product) if row["binding"] == "output"],
    )


def judged_runs(catalogue: Catalogue, domain: str, product: str) -> Sequence[JudgedRun]:
    """The newest runs that have ended, oldest first."""
    runs = [row for row in catalogue.of("runs", domain, product) if row["status"] != "running"]
    runs = runs[-SHOWN_RUNS:]
    levels = _levels(catalogue, domain, product)
    return [
        JudgedRun(
            run=row["run"],
            status=row["status"],
            at=row["ended_at"] or row["started_at"],
            passed=row["checks_passed"] or 0,
            failed=row["checks_failed"] or 0,
            not_judged=row["checks_not_judged"] or 0,
            levels=levels.get(row["run"], {}),
        )
        for row in runs
    ]


_VERDICTS = {"pass": "kept", "fail": "broken", "warn": "broken"}


def _levels(
    catalogue: Catalogue, domain: str, product: str
) -> Mapping[str, Mapping[tuple[str, int, str], str]]:
    """By run, the verdict on each service level; the worst of several elements."""
    facts = catalogue.index("facts").table(domain, product)
    kinds, payloads = facts["kind"].to_pylist(), facts["payload"]
    ends = [place for place, kind in enumerate(kinds) if kind == "run.finished"][-SHOWN_RUNS:]
    found: dict[str, dict[tuple[str, int, str], str]] = {}
    for place in ends:
        payload: dict[str, Any] = json.loads(payloads[place].as_py())
        verdicts = found.setdefault(str(payload.get("run")), {})
        for level in payload.get("service_levels") or ():
            major = str(level.get("version") or "0").split(".")[0]
            key = (level.get("port"), int(major) if major.isdigit() else 0, level.get("path"))
            verdict = _VERDICTS.get(level.get("status"), "unknown")
            known = verdicts.get(key)
            if known is None or verdict == "broken" or known == "unknown":
                verdicts[key] = verdict
    return found
