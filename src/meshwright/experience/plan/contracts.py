"""What changed in the contracts of a product's output ports, and whom it hits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from meshwright.experience.compatibility import (
    ColumnsUsed,
    ConsumerHit,
    compare_contracts,
    consumers_hit,
    consumers_lost,
    judge_version,
)
from meshwright.experience.plan.changes import ContractDifference, ContractRevision
from meshwright.experience.plan.plan import Refusal
from meshwright.model.mesh import Mesh, PortRef, asks_for
from meshwright.model.product import SERVING, OutputPort, Product

ALLOW = 'or say why with --allow-breaking "REASON"'


@dataclass(frozen=True, slots=True)
class Revised:
    """One contract revision, and why it is refused unless breaking changes are allowed."""

    revision: ContractRevision
    refusals: tuple[Refusal, ...] = ()


def revisions(product: Product, old: Product, mesh: Mesh, columns_used: ColumnsUsed) -> Iterator[Revised]:
    """The contract changes of a product's output ports, in the order of the applied ports.

    Versions are compared within one major of a port: a new major is a port of its own. Changes of a
    product that was proposed or draft are told and never refused, for it promised nothing yet.
    """
    after = {(port.name, port.major): port for port in product.outputs}
    names = {port.name for port in product.outputs}
    for was in old.outputs:
        now = after.get((was.name, was.major))
        lost = consumers_lost(mesh, PortRef(old, was))
        if now is None:
            reason = "superseded by a new major version" if was.name in names else "the port is gone"
            found: Revised | None = port_ends(product, was, reason, lost)
        else:
            found = _revised(product, was, now, lost, mesh, columns_used)
        if found is not None:
            yield found if old.status in SERVING else Revised(found.revision)


def port_ends(product: Product, port: OutputPort, reason: str, readers: Sequence[ConsumerHit]) -> Revised:
    """A port that serves no more; refused while somebody reads it."""
    hits = tuple(map(str, readers))
    gone = ContractDifference("port_removed", f"{port.name}@{port.major}", True, reason, hits)
    revision = ContractRevision(product.key, port.name, port.version, "", "removed", (gone,))
    refusal = Refusal(
        "MW502",
        _subject(product, port),
        f"{reason}, but it is read by {_listed(hits)}",
        f"keep it until its consumers have moved, {ALLOW}",
    )
    return Revised(revision, (refusal,) if hits else ())


def ambiguities(product: Product, old: Product | None, mesh: Mesh) -> Iterator[Refusal]:
    """Ports that would leave consumers in other trees with several things to read (MW104).

    Consumers of this tree are judged where they are declared.
    """
    before = old.outputs if old else ()
    for port in product.outputs:
        for consumer, asked in mesh.readers_of_contract(port.contract_id):
            fits = mesh.targets[consumer.key, asked.name]
            if consumer.domain in mesh.owned or len(fits) < 2 or not asks_for(asked, port):
                continue
            if not any(asks_for(asked, was) for was in before):
                yield Refusal(
                    "MW104",
                    _subject(product, port),
                    f"{consumer.key} through {asked.name} would find {len(fits)} ports for contract "
                    f"`{port.contract_id}`",
                    "give the contract an id of its own, or let its consumers ask for another one first",
                )


def _revised(
    product: Product,
    was: OutputPort,
    now: OutputPort,
    lost: Sequence[ConsumerHit],
    mesh: Mesh,
    columns_used: ColumnsUsed,
) -> Revised | None:
    if was.contract is None or now.contract is None:
        return None
    changes = compare_contracts(was.contract, now.contract)
    if not changes and not lost and was.contract.version == now.contract.version:
        return None
    provider = PortRef(product, now)
    differences = [
        ContractDifference(
            change.kind,
            change.place,
            change.breaking,
            change.reason,
            tuple(map(str, consumers_hit(change, mesh, provider, columns_used))) if change.breaking else (),
        )
        for change in changes
    ]
    refusals = []
    if lost:
        moved = f"it serves contract `{now.contract_id}` {now.version}, which is not what they ask for"
        hits = tuple(map(str, lost))
        place = f"{was.name}@{was.major}"
        differences.insert(0, ContractDifference("port_moved", place, True, moved, hits))
        refusals.append(
            Refusal("MW502", _subject(product, was), f"{_listed(hits)} would lose it: {moved}",
                    f"keep contract `{was.contract_id}` and a version after {was.version}, {ALLOW}")
        )  # fmt: skip
    problem = judge_version(was.contract, now.contract, changes)
    if problem is not None:
        hits = tuple(hit for difference in differences for hit in difference.hits)
        whom = f"it hits {_listed(hits)}" if hits else "no known consumer uses what changes"
        way_out = problem.hint or ""
        if "--allow-breaking" not in way_out:
            way_out = f"{way_out}, {ALLOW}"
        refusals.append(Refusal(problem.code, _subject(product, was), f"{problem.message}; {whom}", way_out))
    verdict = "breaking" if any(difference.breaking for difference in differences) else "compatible"
    revision = ContractRevision(
        product.key, was.name, was.contract.version, now.contract.version, verdict, tuple(differences)
    )
    return Revised(revision, tuple(refusals))


def _subject(product: Product, port: OutputPort) -> str:
    return f"{product.key} port {port.name}@{port.major}"


def _listed(hits: Iterable[str]) -> str:
    return ", ".join(sorted(set(hits)))
