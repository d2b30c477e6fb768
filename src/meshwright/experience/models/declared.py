"""What the models of a product may name, as plain data: the half of an analysis that is no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meshwright.experience.models.analysis import Read
from meshwright.model.contract import Contract, ContractObject
from meshwright.model.lineage import ANY
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
    """An object of an output port, and the model that builds it (None: no model does).

    `sources` are the `transformSourceObjects` of its columns that declare some, for Python models.
    """

    port: str
    version: str
    object: str
    model: str | None
    materialization: Materialization
    columns: tuple[str, ...] | None
    major: int = 0
    sources: tuple[tuple[str, tuple[str, ...]], ...] = ()


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
                major=port.major,
                sources=_sources(obj) if model and model.language == "python" else (),
            )
        )
    return tuple(found)


def _sources(obj: ContractObject) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((prop.column, prop.sources) for prop in obj.properties if prop.sources is not None)


def input_columns(inputs: tuple[DeclaredInput, ...]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The columns of each (input port, object) that has some."""
    return {
        (port.name, table): columns
        for port in inputs
        for _, table, columns in port.objects or ()
        if columns is not None
    }


def source_of(entry: str, reads: Mapping[str, Read]) -> tuple[Read, str] | None:
    """What an entry of `transformSourceObjects` means to a model: something it reads, and a column of it.

    `port.object.column` and `model.column`; without a column it is `ANY` of them. None where the model
    reads nothing of that name.
    """
    parts = entry.split(".")
    for read in reads.values():
        named = [read.name] if read.port is None else [read.port, read.name]
        if [part.lower() for part in parts[: len(named)]] == [name.lower() for name in named]:
            return read, ".".join(parts[len(named) :]) or ANY
    return None
