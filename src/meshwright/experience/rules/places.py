"""Walking the declarations that a tree owns, and finding places in their documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshwright.experience.resolution import node_at
from meshwright.model.contract import Contract, ContractObject, Document, Property
from meshwright.model.mesh import Mesh
from meshwright.model.product import InputPort, Model, OutputPort, Product


def owned(mesh: Mesh) -> Iterator[Product]:
    """The products whose domains this tree owns: problems of others are for others to see."""
    return (product for product in mesh.products.values() if product.key.domain in mesh.owned)


def owned_inputs(mesh: Mesh) -> Iterator[tuple[Product, InputPort]]:
    """Every input port of the owned products."""
    return ((product, port) for product in owned(mesh) for port in product.inputs)


def owned_outputs(mesh: Mesh) -> Iterator[tuple[Product, OutputPort]]:
    """Every output port of the owned products."""
    return ((product, port) for product in owned(mesh) for port in product.outputs)


def owned_contracts(mesh: Mesh) -> Iterator[tuple[Product, Contract]]:
    """Every contract of the owned products."""
    return ((product, contract) for product in owned(mesh) for contract in product.contracts)


def owned_sources(mesh: Mesh) -> Iterator[tuple[Contract, ContractObject]]:
    """Every object of the owned source contracts."""
    for _, contract in owned_contracts(mesh):
        if contract.servers:
            for obj in contract.objects:
                yield contract, obj


def model_for(product: Product, port: OutputPort, obj: ContractObject) -> Model | None:
    """The model that builds an object of a port: by its name, else by its name in data."""
    return product.model_of(obj.name, port.major) or product.model_of(obj.table, port.major)


def walk(properties: tuple[Property, ...]) -> Iterator[Property]:
    """The properties and everything nested in them."""
    for prop in properties:
        yield prop
        if prop.properties:
            yield from walk(prop.properties)
        if prop.items is not None:
            yield from walk((prop.items,))
        if prop.map_key is not None:
            yield from walk((prop.map_key,))
        if prop.map_value is not None:
            yield from walk((prop.map_value,))


def custom_place(document: Document, path: str, name: str) -> str:
    """The path of the value of custom property `name` of the node at `path`; else `path`."""
    node = node_at(document, path)
    entries = node.get("customProperties") if isinstance(node, Mapping) else None
    for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        if isinstance(entry, Mapping) and entry.get("property") == name:
            return f"{path}{'.' if path else ''}customProperties[{index}].value"
    return path
