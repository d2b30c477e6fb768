"""Verification: the candidate, as consumers would see it, against its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from meshwright.errors import ChecksFailed
from meshwright.experience.contracts.compile import compile_contract
from meshwright.experience.contracts.custom import measure_custom
from meshwright.experience.contracts.judge import judge, summary
from meshwright.experience.contracts.service_levels import kept_until, published_until
from meshwright.experience.contracts.surroundings import relations_of, surroundings
from meshwright.experience.runs.context import iso
from meshwright.model.check import CheckResult, CheckSpec
from meshwright.model.contract import Contract
from meshwright.model.mesh import Mesh
from meshwright.model.product import OutputPort, Product
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Counts, CustomEngine, Session
from meshwright.provisioning.registry import Registry

Produced = Mapping[tuple[str, str, str], Mapping[str, ColumnType]]
"""What each model returned, by (port name, port version, object): names and types before storing."""


@dataclass
class RunCounts:
    """See `provisioning.ports.Counts`: what the registry remembers, and what this run found.

    A file's path is its identity: the warehouse never writes one twice. What was found is kept
    when the run publishes, with the files that it was found in.
    """

    registry: Registry
    found: dict[tuple[str, str], int] = field(default_factory=dict)

    def recall(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """See `provisioning.ports.Counts`."""
        return self.registry.recall_counts(keys)

    def keep(self, counts: Mapping[tuple[str, str], int]) -> None:
        """See `provisioning.ports.Counts`."""
        self.found.update(counts)

    def of(self, paths: Iterable[str]) -> Mapping[tuple[str, str], int]:
        """What was found in these files."""
        kept = frozenset(paths)
        return {key: count for key, count in self.found.items() if key[0] in kept}


@dataclass(frozen=True, slots=True)
class CustomRules:
    """What custom rules are run with: their engines, and a folder of the run."""

    engines: Mapping[str, CustomEngine]
    folder: Path


Results = Mapping[tuple[str, str], list[CheckResult]]
"""Verdicts by the name and version of their output port."""


def verify(
    session: Session,
    product: Product,
    mesh: Mesh,
    produced: Produced,
    now: dt.datetime,
    custom: CustomRules,
    counts: Counts | None = None,
) -> Results:
    """Judge every object of every output port, as of `now`; the session offers them as `object_relation`."""
    around = surroundings(product, mesh)
    return {
        (port.name, port.version): verify_port(session, port, produced, around, now, custom, counts)
        for port in product.outputs
    }


def verify_port(
    session: Session,
    port: OutputPort,
    produced: Produced,
    around: Mapping[str, str],
    now: dt.datetime,
    custom: CustomRules,
    counts: Counts | None = None,
) -> list[CheckResult]:
    """Judge every object of one port.

    A service level warns, unless the contract gives it a severity: a run that builds what its sources
    have is not at fault when they are late, and consumers are better served than not.
    """
    contract = port.contract
    if contract is None:
        return []
    relations = relations_of(port, around)
    by_object: dict[str, list[CheckSpec]] = {}
    for spec in compile_contract(contract, relations.keys()):
        if spec.kind == "service_level" and not spec.arguments["declared"]:
            spec = replace(spec, severity="warning")
        by_object.setdefault(spec.object, []).append(spec)
    results: list[CheckResult] = []
    for name, specs in by_object.items():
        obj = contract.find(name)
        columns = produced.get((port.name, port.version, obj.table)) if obj else None
        measures = {
            **session.measure(relations[name], specs, relations, columns, counts),
            **measure_custom(specs, session, relations[name], custom.engines, custom.folder),
        }
        verdicts = (judge(spec, measures[spec.id], now) for spec in specs)
        results += [replace(verdict, port=port.name, version=port.version) for verdict in verdicts]
    return results


def verdicts_on_service_levels(
    product: Product, results: Results, now: dt.datetime
) -> tuple[Mapping[str, Any], ...]:
    """What a fact keeps of service levels: the verdicts of all, those that passed included.

    `kept_until` says when one that is kept at `now` breaks if nothing is published until then. A
    `frequency` that names no element is kept by publishing.
    """
    return tuple(
        {
            "port": port.name,
            "version": port.version,
            "contract_version": port.contract.version,
            "path": result.spec.path,
            **_verdict(port.contract, result, now),
        }
        for port in product.outputs
        if port.contract is not None
        for result in results.get((port.name, port.version), ())
        if result.spec.kind == "service_level"
    )


def _verdict(contract: Contract, result: CheckResult, now: dt.datetime) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "status": result.status,
        "expected": result.expected,
        "observed": result.observed,
    }
    until = None
    if result.status == "pass":
        until = kept_until(result.spec, result.measure, now)
    elif result.status == "skip" and (publishing := published_until(contract, result.spec.path, now)):
        every, until = publishing
        found = {"status": "pass", "expected": f"published every {every}", "observed": "published"}
    return found if until is None else {**found, "kept_until": iso(until)}


def stop_on_failure(product: Product, results: Sequence[CheckResult], notes: Sequence[str] = ()) -> None:
    """Let only a candidate pass that breaks no check of severity error.

    Raises:
        ChecksFailed: some did; the text has each rule, observed against expected, failing keys, and `notes`.
    """
    failed = [result for result in results if result.stops]
    if not failed:
        return
    count = f"{len(failed)} of {len(results)} checks"
    raise ChecksFailed(
        f"{product.key} was not published: {count} failed\n" + "\n".join([*map(summary, failed), *notes]),
        results,
        way_out="correct the data or the model and run again; consumers still read the last publication",
    )
