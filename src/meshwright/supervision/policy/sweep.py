"""Sweeps: policies judged over what is applied, and what they find as facts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshwright.model.policy import PolicySet, product_of
from meshwright.provisioning.registry import Event
from meshwright.supervision.metamodel.history import VIOLATIONS, Broken
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.policy.assess import Assessment, assess, policies_of, relations_for, sets_of
from meshwright.supervision.policy.record import events_of, open_violations, same_violation

if TYPE_CHECKING:
    from meshwright.model.address import ProductKey
    from meshwright.model.publication import Fact
    from meshwright.provisioning.registry import Registry
    from meshwright.provisioning.tables import Reading, Tables


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many violations a sweep found new, reading otherwise than before, and gone."""

    new: int = 0
    changed: int = 0
    gone: int = 0


def relations_of_sweep(sets: Sequence[PolicySet]) -> frozenset[str]:
    """The tables of the mesh that the policies of a sweep take."""
    policies = policies_of(sets, ["continuous"])
    return relations_for(sets, policies) | {"violations", "products"} if policies else frozenset()


def sweep_policies(
    sets: Sequence[PolicySet], tables: MeshTables, engine: Callable[[], Tables], today: str
) -> tuple[Assessment | None, Sequence[Event]]:
    """What the continuous policies find `today` (ISO 8601), and the facts that tell what is different.

    `tables` have at least `relations_of_sweep`. Without such policies the assessment is None.
    """
    known = tuple(tables.history.broken.values())
    demanded = {policy.name for policy in policies_of(sets)}
    policies = policies_of(sets, ["continuous"])
    if not policies:
        gone = events_of(known, (), lambda *_: False, lambda policy, _: policy in demanded) if known else ()
        return None, gone
    found = assess(sets, policies, tables.tables, engine(), tables.mesh, today)
    return found, _events(found, known, demanded, {str(key) for key in tables.versions})


def record_sweep(
    found: Assessment, registry: Registry, environment: str, existing: Collection[str]
) -> Recorded:
    """Record what an assessment of every applied policy says of continuous ones.

    `existing` are the applied products (`domain/product`): violations of others are withdrawn.
    """
    facts = registry.facts(environment, None, VIOLATIONS)
    known = open_violations(reversed(facts))
    events = _events(found, known, found.policies.keys(), existing)
    return _recorded(events, known, registry, environment, facts)


def judge_published(
    published: Collection[ProductKey],
    registry: Registry,
    reading: Callable[[], AbstractContextManager[Reading]],
    environment: str,
    mesh: str,
    engine: Tables,
    today: str,
) -> Recorded:
    """Judge products that have just published by the policies that ask for it, and record what is found."""
    sets = sets_of(registry.policies(environment).values())
    policies = policies_of(sets, ("publish",))
    if not policies or not published:
        return Recorded()
    with reading() as state:
        tables = MeshTables.empty(mesh, relations_for(sets, policies)).refreshed(state).tables
    found = assess(sets, policies, tables, engine, mesh, today)
    products = {str(key) for key in published}
    facts = registry.facts(environment, None, VIOLATIONS)
    known = [each for each in open_violations(reversed(facts)) if product_of(each.address) in products]
    demanded = {policy.name for policy in policies_of(sets)}
    events = events_of(
        known,
        [each for each in found.violations if product_of(each.address) in products],
        lambda policy, _: policy in found.judged,
        lambda policy, _: policy in demanded,
    )
    return _recorded(events, known, registry, environment, facts)


def _events(
    found: Assessment, known: Sequence[Broken], demanded: Collection[str], existing: Collection[str]
) -> Sequence[Event]:
    """What is different since violations were recorded, by the continuous policies that were judged."""
    swept = {name for name in found.judged if "continuous" in found.policies[name].when}

    def in_force(policy: str, address: str) -> bool:
        product = product_of(address)
        return policy in demanded and (product is None or product in existing)

    violations = [each for each in found.violations if each.policy in swept]
    return events_of(known, violations, lambda policy, _: policy in swept, in_force)


def _recorded(
    events: Sequence[Event],
    known: Sequence[Broken],
    registry: Registry,
    environment: str,
    facts: Sequence[Fact],
) -> Recorded:
    """Record what no other sweep has recorded since `facts` (newest first) were read."""
    if events:
        seen = facts[0].sequence if facts else 0
        events = registry.record_unless(environment, events, seen, VIOLATIONS, same_violation)
    places = {(each.policy, each.address) for each in known}
    gone = sum(event.kind == "policy.fixed" for event in events)
    told = [event.payload for event in events if event.kind == "policy.violated"]
    new = sum((each["policy"], each["address"]) not in places for each in told)
    return Recorded(new, len(told) - new, gone)
