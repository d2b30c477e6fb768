"""What changed in the contracts of a product's output ports, and whom it hits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from meshwright.experience.compatibility import compare_contracts
from meshwright.experience.compatibility.kinds import ContractChange
from meshwright.experience.plan.changes import Change, ContractDifference, ContractRevision
from meshwright.experience.plan.plan import Refusal
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import InputPort, OutputPort, Product

ColumnsUsed = Callable[[ProductKey], Mapping[tuple[str, str], frozenset[str] | None]]
"""The columns a consumer's models use, by (input port, object); None: it cannot be told, so all."""


def revisions(
    product: Product,
    old: Product | None,
    mesh: Mesh,
    columns_used: ColumnsUsed,
    refusals: list[Refusal],
    allow_breaking: str | None,
) -> list[Change]:
    """The contract changes of a product's output ports; what is refused is added to `refusals`.

    Versions are compared within one major of a port: a new major is a port of its own.
    """
    if old is None:
        return []
    after = {(port.name, port.major): port for port in product.outputs}
    names = {port.name for port in product.outputs}
    found: list[Change] = []
    for was in old.outputs:
        now = after.get((was.name, was.major))
        readers = _readers(mesh, product, was)
        if now is None:
            found.append(_gone(product, was, was.name in names, readers, refusals, allow_breaking))
            continue
        if was.contract is None or now.contract is None or was.contract.document == now.contract.document:
            continue
        differences = tuple(
            _judged(change, readers, columns_used) for change in compare_contracts(was.contract, now.contract)
        )
        breaking = [difference for difference in differences if difference.breaking]
        verdict = "breaking" if breaking else "compatible"
        found.append(ContractRevision(product.key, was.name, was.version, now.version, verdict, differences))
        if breaking and not allow_breaking:
            refusals.append(_refused(product, was, breaking))
    return found


def _readers(mesh: Mesh, product: Product, port: OutputPort) -> list[tuple[Product, InputPort]]:
    """The consumers of one major of a port, as it is now."""
    found = []
    for ref in mesh.readers_of_contract(port.contract_id):
        consumer, reading = ref
        target = mesh.resolve(reading)
        if consumer.key == product.key:
            continue
        if not isinstance(target, PortRef) or (target.port.name, target.port.major) == (
            port.name,
            port.major,
        ):
            found.append((consumer, reading))
    return found


def _judged(
    change: ContractChange, readers: list[tuple[Product, InputPort]], columns_used: ColumnsUsed
) -> ContractDifference:
    hits = []
    for consumer, port in readers if change.breaking else ():
        used = columns_used(consumer.key)
        if change.object is None:
            hits.append(f"{consumer.key} ({port.name})")
            continue
        key = (port.name, change.object)
        columns = used.get(key, frozenset())
        touched = {name.split(".")[0].split("[")[0] for name in change.columns}
        if columns is None or (key in used and not touched) or touched & columns:
            names = f": {', '.join(sorted(touched & columns))}" if columns and touched else ""
            hits.append(f"{consumer.key} ({port.name}{names})")
    return ContractDifference(change.kind, change.place, change.breaking, change.reason, tuple(hits))


def _refused(product: Product, port: OutputPort, breaking: list[ContractDifference]) -> Refusal:
    hits = sorted({hit for difference in breaking for hit in difference.hits})
    whom = f"; it hits {', '.join(hits)}" if hits else "; no known consumer uses what changes"
    what = "; ".join(f"{d.kind} {d.place}".strip() for d in breaking)
    return Refusal(
        "MW501",
        f"{product.key} port {port.name}@{port.major}",
        f"the contract breaks without a new major version: {what}{whom}",
        f"serve it as a new port version {port.major + 1}.0.0 beside this one, "
        'or say why with --allow-breaking "REASON"',
    )


def _gone(
    product: Product,
    port: OutputPort,
    superseded: bool,
    readers: list[tuple[Product, InputPort]],
    refusals: list[Refusal],
    allow_breaking: str | None,
) -> ContractRevision:
    hits = tuple(f"{consumer.key} ({reading.name})" for consumer, reading in readers)
    reason = "superseded by a new major version" if superseded else "the port is gone"
    difference = ContractDifference("port_removed", f"{port.name}@{port.major}", True, reason, hits)
    if hits and not allow_breaking:
        refusals.append(
            Refusal(
                "MW502",
                f"{product.key} port {port.name}@{port.major}",
                f"{reason}, but it is read by {', '.join(hits)}",
                "keep the old version until its consumers have moved, "
                'or say why with --allow-breaking "REASON"',
            )
        )
    return ContractRevision(product.key, port.name, port.version, "", "removed", (difference,))
