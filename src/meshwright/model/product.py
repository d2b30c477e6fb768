"""Data products and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from meshwright.model.address import ProductKey, major_of
from meshwright.model.contract import Contract, ContractObject, Document, Server

Materialization = Literal["full", "append", "merge"]
Status = Literal["proposed", "draft", "active", "deprecated", "retired"]

STATUSES: tuple[Status, ...] = ("proposed", "draft", "active", "deprecated", "retired")

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "proposed": frozenset({"draft", "active", "retired"}),
    "draft": frozenset({"proposed", "active", "retired"}),
    "active": frozenset({"deprecated"}),
    "deprecated": frozenset({"active", "retired"}),
    "retired": frozenset(),
}
"""Which lifecycle status may follow which."""

SERVING: frozenset[str] = frozenset({"active", "deprecated"})
"""Statuses in which other domains see a product."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything one product is declared by, as files: the unit that is applied.

    `documents` holds the parsed YAML documents and `texts` the model, test and other text
    files, by path relative to the product's folder with `/` between parts. `folder` is that
    folder relative to the mesh. `digest` is over paths and contents, so two equal digests mean
    equal declarations and code.
    """

    domain: str
    product: str
    folder: str
    digest: str
    documents: Mapping[str, Document]
    texts: Mapping[str, str]

    @property
    def key(self) -> ProductKey:
        """The product."""
        return ProductKey(self.domain, self.product)


@dataclass(frozen=True, slots=True)
class Model:
    """One transformation file; builds the object of its name, for one major if it names one.

    An intermediate model builds an object that no output port serves.
    """

    name: str
    major: int | None  # from NAME@MAJOR.sql
    language: Literal["sql", "python"]
    file: str  # relative to the mesh
    text: str


@dataclass(frozen=True, slots=True)
class InputPort:
    """Where a product reads. It names a contract; `Mesh.resolve` finds what is behind it.

    `source` is the contract when it is one of the product's own contracts with servers.
    """

    name: str
    contract_id: str | None
    version: str | None
    path: str
    source: Contract | None = None


@dataclass(frozen=True, slots=True)
class OutputPort:
    """Where a product serves; its key is name and version (ODPS 1.1)."""

    name: str
    version: str
    contract_id: str | None
    path: str
    contract: Contract | None = None
    description: str | None = None
    deprecated: bool = False
    custom: Mapping[str, Any] = field(default_factory=dict)

    @property
    def major(self) -> int:
        """The major version, part of the address."""
        return major_of(self.version)

    def materialization(self, obj: ContractObject) -> Materialization:
        """How `obj` is built: its own `materialization` custom property, else the port's."""
        choice: Materialization = obj.custom.get("materialization") or self.custom.get(
            "materialization", "full"
        )
        return choice


@dataclass(frozen=True, slots=True)
class Product:
    """The architectural quantum: declaration, code, data and policies, deployed as one unit.

    `status` is the ODPS lifecycle status (`active` when the document names none); `sunset`
    (an ISO date) and `successor` (a product or an address) are custom properties that a
    deprecated or retired product carries. `dialect` is that of its SQL models.
    """

    key: ProductKey
    id: str
    bundle: Bundle = field(repr=False)
    document: Document = field(repr=False)
    file: str
    status: Status = "active"
    name: str | None = None
    version: str | None = None
    description: str | None = None
    inputs: tuple[InputPort, ...] = ()
    outputs: tuple[OutputPort, ...] = ()
    contracts: tuple[Contract, ...] = ()
    models: tuple[Model, ...] = ()
    dialect: str = "duckdb"
    sunset: str | None = None
    successor: str | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The owning domain."""
        return self.key.domain

    def input(self, name: str) -> InputPort | None:
        """The input port of this name, or None."""
        return next((port for port in self.inputs if port.name == name), None)

    def objects(self) -> tuple[tuple[OutputPort, ContractObject], ...]:
        """Every object of every output port, in declaration order."""
        return tuple((port, obj) for port in self.outputs if port.contract for obj in port.contract.objects)

    def model_of(self, name: str, major: int) -> Model | None:
        """The model that builds object `name` of `major`: NAME@MAJOR if there is one, else NAME."""
        exact = next((m for m in self.models if m.name == name and m.major == major), None)
        return exact or next((m for m in self.models if m.name == name and m.major is None), None)


@dataclass(frozen=True, slots=True)
class Domain:
    """A business area that owns products."""

    name: str
    file: str | None
    document: Document = field(repr=False)
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """A named binding of the mesh to real infrastructure.

    `registry` is a SQLAlchemy URL, `warehouse` an absolute folder or an object-store URL;
    `secrets` maps a server name to a reference (`env:NAME`, `file:PATH`) or to references by
    key (`user`, `password`, `token`, ...). Values of secrets are never kept.
    """

    name: str
    registry: str
    warehouse: str
    engine: str = "duckdb"
    secrets: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A source contract behind an input port, with the server that was chosen for it."""

    contract: Contract
    server: Server
