"""Applying a plan: store the declarations, then build what is stale, upstream first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from meshwright.errors import Conflict, LockHeld, MeshwrightError, PlanRefused, Refused
from meshwright.experience.builds import Build
from meshwright.experience.models import ProductAnalysis, analyse_products, product_lineages
from meshwright.experience.plan.base import base_digest
from meshwright.experience.plan.changes import (
    ContractRevision,
    DomainChange,
    DomainTakeover,
    PolicyChange,
    ProductChange,
    StatusChange,
)
from meshwright.experience.plan.order import in_order
from meshwright.experience.plan.plan import Plan
from meshwright.experience.runs.context import RunContext
from meshwright.experience.runs.crew import crew_for
from meshwright.experience.runs.maintenance import delete_doomed
from meshwright.experience.runs.nursery import Nursery
from meshwright.experience.runs.run import RunOutcome, run_product
from meshwright.experience.runs.telling import tell
from meshwright.experience.staleness import current_id
from meshwright.model.address import ProductKey
from meshwright.model.policy import MESH
from meshwright.provisioning.registry import EnvironmentState, Event

DONE = frozenset({"published", "current"})
"""Statuses of outcomes after which consumers can be built."""

Report = Callable[[RunOutcome], None]

_ATTEMPTS = 20
"""How often storing is tried while other runs publish."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of applying a plan; `already` when there was nothing left to do."""

    outcomes: tuple[RunOutcome, ...]
    already: bool = False

    @property
    def failed(self) -> bool:
        """Whether something was not published."""
        return any(outcome.status not in DONE for outcome in self.outcomes)


def apply_plan(
    context: RunContext, plan: Plan, report: Report, workers: int = 2, nursery: Nursery | None = None
) -> Applied:
    """Execute the plan in the environment it was made for.

    What was applied before the process ended, or a build failed, is not done again. `context.mesh` is
    the mesh that was judged with the plan: nothing is stored that would make another one, so that
    no two plans, each sound alone, make a mesh that breaks its rules.

    Raises:
        PlanRefused: the plan has refusals.
        Conflict: what the plan depends on has moved, or somebody applied something else since the mesh
            was judged; judged anew, the plan may still be good.
    """
    if plan.refusals:
        raise PlanRefused([asdict(refusal) for refusal in plan.refusals])
    for _ in range(_ATTEMPTS):
        state = context.registry.state(plan.environment)
        moved = plan.base != base_digest(plan.changes, context.mesh, state)
        if declarations_in(plan, state):
            builds = builds_left(plan, state)
            if not builds:
                return Applied((), already=True)
            if moved and not plan.declarations:
                break
            return Applied(run_builds(context, builds, report, workers, nursery))
        if moved or not _as_judged(context, plan, state):
            break
        try:
            store_declarations(context, plan, state)
        except Conflict:
            continue  # most likely a run published meanwhile, which does not matter here
        return Applied(run_builds(context, {b.product: b for b in plan.builds}, report, workers, nursery))
    raise overtaken(plan)


def overtaken(plan: Plan) -> Conflict:
    """What a plan is told whose environment is no longer as it was."""
    return Conflict(
        f"environment `{plan.environment}` has moved since this plan was made",
        why="what it changes, reads or takes from consumers was applied or rolled back since",
        way_out="make the plan again and review what is different",
    )


def _as_judged(context: RunContext, plan: Plan, state: EnvironmentState) -> bool:
    """Whether storing the plan makes exactly the mesh that its rules were held against."""
    made = {key: known.digest for key, known in state.products.items()}
    made.update((bundle.key, bundle.digest) for bundle in plan.bundles)
    for change in plan.products:
        if change.action == "remove":
            made.pop(change.product, None)
    return made == {key: product.bundle.digest for key, product in context.mesh.products.items()}


def declarations_in(plan: Plan, state: EnvironmentState) -> bool:
    """Whether the environment's declarations are what the plan would make of them."""
    for change in plan.changes:
        if isinstance(change, ProductChange):
            known = state.products.get(change.product)
            if (known.digest if known else None) != (None if change.action == "remove" else change.digest):
                return False
        if isinstance(change, PolicyChange):
            digest = state.policies.get(change.owner, (None, ""))[0]
            if digest != (None if change.action == "remove" else change.digest):
                return False
    return all(
        state.domains.get(domain.name) == domain.digest and state.owners[domain.name] == domain.repository
        for domain in plan.domains
    )


def builds_left(plan: Plan, state: EnvironmentState) -> dict[ProductKey, Build]:
    """The builds of the plan that nobody has done since, nor stopped by a rollback."""
    return {
        build.product: build
        for build in plan.builds
        if current_id(state, build.product) == build.base and not _pinned(state, build.product)
    }


def _pinned(state: EnvironmentState, key: ProductKey) -> bool:
    known = state.products.get(key)
    return known is not None and known.pinned


