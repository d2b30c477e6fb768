"""The continuous look at an applied mesh: what its policies find becomes facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from meshwright.model.policy import PolicySet
from meshwright.provisioning.registry import Event
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.policy.assess import Assessment, assess, policies_of, relations_for
from meshwright.supervision.policy.record import events_of

if TYPE_CHECKING:
    from meshwright.provisioning.tables import Tables


def relations_of_sweep(sets: Sequence[PolicySet]) -> frozenset[str]:
    """The tables of the mesh that the policies of a sweep take."""
    policies = policies_of(sets, ["continuous"])
    return relations_for(sets, policies) | {"violations"} if policies else frozenset()


def sweep_policies(
    sets: Sequence[PolicySet], tables: MeshTables, engine: Callable[[], Tables], today: str
) -> tuple[Assessment | None, Sequence[Event]]:
    """What the continuous policies find `today` (ISO 8601), and the facts that tell what is different.

    `tables` have at least `relations_of_sweep`. Without such policies the assessment is None.
    """
    known = tuple(tables.history.broken.values())
    in_force = {policy.name for policy in policies_of(sets)}
    policies = policies_of(sets, ["continuous"])
    if not policies:
        return None, events_of(known, (), lambda *_: False, in_force.__contains__) if known else ()
    found = assess(sets, policies, tables.tables, engine(), tables.mesh, today)
    judged = found.judged
    events = events_of(
        known, found.violations, lambda policy, address: policy in judged, in_force.__contains__
    )
    return found, events
