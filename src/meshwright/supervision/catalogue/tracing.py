"""The lineage of the whole environment from the mesh's tables: nothing is parsed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow.compute as pc

from meshwright.model.address import ProductKey
from meshwright.model.lineage import MEANING, ROWS
from meshwright.supervision.lineage.edges import SOURCE, Table, Tables
from meshwright.supervision.lineage.graph import GraphBuilder, LineageGraph, TableKey
from meshwright.supervision.lineage.told import Ours, told_of
from meshwright.supervision.metamodel.history import History
from meshwright.supervision.metamodel.relations.joined import ours_in
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.metamodel.world import World

RELATIONS = ("column_edges", "ports", "objects", "columns", "servers", "products", "external_edges")
"""The relations that lineage follows: it is the same as long as they are."""

_HOW = {meaning: number for number, meaning in enumerate(MEANING)}


@dataclass(frozen=True)
class Traced:
    """Lineage over an environment: the graph, the tables that it knows, and the products."""

    graph: LineageGraph = field(repr=False)
    tables: Tables = field(repr=False)
    products: tuple[ProductKey, ...] = field(repr=False)

    @cached_property
    def names(self) -> Mapping[TableKey, str]:
        """The names of tables as they are written, by address and name in small letters."""
        return {(address, name.lower()): name for address, name in self.tables}


def traced(mesh: MeshTables) -> Traced:
    """The lineage of everything that is applied, and of what others told."""
    own = _tables(mesh)
    builder = GraphBuilder()
    told = told_of(mesh.external, _ours(mesh), own) if mesh.external else None
    tables = own if told is None else {**own, **told.tables}
    for table in tables.values():
        numbers = builder.table(table.address, table.object)
        for column in table.columns:
            numbers[column]
    _add_edges(builder, mesh)
    for edge in told.edges if told is not None else ():
        builder.tell(edge.source, edge.target, edge.how, edge.job)
    products = mesh.tables["products"]
    keys = zip(products["domain"].to_pylist(), products["product"].to_pylist(), strict=True)
    return Traced(builder.build(), tables, tuple(ProductKey(*key) for key in keys))


def _add_edges(builder: GraphBuilder, mesh: MeshTables) -> None:
    edges = mesh.tables["column_edges"]
    names = (
        "source_address",
        "source_object",
        "source_column",
        "target_address",
        "target_object",
        "target_column",
        "subtype",
        "masking",
        "model",
    )
    links: set[tuple[TableKey, TableKey]] = set()
    for one, at, column, other, to, made, subtype, masking, model in zip(
        *(edges[name].to_pylist() for name in names), strict=True
    ):
        target = builder.table(other, to)[made or ROWS]
        builder.add(builder.table(one, at)[column or ROWS], target, _HOW[subtype, masking])
        builder.made_by(target, model)
        links.add(((one, at.lower()), (other, to.lower())))
    builder.links |= links


def _tables(mesh: MeshTables) -> Tables:
    """Every table of every output port and source, by address and name in data."""
    columns = mesh.tables["columns"]
    columns = columns.filter(pc.equal(columns["depth"], 1))
    key = ("domain", "product", "contract_id", "contract_version", "object")
    inside: dict[tuple[str, ...], list[str]] = {}
    for *of, column in zip(*(columns[name].to_pylist() for name in (*key, "column")), strict=True):
        inside.setdefault(tuple(of), []).append(column or "")
    objects: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    rows = mesh.tables["objects"]
    for *of, name, table in zip(*(rows[name].to_pylist() for name in (*key, "table_name")), strict=True):
        objects.setdefault(tuple(of), []).append((name, table))
    found: dict[tuple[str, str], Table] = {}
    for port in mesh.tables["ports"].to_pylist():
        contract = tuple(port[name] for name in key[:4])
        for name, table in objects.get(contract, ()):
            own = tuple(inside.get((*contract, name), ()))
            if port["direction"] == "output":
                product = ProductKey(port["domain"], port["product"])
                made = Table(port["address"], table, own, product, name, port["port"], port["major"])
            else:
                address = f"{SOURCE}{port['contract_id']}"
                known = found.get((address, table))
                if known is not None:
                    own = tuple(dict.fromkeys((*known.columns, *own)))
                made = Table(address, table, own, name=name)
            found[made.address, table] = made
    return found


def _ours(mesh: MeshTables) -> Ours:
    """The tables by the names that others have for them; a source has no major in lineage."""
    ours = ours_in(World(mesh.mesh, mesh.tables.__getitem__, History()))
    plain = {
        name: (node.rpartition("@")[0] if node.startswith(SOURCE) else node, table)
        for name, (node, table) in ours.tables.items()
    }
    return Ours(plain)
