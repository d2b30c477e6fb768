"""What the models of a product may name, as plain data: the half of an analysis that is no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meshwright.model.contract import Contract, ContractObject
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import Materialization, Model, Product


def model_name(model: Model) -> str:
    """The name of a model among those of its product: NAME, or NAME@MAJOR."""
    return model.name if model.major is None else f"{model.name}@{model.major}"


@dataclass(frozen=True, slots=True)
class DeclaredInput:
    """An input port with its objects as (name, name in data, columns).

    `columns` are None for an object whose contract lists none. `product` and `major` are those
    of the output port behind it, None for a source; `objects` is None for a port that resolves
    to nothing.
    """

    name: str
    product: str | None
    major: int
    objects: tuple[tuple[str, str, tuple[str, ...] | None], ...] | None


@dataclass(frozen=True, slots=True)
class Built:
    """An object of an output port, and the model that builds it (None: no model does)."""

    port: str
    version: str
    object: str
    model: str | None
    materialization: Materialization
    columns: tuple[str, ...] | None


def declared_inputs(product: Product, mesh: Mesh) -> tuple[DeclaredInput, ...]:
    """The input ports of a product and what is behind each."""
    found = []
    for port in product.inputs:
        target = mesh.resolve(port)
        contract = target.port.contract if isinstance(target, PortRef) else target
        key = target.product.key if isinstance(target, PortRef) else None
        found.append(
            DeclaredInput(
                name=port.name,
                product=f"{key.domain}.{key.product}" if key else None,
                major=target.port.major if isinstance(target, PortRef) else 0,
                objects=_objects(contract),
            )
        )
    return tuple(found)


def _objects(contract: Contract | None) -> tuple[tuple[str, str, tuple[str, ...] | None], ...] | None:
    if contract is None:
        return None
    return tuple((obj.name, obj.table, columns_of(obj)) for obj in contract.objects)


def columns_of(obj: ContractObject) -> tuple[str, ...] | None:
    """The object's columns as they are called in data; None when its contract lists none."""
    return tuple(prop.column for prop in obj.properties) or None


def built_objects(product: Product) -> tuple[Built, ...]:
    """Every object of every output port, with the model that builds it."""
    found = []
    for port, obj in product.objects():
        model = product.model_of(obj.name, port.major) or product.model_of(obj.table, port.major)
        found.append(
            Built(
                port=port.name,
                version=port.version,
                object=obj.table,
                model=model_name(model) if model else None,
                materialization=port.materialization(obj),
                columns=columns_of(obj),
            )
        )
    return tuple(found)


def input_columns(inputs: tuple[DeclaredInput, ...]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The columns of each (input port, object) that has some."""
    return {
        (port.name, table): columns
        for port in inputs
        for _, table, columns in port.objects or ()
        if columns is not None
    }
