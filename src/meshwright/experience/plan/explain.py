"""A plan in words: the same list that `apply` executes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from meshwright.experience.builds import Build
from meshwright.experience.plan.changes import (
    Change,
    ContractRevision,
    DomainChange,
    DomainTakeover,
    PolicyChange,
    ProductChange,
    StatusChange,
    TableChange,
)
from meshwright.experience.plan.plan import Plan, Refusal
from meshwright.model.policy import MESH
from meshwright.model.printable import printable

_SIGNS = {"add": "+", "change": "~", "remove": "-"}
_FILES_SHOWN = 4
_SAME_SHOWN = 5


def explain(plan: Plan) -> Iterator[str]:
    """The plan as lines of text: changes in order, warnings, pins, what is refused, and what comes next."""
    if plan.empty:
        yield f"Environment {plan.environment} matches the declarations. Nothing to do."
    for change in plan.changes:
        yield from _lines(change)
    for warning in plan.warnings:
        yield f"! {warning}"
    yield from _told(plan)
    for pin in plan.pins:
        yield f"! {pin}"
    for name, reason in plan.allowed.items():
        yield f"! {name} allowed: {reason}"
    yield from _refused(plan)
    if not plan.empty:
        yield summary(plan)


def _told(plan: Plan) -> Iterator[str]:
    """What policies say that does not refuse the plan, by policy."""
    spoken = [each for each in plan.verdicts if each.effect != "refused"]
    for policy, verdicts in groupby(spoken, key=lambda each: each.policy):
        told = list(verdicts)
        for each in told[:_SAME_SHOWN]:
            until = f", waived until {each.until}" if each.effect == "waived" else ""
            yield f"! {printable(each.address)}: policy `{policy}` ({each.severity}{until}): {each.reason}"
        if len(told) > _SAME_SHOWN:
            more = len(told) - _SAME_SHOWN
            yield f"! policy `{policy}`: and {more:,} more; `mesh policy check` has them all"
        if any(each.effect == "told" for each in told):
            yield f"    way out: {told[0].fix}"


def _refused(plan: Plan) -> Iterator[str]:
    """The refusals; of many by one policy the first."""
    by_policy: dict[str, list[Refusal]] = {}
    for refusal in plan.refusals:
        name = refusal.message.partition(":")[0] if refusal.code == "MW601" else ""
        if name:
            by_policy.setdefault(name, []).append(refusal)
        else:
            yield f"x {refusal.code} {refusal.subject}: {refusal.message}"
            yield f"    way out: {refusal.way_out}"
    for name, refusals in by_policy.items():
        for refusal in refusals[:_SAME_SHOWN]:
            yield f"x {refusal.code} {printable(refusal.subject)}: {refusal.message}"
        if len(refusals) > _SAME_SHOWN:
            yield f"x MW601 {name}: and {len(refusals) - _SAME_SHOWN:,} more; --format json has them all"
        yield f"    way out: {refusals[0].way_out}"


def summary(plan: Plan) -> str:
    """One line: how much would change, and whether it may."""
    products = [change for change in plan.changes if isinstance(change, ProductChange)]
    counts = [f"{sum(c.action == a for c in products)} to {a}" for a in _SIGNS]
    verdict = f"REFUSED ({len(plan.refusals)})" if plan.refusals else "ready to apply"
    builds = len(plan.builds)
    return f"Plan: products {', '.join(counts)}; {builds} to build. {verdict}."


def stored(plan: Plan) -> str:
    """What a plan stores, in words: `1 domain and 2 products stored, 1 product removed`."""
    products = [change.action for change in plan.products]
    domains = len({c.domain for c in plan.changes if isinstance(c, DomainChange | DomainTakeover)})
    kept, gone = len(products) - products.count("remove"), products.count("remove")
    told = [_count(domains, "domain")] * bool(domains) + [_count(kept, "product")] * bool(kept)
    parts = [f"{' and '.join(told)} stored"] * bool(told)
    parts += [f"{_count(gone, 'product')} removed"] * bool(gone)
    return ", ".join(parts) or "the declarations are stored"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _lines(change: Change) -> Iterator[str]:
    match change:
        case DomainChange():
            yield f"{_SIGNS[change.action]} domain {change.domain}"
        case DomainTakeover():
            yield f"~ domain {change.domain}: taken over from repository {change.old} by {change.new}"
        case PolicyChange():
            of = "the mesh" if change.owner == MESH else f"domain {change.owner}"
            yield f"{_SIGNS[change.action]} policies of {of}{_differing(change)}"
        case ProductChange():
            shown = change.files if change.action == "change" else ()
            more = f", and {len(shown) - _FILES_SHOWN} more" if len(shown) > _FILES_SHOWN else ""
            files = f" ({', '.join(shown[:_FILES_SHOWN])}{more})" if shown else ""
            yield f"{_SIGNS[change.action]} product {change.product}{files}"
        case StatusChange():
            yield f"~ status {change.product}: {change.old} -> {change.new}"
        case TableChange():
            details = f": {', '.join(change.details)}" if change.details else ""
            yield f"{_SIGNS[change.action]} table {change.product}.{change.table}{details}"
        case ContractRevision():
            versions = change.old_version
            if change.new_version != change.old_version:
                versions += f" -> {change.new_version or 'none'}"
            yield f"~ contract {change.product} port {change.port} {versions}: {change.verdict}"
            for difference in change.differences:
                mark = "BREAKING" if difference.breaking else "compatible"
                yield f"    {mark} {difference.kind} {difference.place}: {difference.reason}"
                for hit in difference.hits:
                    yield f"      hits {hit}"
        case Build():
            yield f"> build {change.product}: {'; '.join(change.reasons)}"


def _differing(change: PolicyChange) -> str:
    """The names of policies and waivers that differ, or how many are new where all of them are."""
    if change.action != "add":
        return f": {', '.join(change.details)}" if change.details else ""
    waivers = sum(detail.startswith("+ waiver ") for detail in change.details)
    policies = len(change.details) - waivers
    told = [f"{policies} {'policy' if policies == 1 else 'policies'}"] * bool(policies)
    told += [_count(waivers, "waiver")] * bool(waivers)
    return f": {', '.join(told)}"


def as_markdown(plan: Plan) -> str:
    """The plan as Markdown for a pull request: verdict first, then changes and consumers hit."""
    verdict = "refused" if plan.refusals else ("nothing to do" if plan.empty else "ready to apply")
    lines = [f"## Mesh plan for `{plan.environment}`: {verdict}", ""]
    if plan.refusals:
        lines += ["### Refused", ""]
        for refusal in plan.refusals:
            lines.append(f"- **{refusal.code}** {refusal.subject}: {refusal.message}")
            lines.append(f"  - way out: {refusal.way_out}")
        lines.append("")
    hits = sorted(
        {
            (hit, f"{difference.kind} {difference.place}")
            for change in plan.changes
            if isinstance(change, ContractRevision)
            for difference in change.differences
            for hit in difference.hits
        }
    )
    if hits:
        lines += ["### Consumers hit", "", "| consumer | by |", "| --- | --- |"]
        lines += [f"| {_cell(consumer)} | {_cell(what)} |" for consumer, what in hits]
        lines.append("")
    if plan.changes:
        words = "\n".join(line for change in plan.changes for line in _lines(change))
        lines += ["### Changes", "", fenced(words), ""]
    if told := list(_told(plan)):
        lines += ["### Policies", "", fenced("\n".join(told)), ""]
    if plan.allowed:
        lines += ["### Allowed", ""]
        lines += [f"- {name}: {reason}" for name, reason in plan.allowed.items()]
        lines.append("")
    if plan.pins:
        lines += ["### Pinned", ""]
        lines += [f"- {pin}" for pin in plan.pins]
        lines.append("")
    if plan.warnings:
        lines += ["### Warnings", ""]
        lines += [f"- {warning}" for warning in plan.warnings]
        lines.append("")
    lines.append(summary(plan) if not plan.empty else "The environment matches the declarations.")
    return "\n".join(lines) + "\n"


def fenced(text: str) -> str:
    """Text as a block of code in Markdown; a fence inside it does not end the block."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
