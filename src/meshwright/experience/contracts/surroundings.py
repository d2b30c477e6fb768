"""The data that the checks of a product can read; what lies beyond is skipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from meshwright.experience.relations import input_relation, object_relation
from meshwright.model.contract import Contract, ContractObject
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import OutputPort, Product


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


def relations_of(port: OutputPort, around: Mapping[str, str]) -> dict[str, str]:
    """The relations that the checks of a port can read, by all their names; `around` are `surroundings`."""
    contract = port.contract
    if contract is None:
        return {}
    own = {obj.name: object_relation(obj.table, port.major) for obj in contract.objects}
    return {**around, **_as_written(contract, around), **own}


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
