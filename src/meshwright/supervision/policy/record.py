"""Violations as facts: what is new, told in other words, or gone since it was last recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from meshwright.model.policy import domain_of, product_of
from meshwright.model.publication import Fact
from meshwright.provisioning.registry import Event
from meshwright.supervision.metamodel.history import Broken, follow_violation
from meshwright.supervision.policy.engine import Violation


def open_violations(facts: Iterable[Fact]) -> Sequence[Broken]:
    """The violations that are open after some facts about violations, which come oldest first."""
    broken: dict[tuple[str, str], Broken] = {}
    for fact in facts:
        follow_violation(fact, broken, [])
    return tuple(broken.values())


def events_of(
    known: Sequence[Broken],
    found: Sequence[Violation],
    judged: Callable[[str, str], bool],
    in_force: Callable[[str, str], bool],
) -> Sequence[Event]:
    """The facts to record: violations that are new or read otherwise, and those that are gone.

    `judged` says whether a policy was judged at an address: where it was not, nothing is known to be
    gone. `in_force` says whether both policy and address exist; violations of what does not are withdrawn.
    """
    before = {(each.policy, each.address): each for each in known}
    events = []
    for violation in found:
        old = before.pop((violation.policy, violation.address), None)
        if old is None or (old.severity, old.reason) != (violation.severity, violation.reason):
            told = {"severity": violation.severity, "reason": violation.reason}
            events.append(_event("policy.violated", violation.policy, violation.address, **told))
    for policy, address in before:
        if not in_force(policy, address):
            events.append(_event("policy.fixed", policy, address, because="withdrawn"))
        elif judged(policy, address):
            events.append(_event("policy.fixed", policy, address, because="mended"))
    return events


def same_violation(event: Event, fact: Fact) -> bool:
    """Whether a fact tells of the violation that an event would record."""
    return all(event.payload[name] == fact.payload.get(name) for name in ("policy", "address"))


def _event(kind: str, policy: str, address: str, **more: Any) -> Event:
    subject = product_of(address) or domain_of(address) or address
    return Event(kind, subject, {"policy": policy, "address": address, **more})
