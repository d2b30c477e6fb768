"""Making a plan: the declarations against what the registry knows. No side effects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from meshwright.errors import Problem
from meshwright.experience.builds import Build
from meshwright.experience.plan.changes import (
    Change,
    DomainChange,
    ProductChange,
    StatusChange,
    TableChange,
)
from meshwright.experience.plan.contracts import ColumnsUsed, revisions
from meshwright.experience.plan.plan import Plan, Refusal, base_digest
from meshwright.experience.staleness import current_id, stale_reasons
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh
from meshwright.model.product import TRANSITIONS, Product
from meshwright.model.types import column_type
from meshwright.provisioning.registry import AppliedDomain, EnvironmentState


class Verdicts(Protocol):
    """Policies judge a plan: each refusal is a veto."""

    def __call__(self, plan: Plan, mesh: Mesh) -> Sequence[Refusal]:
        """The refusals of the policies; none when there is nothing against the plan."""
        ...


def no_policies(plan: Plan, mesh: Mesh) -> Sequence[Refusal]:
    """Nothing is against the plan."""
    return ()


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is made from.

    `mesh` is the mesh as it would be; `applied` the products as they are, for those that differ
    and their consumers; `domains` the owned domains' documents. `columns_used` tells which
    columns of an input port's objects a consumer reads.
    """

    mesh: Mesh
    state: EnvironmentState
    applied: Mapping[ProductKey, Product]
    domains: Sequence[AppliedDomain]
    now: str
    columns_used: ColumnsUsed
    warnings: Sequence[Problem] = ()
    allow_breaking: str | None = None
    allow_destroy: bool = False
    only: Collection[ProductKey] | None = None
    verdicts: Verdicts = field(default=no_policies)


def make_plan(request: Request) -> Plan:
    """The ordered list of changes, with what speaks against them.

    Linear in the mesh: a product whose digest is the applied one costs two dictionary look-ups.
    """
    mesh, state = request.mesh, request.state
    changes: list[Change] = []
    refusals: list[Refusal] = []
    domains = [d for d in request.domains if state.domains.get(d.name) != d.digest]
    changes += [DomainChange(d.name, "change" if d.name in state.domains else "add") for d in domains]
    owned = [p for p in mesh.products.values() if p.domain in mesh.owned]
    changed = [p for p in owned if _digest(state, p.key) != p.bundle.digest]
    for product in changed:
        old = request.applied.get(product.key)
        changes += _product_changes(product, old)
        refusals += _transition(product, old)
        changes += revisions(product, old, mesh, request.columns_used, refusals, request.allow_breaking)
        changes += _tables(product, old)
    removed = [key for key in state.products if key.domain in mesh.owned and key not in mesh.products]
    for key in removed:
        changes += _removal(key, request, refusals)
    changes += _builds(request, owned)
    allowed = {}
    if request.allow_breaking:
        allowed["breaking"] = request.allow_breaking
    if request.allow_destroy:
        allowed["destroy"] = "allowed on the command line"
    plan = Plan(
        mesh=mesh.name,
        environment=state.environment,
        base=base_digest(state),
        changes=tuple(changes),
        refusals=tuple(refusals),
        warnings=tuple(request.warnings),
        bundles=tuple(product.bundle for product in changed),
        domains=tuple(domains),
        allowed=allowed,
    )
    vetoes = tuple(request.verdicts(plan, mesh))
    return replace(plan, refusals=(*plan.refusals, *vetoes)) if vetoes else plan


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


def _transition(product: Product, old: Product | None) -> list[Refusal]:
    if old is None or old.status == product.status or product.status in TRANSITIONS[old.status]:
        return []
    allowed = ", ".join(sorted(TRANSITIONS[old.status])) or "nothing"
    return [
        Refusal(
            "MW306",
            str(product.key),
            f"the status cannot go from {old.status} to {product.status}",
            f"from {old.status} it can go to {allowed}",
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
    old = request.applied.get(key)
    contracts = {port.contract_id for port in old.outputs} if old else set()
    readers = sorted(
        {
            str(reader.key)
            for contract in contracts
            for reader, _ in request.mesh.readers_of_contract(contract)
        }
    )
    if readers:
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
    changes += [TableChange(key, table, "remove") for table in (_columns(old) if old else {})]
    return changes


def _builds(request: Request, owned: Sequence[Product]) -> list[Change]:
    """The stale products, upstream first."""
    mesh, state = request.mesh, request.state
    rebuilt: dict[ProductKey, None] = {}
    builds: list[Change] = []
    for product in in_order(mesh, owned):
        if product.status == "retired" or (request.only is not None and product.key not in request.only):
            continue
        reasons = stale_reasons(
            state, product.key, product.bundle.digest, mesh.upstream(product), rebuilt, request.now
        )
        if reasons:
            rebuilt[product.key] = None
            builds.append(Build(product.key, reasons, current_id(state, product.key)))
    return builds


def in_order(mesh: Mesh, products: Sequence[Product]) -> list[Product]:
    """Products, upstream first; ties in the order given. The mesh has no cycles (MW111)."""
    wanted = {product.key: product for product in products}
    done: dict[ProductKey, None] = {}
    for first in wanted:
        stack: list[tuple[ProductKey, bool]] = [(first, False)]
        while stack:
            key, expanded = stack.pop()
            if key in done or key not in wanted:
                continue
            if expanded:
                done[key] = None
                continue
            stack.append((key, True))
            stack += [(up, False) for up in reversed(mesh.upstream(wanted[key])) if up not in done]
    return [wanted[key] for key in done]
