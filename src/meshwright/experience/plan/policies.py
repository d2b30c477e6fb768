"""Policies in a plan: which would be others, and what they say of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from meshwright.errors import Problem
from meshwright.experience.plan.changes import PolicyChange, ProductChange
from meshwright.experience.plan.plan import Plan, Refusal
from meshwright.model.policy import MESH, Verdict
from meshwright.provisioning.registry import AppliedPolicies, EnvironmentState
from meshwright.provisioning.tables import Proposal


class Verdicts(Protocol):
    """Policies judge what a plan would change."""

    def __call__(self, proposal: Proposal) -> tuple[Sequence[Verdict], Sequence[Problem]]:
        """What they say at each address, and what is wrong with policies and waivers themselves."""
        ...


def no_policies(proposal: Proposal) -> tuple[Sequence[Verdict], Sequence[Problem]]:
    """Nothing is against the plan."""
    return (), ()


def policy_changes(
    declared: Mapping[str, AppliedPolicies | None],
    applied: Mapping[str, AppliedPolicies],
    state: EnvironmentState,
) -> Iterator[PolicyChange]:
    """The owners whose policies a tree would have others than are applied; None stands for none."""
    for owner in sorted(declared, key=lambda owner: (owner != MESH, owner)):
        new, known = declared[owner], state.policies.get(owner)
        details = tuple(_details(applied.get(owner), new))
        if new is None:
            if known is not None:
                yield PolicyChange(owner, "remove", "", details)
        elif known is None:
            yield PolicyChange(owner, "add", new.digest, details)
        elif known[0] != new.digest or (owner == MESH and known[1] != new.repository):
            yield PolicyChange(owner, "change", new.digest, details)


def _details(old: AppliedPolicies | None, new: AppliedPolicies | None) -> Iterator[str]:
    before, after = _named(old), _named(new)
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"+ {name}"
        elif name not in after:
            yield f"- {name}"
        elif before[name] != after[name]:
            yield f"~ {name}"


def _named(known: AppliedPolicies | None) -> Mapping[str, Any]:
    document = known.document if known else {"policies": (), "waivers": ()}
    policies = {each["document"]["policy"]: each["document"] for each in document["policies"]}
    return policies | {f"waiver {each['file']}": each["document"] for each in document["waivers"]}


def owned_by_others(
    declared: Mapping[str, AppliedPolicies | None],
    state: EnvironmentState,
    repository: str,
    take_over: Collection[str],
) -> Iterator[Refusal]:
    """Another repository declares the policies of the mesh, and they are not taken over."""
    known = state.policies.get(MESH)
    if MESH in declared and known is not None and known[1] != repository and MESH not in take_over:
        yield Refusal(
            "MW605",
            MESH,
            f"the policies of the mesh are those of repository {known[1]}, and this is {repository}",
            "take policies/ and `policies` in mesh.yaml out of this tree; or, if this is a clone of that "
            f"repository, write `repository: {known[1]}` into mesh.yaml; or say --take-over {MESH}",
        )


def proposal_of(
    plan: Plan,
    applied: Mapping[str, AppliedPolicies],
    declared: Mapping[str, AppliedPolicies | None],
) -> Proposal:
    """What a plan would change, for policies to judge."""
    changed = {change.owner for change in plan.changes if isinstance(change, PolicyChange)}
    after = {**applied, **{owner: declared[owner] for owner in changed}}
    return Proposal(
        repository=plan.repository,
        owned=frozenset(plan.owned),
        bundles=plan.bundles,
        removed=[c.product for c in plan.changes if isinstance(c, ProductChange) and c.action == "remove"],
        domains=plan.domains,
        policies_before=applied,
        policies_after={owner: each for owner, each in after.items() if each is not None},
    )


def refusals_of(verdicts: Sequence[Verdict], problems: Sequence[Problem]) -> Iterator[Refusal]:
    """What policies have against a plan."""
    for problem in problems:
        if problem.severity == "error":
            way_out = problem.hint or "mend it"
            yield Refusal(problem.code, problem.place, problem.message, way_out)
    for each in verdicts:
        if each.effect == "refused":
            yield Refusal("MW601", each.address, f"policy `{each.policy}`: {each.reason}", each.fix)
