"""What policies and waivers together make of a mesh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.model.policy import MESH, Moment, Policy, PolicySet, Waiver, read_set
from meshwright.provisioning.registry import AppliedPolicies
from meshwright.supervision.policy.engine import SECONDS, Failure, Judgement, Violation, judge, relations_read

if TYPE_CHECKING:
    from meshwright.provisioning.tables import Tables

_ADDRESSED = ("domains", "products", "ports", "objects", "columns")
"""Tables of what a waiver may be for."""


@dataclass(frozen=True, slots=True)
class WrongWaiver:
    """A waiver of something that does not exist."""

    waiver: Waiver
    message: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.waiver.file}: {self.message} ({self.way_out})"


@dataclass(frozen=True, slots=True)
class Assessment:
    """Violations, which of them are waived, and what could not be judged."""

    policies: Mapping[str, Policy]
    violations: tuple[Violation, ...] = ()
    waived: Mapping[tuple[str, str], Waiver] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    wrong_waivers: tuple[WrongWaiver, ...] = ()
    judged: frozenset[str] = frozenset()

    def waiver(self, violation: Violation) -> Waiver | None:
        """The waiver that covers a violation, if any does today."""
        return self.waived.get((violation.policy, violation.address))

    @property
    def biting(self) -> tuple[Violation, ...]:
        """The violations that no waiver covers."""
        return tuple(each for each in self.violations if self.waiver(each) is None)


def sets_of(applied: Iterable[AppliedPolicies]) -> tuple[PolicySet, ...]:
    """Stored policies and waivers, read."""
    return tuple(read_set(each.owner, each.repository, each.document) for each in applied)


def policies_of(sets: Iterable[PolicySet], when: Iterable[Moment] | None = None) -> tuple[Policy, ...]:
    """The policies of some sets that are judged at one of these moments, or at any."""
    wanted = None if when is None else set(when)
    return tuple(
        policy
        for each in sets
        for policy in each.policies
        if wanted is None or not wanted.isdisjoint(policy.when)
    )


def relations_for(sets: Sequence[PolicySet], policies: Iterable[Policy]) -> frozenset[str]:
    """The tables of the mesh that assessing takes."""
    addressed = _ADDRESSED if any(each.waivers for each in sets) else ()
    return relations_read(policies).union(addressed)


def assess(
    sets: Sequence[PolicySet],
    policies: Sequence[Policy],
    tables: Mapping[str, pa.Table],
    engine: Tables,
    mesh: str,
    today: str,
    seconds: float = SECONDS,
) -> Assessment:
    """Judge `policies` of `sets`, and apply the waivers that hold `today` (ISO 8601).

    A waiver of the mesh covers any policy, one of a domain those of that domain. Policies in another
    scope than their owner's count where they say.
    """
    judgement: Judgement = judge(policies, tables, engine, mesh, seconds)
    waivers = [waiver for each in sets for waiver in each.waivers]
    wrong = _wrong(waivers, sets, tables) if waivers else ()
    faulty = {id(each.waiver) for each in wrong}
    holding: dict[str, list[Waiver]] = {}
    for waiver in waivers:
        if not waiver.expired(today) and id(waiver) not in faulty:
            holding.setdefault(waiver.policy, []).append(waiver)
    waived = {}
    for violation in judgement.violations if holding else ():
        found = [w for w in holding.get(violation.policy, ()) if w.covers(violation.address)]
        if found:
            waived[violation.policy, violation.address] = max(found, key=lambda w: w.expires)
    return Assessment(
        {policy.name: policy for policy in policies},
        judgement.violations,
        waived,
        judgement.failures,
        tuple(wrong),
        judgement.judged,
    )


def _wrong(
    waivers: Sequence[Waiver], sets: Sequence[PolicySet], tables: Mapping[str, pa.Table]
) -> Sequence[WrongWaiver]:
    known = {policy.name: policy for each in sets for policy in each.policies}
    addresses = _known_addresses([waiver.address for waiver in waivers], tables)
    found = []
    for waiver in waivers:
        policy = known.get(waiver.policy)
        if policy is None:
            close = get_close_matches(waiver.policy, list(known), 1)
            hint = f"did you mean `{close[0]}`?" if close else "remove the waiver"
            found.append(WrongWaiver(waiver, f"there is no policy `{waiver.policy}`", hint))
        elif waiver.owner not in (MESH, policy.owner):
            hint = "only a waiver of the mesh waives a policy of the mesh"
            found.append(WrongWaiver(waiver, f"`{waiver.policy}` is no policy of `{waiver.owner}`", hint))
        elif waiver.address not in addresses:
            hint = "name a domain, product, port, object or column, or remove the waiver"
            found.append(WrongWaiver(waiver, f"there is nothing at {waiver.address}", hint))
    return found


def _known_addresses(asked: Sequence[str], tables: Mapping[str, pa.Table]) -> frozenset[str]:
    wanted = pa.array(sorted(set(asked)), pa.string())
    found: set[str] = set()
    for name in _ADDRESSED:
        if name in tables:
            present = pc.is_in(wanted, value_set=tables[name]["address"].combine_chunks())
            found.update(wanted.filter(present).to_pylist())
    return frozenset(found)
