"""Verification: the candidate, as consumers would see it, against its contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from meshwright.errors import ChecksFailed
from meshwright.experience.contracts.compile import compile_contract
from meshwright.experience.contracts.judge import judge, summary
from meshwright.experience.runs.relations import input_relation, object_relation
from meshwright.model.check import CheckResult, CheckSpec
from meshwright.model.contract import Contract, ContractObject
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import OutputPort, Product
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Session

Produced = Mapping[tuple[str, str, str], Mapping[str, ColumnType]]
"""What each model returned, by (port name, port version, object): names and types before storing."""


def verify(session: Session, product: Product, mesh: Mesh, produced: Produced) -> tuple[CheckResult, ...]:
    """Judge every object of every output port; the session offers them as `object_relation`."""
    around = surroundings(product, mesh)
    results: list[CheckResult] = []
    for port in product.outputs:
        results += verify_port(session, port, produced, around)
    return tuple(results)


def surroundings(product: Product, mesh: Mesh) -> dict[str, str]:
    """The relations that relationships may lead to beyond their contract, by how they are written.

    These are the product's own objects and those that it reads, by address
    (`domain.product.object`) and by the file of their contract (`orders.yaml#orders`).
    """
    found = {}
    for reading in product.inputs:
        target = mesh.resolve(reading)
        if isinstance(target, PortRef) and target.port.contract:
            for obj in target.port.contract.objects:
                relation = input_relation(reading.name, obj.table)
                for name in _names(target.product, target.port.contract, obj):
                    found[name] = relation
    for port, obj in product.objects():
        assert port.contract is not None
        for name in _names(product, port.contract, obj):
            found[name] = object_relation(obj.table, port.major)
    return found


def _names(product: Product, contract: Contract, obj: ContractObject) -> Iterator[str]:
    yield f"{product.domain}.{product.key.product}.{obj.table}"
    yield f"{PurePosixPath(contract.file).name}#{obj.name}"


def verify_port(
    session: Session, port: OutputPort, produced: Produced, around: Mapping[str, str]
) -> list[CheckResult]:
    """Judge every object of one port."""
    contract = port.contract
    if contract is None:
        return []
    own = {obj.name: object_relation(obj.table, port.major) for obj in contract.objects}
    relations = {**around, **_as_written(contract, around), **own}
    by_object: dict[str, list[CheckSpec]] = {}
    for spec in compile_contract(contract, relations.keys()):
        by_object.setdefault(spec.object, []).append(spec)
    results: list[CheckResult] = []
    for name, specs in by_object.items():
        obj = contract.find(name)
        columns = produced.get((port.name, port.version, obj.table)) if obj else None
        measures = session.measure(relations[name], specs, relations, columns)
        results += [judge(spec, measures[spec.id]) for spec in specs]
    return results


def _as_written(contract: Contract, around: Mapping[str, str]) -> dict[str, str]:
    """File references as the contract writes them, for those whose object is at hand."""
    found = {}
    for obj in contract.objects:
        for relationship in (*obj.relationships, *(r for p in obj.properties for r in p.relationships)):
            if relationship.to_contract:
                name = f"{PurePosixPath(relationship.to_contract).name}#{relationship.to_object}"
                if name in around:
                    found[f"{relationship.to_contract}#{relationship.to_object}"] = around[name]
    return found


def stop_on_failure(product: Product, results: Sequence[CheckResult]) -> None:
    """Let only a candidate pass that breaks no check of severity error.

    Raises:
        ChecksFailed: some did; the text has each rule, observed against expected, failing keys.
    """
    failed = [result for result in results if result.stops]
    if not failed:
        return
    count = f"{len(failed)} of {len(results)} checks"
    raise ChecksFailed(
        f"{product.key} was not published: {count} failed\n" + "\n".join(map(summary, failed)),
        results,
        way_out="correct the data or the model and run again; consumers still read the last publication",
    )
