"""Policies judge a plan: by the tables of the mesh as the plan would make it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from meshwright.errors import Problem
from meshwright.model.address import ProductKey
from meshwright.model.policy import MESH, PolicySet, Verdict, domain_of, product_of
from meshwright.model.product import Bundle
from meshwright.provisioning.registry import AppliedPolicies
from meshwright.provisioning.tables import AppliedProduct, Proposal, Reading, Tables
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.policy.assess import (
    Assessment,
    assess,
    policies_of,
    relations_for,
    sets_of,
)
from meshwright.supervision.policy.engine import Violation

COLUMN_EDGES = "column_edges"


@dataclass(frozen=True)
class PlanJudge:
    """Judges proposals for one environment; `today` is a day, ISO 8601.

    `lineages` works out the column lineage of products as a plan would apply them; it is asked only
    where a policy reads that.
    """

    mesh: str
    reading: Callable[[], AbstractContextManager[Reading]]
    engine: Callable[[], Tables]
    today: str
    lineages: Callable[[Sequence[Bundle]], Mapping[ProductKey, str]]

    def __call__(self, proposal: Proposal) -> tuple[Sequence[Verdict], Sequence[Problem]]:
        """What the policies say of what a proposal changes or causes, and what could not be judged.

        A violation counts where the proposal touches the product or domain, or where there was none
        before. What was broken before, elsewhere, is told as a number: a plan answers for what it
        changes. Policies and waivers that are wrong are errors in the tree that declares them.
        """
        after = {owner: each for owner, each in proposal.policies_after.items() if each is not None}
        if not after or proposal.empty:
            return (), ()
        sets = sets_of(after.values())
        policies = policies_of(sets, ("plan",))
        before = sets_of(proposal.policies_before.values())
        names = relations_for((*sets, *before), (*policies, *policies_of(before, ("plan",))))
        with self.reading() as reading:
            base = MeshTables.empty(self.mesh, names).refreshed(reading)
        lineages = self.lineages(proposal.bundles) if COLUMN_EDGES in names else {}
        laid = base.overlaid(
            [AppliedProduct.of(bundle, lineages.get(bundle.key)) for bundle in proposal.bundles],
            proposal.removed,
            proposal.domains,
            {owner: after.get(owner) for owner in {*after, *proposal.policies_before}},
        )
        found = assess(sets, policies, laid.tables, self.engine(), self.mesh, self.today)
        counted = _Counted(proposal, found, lambda names: self._before(before, names, base))
        verdicts = [_verdict(each, found) for each in counted.new]
        return verdicts, [*_problems(found, after, proposal), *counted.known]

    def _before(self, sets: Sequence[PolicySet], names: Collection[str], base: MeshTables) -> Assessment:
        policies = [policy for policy in policies_of(sets, ("plan",)) if policy.name in names]
        return assess(sets, policies, base.tables, self.engine(), self.mesh, self.today)


class _Counted:
    """Violations that the proposal answers for (`new`), and warnings of those that were there before."""

    def __init__(
        self, proposal: Proposal, found: Assessment, before: Callable[[Collection[str]], Assessment]
    ) -> None:
        changed = {str(bundle.key) for bundle in proposal.bundles}
        domains = {domain.name for domain in proposal.domains}
        self.new: list[Violation] = []
        others: list[Violation] = []
        for violation in found.violations:
            product = product_of(violation.address)
            touched = product in changed if product else domain_of(violation.address) in domains
            (self.new if touched else others).append(violation)
        others = [each for each in others if found.waiver(each) is None]
        was = before({each.policy for each in others}) if others else Assessment({})
        biting = {(each.policy, each.address): each.severity for each in was.biting}
        waived = {(each.policy, each.address) for each in was.violations} - biting.keys()
        known: Counter[str] = Counter()
        for violation in others:
            place = (violation.policy, violation.address)
            same = was.policies.get(violation.policy) == found.policies[violation.policy]
            if place in biting and (biting[place] == "error" or violation.severity != "error"):
                known[violation.policy] += domain_of(violation.address) in proposal.owned
            elif domain_of(violation.address) in proposal.owned or (same and place not in waived):
                self.new.append(violation)  # elsewhere only what changed data cause, not stricter demands
        self.known = [_known(name, count) for name, count in sorted(known.items()) if count]


def _known(policy: str, count: int) -> Problem:
    places = "1 address" if count == 1 else f"{count:,} addresses"
    message = f"policy `{policy}` is broken at {places} of this tree that the plan does not change"
    return Problem("MW601", message, hint="`mesh policy check` lists them", severity="warning")


def _verdict(violation: Violation, found: Assessment) -> Verdict:
    waiver = found.waiver(violation)
    return Verdict(
        violation.policy,
        violation.severity,
        violation.address,
        violation.reason,
        found.policies[violation.policy].fix,
        "waived" if waiver else "refused" if violation.severity == "error" else "told",
        waiver.expires if waiver else None,
    )


def _problems(
    found: Assessment, sets: Mapping[str, AppliedPolicies], proposal: Proposal
) -> Iterator[Problem]:
    """What could not be judged: errors where this tree declares it, else warnings."""
    ours = {
        owner
        for owner, each in sets.items()
        if owner in proposal.owned or each.repository == proposal.repository
    }
    owners = {policy.name: policy.owner for policy in found.policies.values()}
    for failure in found.failures:
        severity = "error" if owners.get(failure.policy, MESH) in ours else "warning"
        message = f"policy `{failure.policy}` cannot be judged: {failure.message}"
        yield Problem("MW602", message, failure.file, failure.line, hint=failure.way_out, severity=severity)
    for wrong in found.wrong_waivers:
        severity = "error" if wrong.waiver.owner in ours else "warning"
        yield Problem("MW603", wrong.message, wrong.waiver.file, hint=wrong.way_out, severity=severity)
