"""The edges between columns of a whole mesh, from what each product stored when it was applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from meshwright.model.address import ProductKey
from meshwright.model.contract import Contract
from meshwright.model.lineage import ANY, MEANING, ROWS, ObjectLineage, kind_of, lineage_from_json
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import Product

SOURCE = "source:"
"""How the place of a source's table starts; the id of its contract follows."""


DATASET = "dataset:"
"""How the place of a table outside the mesh starts; its namespace follows."""


class Place(NamedTuple):
    """A column of a table: of an output port by its address, of a source (`source:CONTRACT_ID`), or of a
    dataset outside the mesh (`dataset:NAMESPACE`).

    `object` is the table's name in data. `column` may be `ROWS` or `ANY`, and dotted.
    """

    address: str
    object: str
    column: str = ROWS

    def __str__(self) -> str:
        return f"{self.address}.{self.object}" + (f".{self.column}" if self.column else "")


class Edge(NamedTuple):
    """How one column comes from another, and the model that makes it so (`how` as in `MEANING`)."""

    source: Place
    target: Place
    how: int
    model: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table that lineage knows: of an output port, or of a source or outside the mesh (`product` None)."""

    address: str
    object: str
    columns: tuple[str, ...]
    product: ProductKey | None = None
    name: str = ""  # in its contract
    port: str = ""
    major: int = 0


Tables = Mapping[tuple[str, str], Table]
"""Tables by address and name in data."""


class PlacedEdge(NamedTuple):
    """An edge that others tell of, and the job that makes it so; the job may be empty."""

    source: Place
    target: Place
    how: int
    job: str


@dataclass(frozen=True, slots=True)
class Told:
    """What others tell of: tables outside the mesh, and edges from and to them and between ours."""

    tables: Tables
    edges: tuple[PlacedEdge, ...]


def tables_of(mesh: Mesh) -> Tables:
    """Every table of every output port and source that the mesh declares."""
    found: dict[tuple[str, str], Table] = {}
    for product in mesh.products.values():
        for port, obj in product.objects():
            address = str(mesh.address(product, port))
            columns = tuple(prop.column for prop in obj.properties)
            table = Table(address, obj.table, columns, product.key, obj.name, port.name, port.major)
            found[address, obj.table] = table
        for name, contract in sources_of(product, mesh).items():
            for obj in contract.objects:
                columns = tuple(prop.column for prop in obj.properties)
                known = found.get((name, obj.table))
                if known is not None:
                    columns = tuple(dict.fromkeys((*known.columns, *columns)))
                found[name, obj.table] = Table(name, obj.table, columns, name=obj.name)
    return found


def sources_of(product: Product, mesh: Mesh) -> Mapping[str, Contract]:
    """The contracts of the sources that a product reads, by their place."""
    targets = (mesh.resolve(port) for port in product.inputs)
    return {f"{SOURCE}{target.id}": target for target in targets if isinstance(target, Contract)}


def target_of(mesh: Mesh, key: ProductKey, built: ObjectLineage) -> str:
    """The address of the port that serves an object."""
    return f"mesh://{mesh.name}/{key.domain}/{key.product}/{built.port}@{built.major}"


def edges_of(mesh: Mesh, lineages: Mapping[ProductKey, str]) -> Iterator[Edge]:
    """Every edge of every product: `lineages` as `Registry.lineages` gives them.

    Places may be `ROWS` and `ANY`; `expanded` writes `ANY` out.
    """
    for key, text in lineages.items():
        product = mesh.products.get(key)
        if product is None:
            continue
        inputs = {port.name: address_of(mesh, port.name, product) for port in product.inputs}
        for built in lineage_from_json(text):
            target = target_of(mesh, key, built)
            for column, origins in built.columns.items():
                to = Place(target, built.object, column)
                for port, name, source, how in origins:
                    address = inputs.get(port)
                    if address is not None:
                        yield Edge(Place(address, name, source), to, how, built.model)


def address_of(mesh: Mesh, name: str, product: Product) -> str | None:
    """What an input port reads: an address, or a source; None where it resolves to nothing."""
    port = product.input(name)
    target = mesh.resolve(port) if port is not None else None
    if isinstance(target, PortRef):
        return str(mesh.address(target.product, target.port))
    return None if target is None else f"{SOURCE}{target.id}"


class ColumnEdgeRow(NamedTuple):
    """A row of the relation `column_edges`; a column is None where the rows of the table are meant."""

    source_address: str
    source_object: str
    source_column: str | None
    target_address: str
    target_object: str
    target_column: str | None
    kind: str
    subtype: str
    masking: bool
    model: str


def column_edge_rows(mesh: Mesh, lineages: Mapping[ProductKey, str]) -> Iterator[ColumnEdgeRow]:
    """The relation `column_edges`: every edge, `ANY` written out as each column of the table.

    What bears on the rows of a table (filters, joins, groups) has no target column, and bears on all
    of them; edges of subtype `rows` say that rows of a table are made from rows of another.
    """
    tables = tables_of(mesh)
    for source, target, how, model in edges_of(mesh, lineages):
        subtype, masking = MEANING[how]
        for column in _columns(source, tables):
            for to in _columns(target, tables):
                yield ColumnEdgeRow(
                    source.address,
                    source.object,
                    column,
                    target.address,
                    target.object,
                    to,
                    kind_of(subtype),
                    subtype,
                    masking,
                    model,
                )


def _columns(place: Place, tables: Tables) -> tuple[str | None, ...]:
    if place.column == ANY:
        table = tables.get((place.address, place.object))
        return table.columns if table is not None and table.columns else (ANY,)
    return (place.column or None,)
