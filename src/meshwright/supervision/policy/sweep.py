"""Sweeps: policies judged over what is applied, and what they find recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass

from meshwright.model.address import ProductKey
from meshwright.model.policy import product_of
from meshwright.provisioning.registry import Event, Registry
from meshwright.provisioning.tables import Reading, Tables
from meshwright.supervision.metamodel.history import VIOLATIONS
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.policy.assess import Assessment, assess, policies_of, relations_for, sets_of
from meshwright.supervision.policy.record import events_of, open_violations


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many violations a sweep found new, reading otherwise than before, and gone."""

    new: int = 0
    changed: int = 0
    gone: int = 0


def record_sweep(
    found: Assessment, registry: Registry, environment: str, existing: Collection[str]
) -> Recorded:
    """Record what an assessment of every applied policy says of continuous ones.

    `existing` are the applied products (`domain/product`): violations of others are withdrawn.
    """
    swept = {name for name in found.judged if "continuous" in found.policies[name].when}

    def in_force(policy: str, address: str) -> bool:
        product = product_of(address)
        return policy in found.policies and (product is None or product in existing)

    return _record(found, registry, environment, swept, None, in_force)


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
    known = {policy.name for each in sets for policy in each.policies}
    products = {str(key) for key in published}
    return _record(found, registry, environment, found.judged, products, lambda policy, _: policy in known)


def _record(
    found: Assessment,
    registry: Registry,
    environment: str,
    judged: Collection[str],
    products: Collection[str] | None,
    in_force: Callable[[str, str], bool],
) -> Recorded:
    """Record violations of judged policies, of these products or of all, and what is gone of them."""
    known = open_violations(reversed(registry.facts(environment, None, VIOLATIONS)))

    def concerns(address: str) -> bool:
        return products is None or product_of(address) in products

    events = events_of(
        [each for each in known if concerns(each.address)],
        [each for each in found.violations if each.policy in judged and concerns(each.address)],
        lambda policy, address: policy in judged,
        in_force,
    )
    if events:
        registry.record(environment, events)
    return _counted(events, {(each.policy, each.address) for each in known})


def _counted(events: Collection[Event], known: Collection[tuple[str, str]]) -> Recorded:
    gone = sum(event.kind == "policy.fixed" for event in events)
    told = [event.payload for event in events if event.kind == "policy.violated"]
    new = sum((each["policy"], each["address"]) not in known for each in told)
    return Recorded(new, len(told) - new, gone)
