"""Making a plan: the declarations against what the registry knows. No side effects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from meshwright.errors import Problem
from meshwright.experience.builds import Build
from meshwright.experience.compatibility import ColumnsUsed, ContractChange, consumers_hit, consumers_lost
from meshwright.experience.compatibility.consumers import Used
from meshwright.experience.plan.base import base_digest
from meshwright.experience.plan.changes import (
    Change,
    DomainChange,
    DomainTakeover,
    ProductChange,
    StatusChange,
    TableChange,
)
from meshwright.experience.plan.contracts import Revised, ambiguities, port_ends, revisions
from meshwright.experience.plan.order import in_order
from meshwright.experience.plan.plan import Plan, Refusal, pins
from meshwright.experience.plan.policies import (
    Verdicts,
    no_policies,
    owned_by_others,
    policy_changes,
    proposal_of,
    refusals_of,
)
from meshwright.experience.rules.mw306_transition import check_transition
from meshwright.experience.staleness import current_id, stale_reasons
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.policy import MESH
from meshwright.model.product import SERVING, Product
from meshwright.model.types import column_type
from meshwright.provisioning.registry import AppliedDomain, AppliedPolicies, EnvironmentState

if TYPE_CHECKING:
    from meshwright.experience.models import ProductAnalysis


Analyse = Callable[[Product, Mesh], "ProductAnalysis"]
"""What the models of a product read and use in a mesh."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is made from.

    `mesh` is the mesh as it would be; `applied` the owned products that differ, as they are;
    `domains` the owned domains' documents; `repository` the tree's; `take_over` domains that it takes
    from others. `policies` are what the tree declares by owner, None for nothing, and `policies_applied`
    what is in force; `verdicts` judges by them.
    """

    mesh: Mesh
    repository: str
    state: EnvironmentState
    applied: Mapping[ProductKey, Product]
    domains: Sequence[AppliedDomain]
    now: str
    analyse: Analyse
    warnings: Sequence[Problem] = ()
    allow_breaking: str | None = None
    allow_destroy: bool = False
    take_over: Collection[str] = ()
    policies: Mapping[str, AppliedPolicies | None] = field(default_factory=dict)
    policies_applied: Mapping[str, AppliedPolicies] = field(default_factory=dict)
    verdicts: Verdicts = no_policies


def make_plan(request: Request) -> Plan:
    """The ordered list of changes, with what speaks against them.

    Linear in the mesh: a product whose digest is the applied one costs two dictionary look-ups.
    """
    mesh, state = request.mesh, request.state
    refusals = list(_of_others(request))
    mine = mesh.owned - {refusal.subject for refusal in refusals}
    differ = [
        (d, found) for d in request.domains if d.name in mine and (found := _domain_changes(request, d))
    ]
    changes = [change for _, found in differ for change in found]
    refusals += owned_by_others(request.policies, state, request.repository, request.take_over)
    deciding = (mine | {MESH}) - {refusal.subject for refusal in refusals}
    declared = {owner: each for owner, each in request.policies.items() if owner in deciding}
    demanded = list(policy_changes(declared, request.policies_applied, state))
    changes += demanded
    warnings = list(request.warnings)
    owned = [p for p in mesh.products.values() if p.domain in mine]
    changed = [p for p in owned if _digest(state, p.key) != p.bundle.digest]
    columns_used = _columns_used(request)
    broken = False
    for product in changed:
        old = request.applied.get(product.key)
        changes += _product_changes(product, old)
        refusals += ambiguities(product, old, mesh)
        if old is not None:
            refusals += _transition(product, old)
            revised = [*revisions(product, old, mesh, columns_used), *_retirement(product, old, request)]
            changes += [each.revision for each in revised]
            broken = broken or any(each.revision.verdict != "compatible" for each in revised)
            against = [refusal for each in revised for refusal in each.refusals]
            refusals += () if request.allow_breaking else against
            warnings += _ends_while_read(product, old, request)
        changes += _tables(product, old)
    removed = sorted(key for key in state.products if key.domain in mine and key not in mesh.products)
    for key in removed:
        changes += _removal(key, request, refusals)
    changes += _builds(request, owned)
    allowed = {}
    if request.allow_breaking and broken:
        allowed["breaking"] = request.allow_breaking
    if request.allow_destroy and removed:
        allowed["destroy"] = "allowed on the command line"
    plan = Plan(
        mesh=mesh.name,
        repository=request.repository,
        environment=state.environment,
        base=base_digest(changes, mesh, state),
        owned=tuple(sorted(mesh.owned)),
        changes=tuple(changes),
        refusals=tuple(refusals),
        warnings=tuple(warnings),
        bundles=tuple(product.bundle for product in changed),
        domains=tuple(domain for domain, _ in differ),
        allowed=allowed,
        pins=tuple(pin for pin in pins(state, mesh.owned) if pin.product in mesh.products),
        policies=tuple(new for change in demanded if (new := declared[change.owner]) is not None),
    )
    return _judged(plan, request, declared)


def _judged(plan: Plan, request: Request, declared: Mapping[str, AppliedPolicies | None]) -> Plan:
    """The plan with what policies say of it."""
    proposal = proposal_of(plan, request.policies_applied, declared)
    verdicts, problems = request.verdicts(proposal)
    if not verdicts and not problems:
        return plan
    return replace(
        plan,
        verdicts=tuple(verdicts),
        refusals=(*plan.refusals, *refusals_of(verdicts, problems)),
        warnings=(*plan.warnings, *(each for each in problems if each.severity != "error")),
    )


def _of_others(request: Request) -> Iterator[Refusal]:
    """The domains of this tree that another repository owns and that are not taken over."""
    for name in sorted(request.mesh.owned):
        owner = request.state.owners.get(name, request.repository)
        if owner != request.repository and name not in request.take_over:
            yield Refusal(
                "MW506",
                name,
                f"the domain is owned by repository {owner}, and this is {request.repository}",
                f"take `{name}` out of this tree; or, if this is a clone of that repository, write "
                f"`repository: {owner}` into mesh.yaml; or say --take-over {name}",
            )


def _domain_changes(request: Request, domain: AppliedDomain) -> list[Change]:
    name, known = domain.name, request.state.domains
    owner = request.state.owners.get(name, request.repository)
    found: list[Change] = []
    if owner != request.repository:
        found.append(DomainTakeover(name, owner, request.repository))
    if known.get(name) != domain.digest:
        found.append(DomainChange(name, "change" if name in known else "add"))
    return found


def _columns_used(request: Request) -> ColumnsUsed:
    """What consumers, as they would be, use of products as they are: what a change takes from them.

    A consumer that asks for a version that is only about to be served is judged by that.
    """
    known: dict[ProductKey, Used] = {}

    @cache
    def before() -> Mesh:
        return replace(request.mesh, products={**request.mesh.products, **request.applied})

    def columns_used(key: ProductKey) -> Used:
        if key not in known:
            consumer = request.mesh.products[key]
            served = {port.name for port in consumer.inputs if before().resolve(port) is not None}
            old = request.analyse(consumer, before()).used
            new = request.analyse(consumer, request.mesh).used
            known[key] = {
                **{place: columns for place, columns in new.items() if place[0] not in served},
                **{place: columns for place, columns in old.items() if place[0] in served},
            }
        return known[key]

    return columns_used


def _digest(state: EnvironmentState, key: ProductKey) -> str | None:
    known = state.products.get(key)
    return known.digest if known else None


def _product_changes(product: Product, old: Product | None) -> list[Change]:
    if old is None:
        files = sorted([*product.bundle.documents, *product.bundle.texts])
        return [ProductChange(product.key, "add", product.bundle.digest, tuple(files))]
    differing = sorted(
        {
            path
            for part in ("documents", "texts")
            for path in {*getattr(product.bundle, part), *getattr(old.bundle, part)}
            if getattr(product.bundle, part).get(path) != getattr(old.bundle, part).get(path)
        }
    )
    changes: list[Change] = [ProductChange(product.key, "change", product.bundle.digest, tuple(differing))]
    if old.status != product.status:
        changes.append(StatusChange(product.key, old.status, product.status))
    return changes


def _transition(product: Product, old: Product) -> list[Refusal]:
    problem = check_transition(
        old.status, product.status, subject="the status", successor=product.successor or old.successor
    )
    if problem is None:
        return []
    return [Refusal(problem.code, str(product.key), problem.message, problem.hint or "")]


def _retirement(product: Product, old: Product, request: Request) -> list[Revised]:
    """The ends of all ports of a product that retires before its sunset while it is read."""
    if product.status != "retired" or old.status not in SERVING:
        return []
    sunset = product.sunset or old.sunset
    if sunset is not None and sunset <= request.now[: len("2027-06-30")]:
        return []
    successor = product.successor or old.successor
    reason = "the product retires" + (f" before its sunset {sunset}" if sunset else "")
    reason += f"; its successor is {successor}" if successor else ""
    found = []
    for port in product.outputs:
        provider = PortRef(product, port)
        ends = ContractChange("port_removed", None, None, True, reason)
        hits = consumers_hit(ends, request.mesh, provider, lambda key: None)
        if hits:
            found.append(port_ends(product, port, reason, hits))
    return found


def _ends_while_read(product: Product, old: Product, request: Request) -> list[Problem]:
    """Warnings for the owner of a product that ends: who reads it still."""
    readers = request.mesh.downstream.get(product.key, ())
    if product.status not in ("deprecated", "retired") or old.status == product.status or not readers:
        return []
    names = ", ".join(map(str, sorted(set(readers))))
    code = "MW305" if product.status == "deprecated" else "MW304"
    return [
        Problem(
            code,
            f"{product.key} becomes {product.status}, and it is read by {names}",
            product.file,
            path="status",
            hint="tell their owners" + (f" to move to {product.successor}" if product.successor else ""),
            severity="warning",
        )
    ]


def _tables(product: Product, old: Product | None) -> list[Change]:
    """Tables to create, to change in place, and to remove."""
    before = _columns(old) if old else {}
    after = _columns(product)
    changes: list[Change] = []
    for table, columns in after.items():
        if table not in before:
            changes.append(TableChange(product.key, table, "add", (f"{len(columns)} columns",)))
        elif columns != before[table]:
            known = before[table]
            details = [f"+ {name} {kind}" for name, kind in columns.items() if name not in known]
            details += [f"- {name}" for name in known if name not in columns]
            details += [
                f"{name}: {known[name]} -> {kind}"
                for name, kind in columns.items()
                if name in known and known[name] != kind
            ]
            changes.append(TableChange(product.key, table, "change", tuple(details)))
    changes += [TableChange(product.key, table, "remove") for table in before if table not in after]
    return changes


def _columns(product: Product) -> dict[str, dict[str, str]]:
    return {
        f"{obj.table}@{port.major}": {p.column: str(column_type(p)) for p in obj.properties}
        for port, obj in product.objects()
    }


def _removal(key: ProductKey, request: Request, refusals: list[Refusal]) -> list[Change]:
    old = request.applied[key]
    ends = [
        port_ends(old, port, "the product is removed", lost)
        for port in old.outputs
        if (lost := consumers_lost(request.mesh, PortRef(old, port)))
    ]
    if ends:
        readers = sorted({hit for end in ends for d in end.revision.differences for hit in d.hits})
        refusals.append(
            Refusal(
                "MW504",
                str(key),
                f"it is read by {', '.join(readers)}",
                "deprecate it with a sunset date and a successor, and remove it when nobody reads it",
            )
        )
    if not request.allow_destroy:
        refusals.append(
            Refusal(
                "MW503",
                str(key),
                "removing the product deletes its data and its publications",
                "put its folder back, or say --allow-destroy",
            )
        )
    changes: list[Change] = [ProductChange(key, "remove", "")]
    changes += [end.revision for end in ends]
    changes += [TableChange(key, table, "remove") for table in _columns(old)]
    return changes


def _builds(request: Request, owned: Sequence[Product]) -> list[Change]:
    """The stale products, upstream first."""
    mesh, state = request.mesh, request.state
    rebuilt: dict[ProductKey, None] = {}
    builds: list[Change] = []
    for product in in_order(mesh, owned):
        if product.status == "retired":
            continue
        reasons = stale_reasons(
            state, product.key, product.bundle.digest, mesh.upstream(product), rebuilt, request.now
        )
        if reasons:
            rebuilt[product.key] = None
            builds.append(Build(product.key, reasons, current_id(state, product.key)))
    return builds
