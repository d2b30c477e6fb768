"""What references between declarations mean: paths inside documents, relationships between contracts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from meshwright.model.address import ProductKey
from meshwright.model.contract import Contract, ContractObject, Document, Property, Relationship
from meshwright.model.mesh import Mesh
from meshwright.model.product import Product

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def node_at(document: Document, path: str) -> Any:
    """The part of a document at `path` (``schema[0].properties[2]``); None when it is not there."""
    node: Any = document
    for key, index in _STEP.findall(path):
        try:
            node = node[int(index)] if index else node[key]
        except (KeyError, IndexError, TypeError):
            return None
    return node


@dataclass(frozen=True, slots=True)
class Referred:
    """What a relationship refers to; `product` is None for an object of the same contract."""

    product: Product | None
    contract: Contract
    object: ContractObject
    columns: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why a relationship refers to nothing; `known` holds the names it could have meant."""

    reason: str
    wanted: str
    known: tuple[str, ...] = ()
    way_out: str | None = None


@dataclass(frozen=True)
class References:
    """Resolves relationships in one mesh (ODCS 3.2, relationships).

    A reference is `object.column` in the same contract, `file.yaml#/schema/ID/properties/ID` in
    the contract of another file (relative to the referring one, or to the mesh), or
    `domain.product.object.column` at an output port anywhere in the mesh. A web address before
    the `#` is left alone: nothing is fetched.
    """

    mesh: Mesh = field(repr=False)

    @cached_property
    def files(self) -> Mapping[str, tuple[Product, Contract]]:
        """Every contract of the mesh by its file."""
        return {
            contract.file: (product, contract)
            for product in self.mesh.products.values()
            for contract in product.contracts
        }

    def resolve(self, contract: Contract, relationship: Relationship) -> Referred | Unresolved | None:
        """What `relationship` of `contract` refers to; None when that is outside the mesh."""
        if relationship.to_contract is None:
            obj = find_object(contract, relationship.to_object)
            if obj is not None:
                return _columns(None, contract, obj, relationship.to)
            return self._by_address(contract, relationship)
        if "://" in relationship.to_contract:
            return None
        file = relationship.to_contract
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(contract.file), file))
        found = self.files.get(beside) or self.files.get(posixpath.normpath(file))
        if found is None:
            names = [posixpath.basename(known) for known in self.files]
            return Unresolved(
                f"no contract is in `{file}`",
                posixpath.basename(file),
                tuple(dict.fromkeys(names)),
                f"name the file relative to {posixpath.dirname(contract.file) or 'the mesh'}",
            )
        product, other = found
        obj = find_object(other, relationship.to_object)
        if obj is None:
            return Unresolved(
                f"`{other.file}` has no object `{relationship.to_object}`",
                relationship.to_object,
                tuple(o.name for o in other.objects),
            )
        return _columns(product, other, obj, relationship.to)

    def _by_address(self, contract: Contract, relationship: Relationship) -> Referred | Unresolved:
        here = Unresolved(
            f"this contract has no object `{relationship.to_object}`",
            relationship.to_object,
            tuple(o.name for o in contract.objects),
            "refer to another product's column as domain.product.object.column",
        )
        parts = [column.split(".", 2) for column in relationship.to]
        if not parts or any(len(part) < 3 or part[:2] != parts[0][:2] for part in parts):
            return here
        key = ProductKey(relationship.to_object, parts[0][0])
        product = self.mesh.products.get(key)
        if product is None:
            return here
        name = parts[0][1]
        serving = sorted(product.objects(), key=lambda pair: -pair[0].major)
        for port, obj in serving:
            if obj.name == name and port.contract is not None:
                return _columns(product, port.contract, obj, [part[2] for part in parts])
        return Unresolved(
            f"{key} serves no object `{name}`", name, tuple(dict.fromkeys(o.name for _, o in serving))
        )


def find_object(contract: Contract, name: str) -> ContractObject | None:
    """The object with this name, physical name or stable id, or None."""
    found = contract.find(name)
    if found is not None:
        return found
    return next((o for o in contract.objects if stable_id(contract, o.path) == name), None)


def find_column(contract: Contract, properties: Iterable[Property], dotted: str) -> Property | None:
    """The property at a dotted path of names, physical names or stable ids, or None."""
    level = tuple(properties)
    whole = _named(contract, level, dotted)
    if whole is not None:
        return whole
    head, _, rest = dotted.partition(".")
    found = _named(contract, level, head.removesuffix("[]"))
    if found is None or not rest:
        return found
    inner = found.items or found.map_value or found
    return find_column(contract, inner.properties, rest)


def stable_id(contract: Contract, path: str) -> str | None:
    """The `id` that the contract's document gives the object or property at `path`."""
    node = node_at(contract.document, path)
    return node.get("id") if isinstance(node, Mapping) else None


def _named(contract: Contract, level: tuple[Property, ...], name: str) -> Property | None:
    for prop in level:
        if name in (prop.name, prop.physical_name):
            return prop
    return next((p for p in level if stable_id(contract, p.path) == name), None)


def _columns(
    product: Product | None, contract: Contract, obj: ContractObject, names: Iterable[str]
) -> Referred | Unresolved:
    columns = []
    for name in names:
        found = find_column(contract, obj.properties, name)
        if found is None:
            return Unresolved(
                f"object `{obj.name}` has no column `{name}`", name, tuple(p.name for p in obj.properties)
            )
        columns.append(found)
    return Referred(product, contract, obj, tuple(columns))