def store_declarations(context: RunContext, plan: Plan, state: EnvironmentState) -> None:
    """Record what the plan declares, in one transaction, with a fact for each change.

    Raises:
        Conflict: something in the environment changed after `state` was read.
    """
    lineages = product_lineages(
        (context.mesh.products[bundle.key] for bundle in plan.bundles), context.mesh, context.cache
    )
    status = {bundle.key: context.mesh.products[bundle.key].status for bundle in plan.bundles}
    removed = [c.product for c in plan.changes if isinstance(c, ProductChange) and c.action == "remove"]
    context.registry.apply(
        plan.environment,
        state.token,
        [(bundle, status[bundle.key]) for bundle in plan.bundles],
        removed,
        plan.domains,
        declaration_events(plan),
        lineages,
        {
            **{c.owner: None for c in plan.changes if isinstance(c, PolicyChange)},
            **{each.owner: each for each in plan.policies},
        },
    )
    if removed:
        delete_doomed(context)


def declaration_events(plan: Plan) -> Sequence[Event]:
    """The facts of storing a plan's declarations."""
    events = []
    for change in plan.changes:
        match change:
            case DomainChange():
                payload: dict[str, Any] = {"action": change.action, "repository": plan.repository}
                events.append(Event("domain.applied", change.domain, payload))
            case DomainTakeover():
                moved = {"from": change.old, "to": change.new}
                events.append(Event("domain.taken_over", change.domain, moved))
            case PolicyChange():
                subject = plan.environment if change.owner == MESH else change.owner
                payload = {"action": change.action, "repository": plan.repository, "digest": change.digest}
                events.append(Event("policies.applied", subject, payload | {"changes": list(change.details)}))
            case ProductChange():
                kind = "product.removed" if change.action == "remove" else "product.applied"
                payload = {"digest": change.digest, "action": change.action}
                if change.action == "remove" and "destroy" in plan.allowed:
                    payload["reason"] = plan.allowed["destroy"]
                events.append(Event(kind, str(change.product), payload))
            case StatusChange():
                moved = {"from": change.old, "to": change.new}
                events.append(Event("product.status", str(change.product), moved))
            case ContractRevision() if change.verdict != "compatible":
                broken = [difference for difference in change.differences if difference.breaking]
                payload = {
                    "port": change.port,
                    "from": change.old_version,
                    "to": change.new_version,
                    "reason": plan.allowed.get("breaking", ""),
                    "differences": [f"{d.kind} {d.place}: {d.reason}" for d in broken],
                    "hits": sorted({hit for difference in broken for hit in difference.hits}),
                }
                events.append(Event("contract.broken", str(change.product), payload))
    return events


def run_builds(
    context: RunContext,
    builds: Mapping[ProductKey, Build],
    report: Report,
    workers: int = 2,
    nursery: Nursery | None = None,
) -> tuple[RunOutcome, ...]:
    """Build products, upstream first, several at a time; what reads a failed one is blocked.

    Raises:
        Refused: some of them read each other in a circle.
    """
    mesh = context.mesh
    analyses = analyse_products((mesh.products[key] for key in builds), mesh, context.cache)
    waiting = {key: {up for up in mesh.upstream(mesh.products[key]) if up in builds} for key in builds}
    outcomes: dict[ProductKey, RunOutcome] = {}
    order = [product.key for product in in_order(mesh, [mesh.products[key] for key in builds])]
    running = 0

    def finish(outcome: RunOutcome) -> None:
        outcome = outcomes[outcome.product] = tell(context, outcome)
        report(outcome)

    attempt = partial(_attempt, builds, analyses)
    with crew_for(context, attempt, len(builds), workers, nursery) as crew:
        while order or running:
            for key in list(order):
                if not waiting[key] <= outcomes.keys():
                    continue
                bad = sorted(up for up in waiting[key] if outcomes[up].status not in DONE)
                if bad:
                    order.remove(key)
                    finish(_blocked(key, bad, all(outcomes[up].status == "locked" for up in bad)))
                elif running < workers:
                    order.remove(key)
                    crew.start(key)
                    running += 1
            if running:
                for outcome in crew.finished():
                    running -= 1
                    finish(outcome)
    return tuple(outcomes[key] for key in builds)


def _attempt(
    builds: Mapping[ProductKey, Build],
    analyses: Mapping[ProductKey, ProductAnalysis],
    context: RunContext,
    key: ProductKey,
) -> RunOutcome:
    try:
        return run_product(context, context.mesh.products[key], builds[key], analyses[key])
    except LockHeld as error:
        return RunOutcome(key, "", "locked", error=error)
    except MeshwrightError as error:
        return RunOutcome(key, "", "failed", error=error)


def _blocked(key: ProductKey, bad: Sequence[ProductKey], under_way: bool) -> RunOutcome:
    """What was not built; `locked` when all that it waits for is built by other runs at the moment."""
    names = ", ".join(map(str, bad))
    verb = "was" if len(bad) == 1 else "were"
    if under_way:
        held = LockHeld(
            f"{key} was not built: it reads {names}, which another run is building",
            way_out="wait for that run to end, then run this again",
        )
        return RunOutcome(key, "", "locked", error=held)
    error = Refused(
        f"{key} was not built: it reads {names}, which {verb} not built",
        way_out=f"mend {names}; its consumers are built with it",
    )
    return RunOutcome(key, "", "blocked", error=error)
