"""What facts tell of runs, kept as it grows: a fact is read once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from meshwright.model.address import major_of
from meshwright.model.publication import Fact
from meshwright.supervision.metamodel.column import Rows
from meshwright.supervision.metamodel.incident_log import RUN_ENDS, IncidentLog


@dataclass(frozen=True)
class Judged:
    """The service levels of the last publication of a product, as judged by its run."""

    at: str
    run: str
    levels: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Broken:
    """A recorded violation of a policy; `fixed_at` is None while it is open."""

    policy: str
    address: str
    severity: str
    reason: str
    first_seen: str
    fixed_at: str | None = None
    because: str | None = None


@dataclass(frozen=True)
class History:
    """Facts up to a sequence, as rows by relation; `started` are the runs that have not ended.

    `broken` are open violations by policy and address, `fixed` those that are gone.
    """

    last: int = 0
    tables: Mapping[str, pa.Table] = field(default_factory=dict, repr=False)
    started: Mapping[str, Fact] = field(default_factory=dict, repr=False)
    judged: Mapping[tuple[str, str], Judged] = field(default_factory=dict, repr=False)
    broken: Mapping[tuple[str, str], Broken] = field(default_factory=dict, repr=False)
    fixed: Sequence[Broken] = field(default=(), repr=False)
    log: IncidentLog = field(default_factory=IncidentLog, repr=False)

    def grown(
        self, batches: Iterable[Sequence[Fact]], makers: Mapping[str, Callable[[Rows], pa.Table]]
    ) -> History:
        """This and newer facts; `makers` make tables of the relations that are wanted."""
        last, started, judged = self.last, dict(self.started), dict(self.judged)
        broken, fixed = dict(self.broken), list(self.fixed)
        log = self.log.grown()
        chunks = {name: [table] for name, table in self.tables.items()}
        for facts in batches:
            rows: dict[str, dict[str, list[Any]]] = {}
            for fact in facts:
                last = fact.sequence
                log.take(fact)
                if fact.kind == "run.started":
                    started[str(fact.payload.get("run"))] = fact
                elif fact.kind in RUN_ENDS:
                    begun = started.pop(str(fact.payload.get("run")), None)
                    _add(rows, "runs", [run_row(begun, fact)])
                    _add(rows, "checks", _checks(fact))
                    if fact.payload.get("status") == "published":
                        levels = fact.payload.get("service_levels") or ()
                        judged[subject(fact)] = Judged(fact.at, str(fact.payload.get("run")), levels)
                elif fact.kind in VIOLATIONS:
                    follow_violation(fact, broken, fixed)
                if "facts" in makers:
                    _add(rows, "facts", [_fact_row(fact)])
            for name in rows.keys() & makers.keys():
                chunks.setdefault(name, []).append(makers[name](rows[name]))
        tables = {name: _one(each) for name, each in chunks.items()}
        return History(last, tables, started, judged, broken, fixed, log.done())


VIOLATIONS = ("policy.violated", "policy.fixed")
"""Kinds of facts about violations of policies."""


def follow_violation(fact: Fact, broken: dict[tuple[str, str], Broken], fixed: list[Broken]) -> None:
    """Take in what a fact tells of a violation: it was found, is told in other words, or is gone."""
    told = fact.payload
    key = (str(told.get("policy")), str(told.get("address")))
    known = broken.get(key)
    if fact.kind == "policy.violated":
        said = str(told.get("severity")), str(told.get("reason"))
        broken[key] = Broken(*key, *said, known.first_seen if known else fact.at)
    elif known is not None:
        del broken[key]
        fixed.append(replace(known, fixed_at=fact.at, because=str(told.get("because"))))


_MANY = 64
"""From how many chunks on a table is copied into one: each costs a little in every query."""


def _one(tables: Sequence[pa.Table]) -> pa.Table:
    table = pa.concat_tables(tables)
    many = table.num_columns and table.column(0).num_chunks > _MANY
    return table.combine_chunks() if many else table


def _add(rows: dict[str, dict[str, list[Any]]], relation: str, found: Iterable[Mapping[str, Any]]) -> None:
    for row in found:
        into = rows.setdefault(relation, {name: [] for name in row})
        for name, value in row.items():
            into[name].append(value)


def subject(fact: Fact) -> tuple[str, str]:
    """The domain and the product that a fact is about; the product is empty where it is about a domain."""
    domain, _, product = fact.subject.partition("/")
    return domain, product


def _fact_row(fact: Fact) -> dict[str, Any]:
    domain, product = subject(fact)
    of_domain = fact.subject != fact.environment or product
    return {
        "sequence": fact.sequence,
        "kind": fact.kind,
        "subject": fact.subject,
        "domain": domain if of_domain else None,
        "product": product or None,
        "at": fact.at,
        "payload": json.dumps(fact.payload, ensure_ascii=False, separators=(",", ":")),
        "hash": fact.hash,
    }


def run_row(begun: Fact | None, end: Fact | None) -> dict[str, Any]:
    """A run from the facts of its start and its end; one of them may be missing."""
    fact = end or begun
    assert fact is not None
    domain, product = subject(fact)
    told = end.payload if end is not None else {}
    error = told.get("error") or {}
    checks = told.get("checks") or ()
    cost = told.get("cost") or {}
    quarantined = (told.get("quarantined") or {}).values()
    died = end is not None and end.kind == "run.died"
    return {
        "run": str(fact.payload.get("run")),
        "domain": domain,
        "product": product,
        "status": "running" if end is None else "died" if died else told.get("status"),
        "reason": None if begun is None else begun.payload.get("reason"),
        "started_at": None if begun is None else begun.at,
        "ended_at": None if end is None else end.at,
        "publication": told.get("publication"),
        "error_kind": error.get("kind"),
        "error": error.get("what"),
        "checks_passed": told.get("passed"),
        "checks_failed": None if died or end is None else sum(c.get("status") == "fail" for c in checks),
        "checks_not_judged": (
            None if died or end is None else sum(c.get("status") in ("error", "skip") for c in checks)
        ),
        "quarantined_rows": sum(each.get("rows", 0) for each in quarantined) if told else None,
        "warnings": list(told.get("warnings") or ()),
        **{name: cost.get(name) for name in COSTS},
    }


COSTS: Mapping[str, str] = {
    "wall_seconds": "Seconds from start to end.",
    "cpu_seconds": "Seconds of processor time.",
    "peak_memory_bytes": "What the process that held most held at once.",
    "rows_read": "Rows read.",
    "bytes_read": "Bytes read.",
    "rows_written": "Rows written.",
    "bytes_written": "Bytes written.",
    "rows_stored": "Rows that the publication's objects have in storage.",
    "bytes_stored": "Bytes of them.",
}
"""What a run cost, by the names in its fact."""


def _checks(fact: Fact) -> Iterable[dict[str, Any]]:
    domain, product = subject(fact)
    for check in fact.payload.get("checks") or ():
        yield {
            "run": str(fact.payload.get("run")),
            "domain": domain,
            "product": product,
            "at": fact.at,
            "major": None if check.get("version") is None else major_of(check["version"]),
            **{name: check.get(name) for name in _TOLD},
        }


_TOLD = (
    "check",
    "port",
    "path",
    "object",
    "column",
    "kind",
    "status",
    "severity",
    "dimension",
    "expected",
    "observed",
    "rows",
    "how",
)
