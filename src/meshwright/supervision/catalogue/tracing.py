"""The lineage of the whole environment from the mesh's tables: nothing is parsed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.model.address import ProductKey
from meshwright.model.lineage import MEANING, ROWS, Subtype
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
    """Lineage over an environment: the graph, the tables that it knows, and the products by their names."""

    graph: LineageGraph = field(repr=False)
    tables: Tables = field(repr=False)
    products: Mapping[str, ProductKey] = field(repr=False)

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
    return Traced(builder.build(), tables, {str(key): key for key in (ProductKey(*each) for each in keys)})


def _add_edges(builder: GraphBuilder, mesh: MeshTables) -> None:
    """The edges of models; each table, column and kind is looked up once, whatever number of edges it has."""
    edges = mesh.tables["column_edges"]
    sources, source_tables = _coded(edges, "source_address", "source_object")
    targets, target_tables = _coded(edges, "target_address", "target_object")
    hows, meanings = _coded(edges, "subtype", "masking")
    models, model_names = _coded(edges, "model")
    ends = [_coded(edges, name) for name in ("source_column", "target_column")]
    (reads, read_names), (makes, made_names) = ends
    one = [builder.table(*each) for each in source_tables]
    other = [builder.table(*each) for each in target_tables]
    numbers = [_HOW[cast(Subtype, subtype), masking == "true"] for subtype, masking in meanings]
    for source, read, target, made, how, model in zip(
        sources, reads, targets, makes, hows, models, strict=True
    ):
        to = other[target][made_names[made][0]]
        builder.add(one[source][read_names[read][0]], to, numbers[how])
        builder.models[to] = model_names[model][0]
    for source, target in set(zip(sources, targets, strict=True)):
        at, of = one[source], other[target]
        builder.links.add(((at.address, at.object.lower()), (of.address, of.object.lower())))


def _coded(table: pa.Table, *names: str) -> tuple[list[int], list[tuple[str, ...]]]:
    """The values of some columns together, by number; what is null is `ROWS`, the empty text."""
    texts = [pc.fill_null(table[name].cast(pa.string()), ROWS) for name in names]
    joined = pc.binary_join_element_wise(*texts, _BETWEEN) if len(texts) > 1 else texts[0]
    coded = joined.combine_chunks().dictionary_encode()
    return coded.indices.to_pylist(), [tuple(v.split(_BETWEEN)) for v in coded.dictionary.to_pylist()]


_BETWEEN = "\x1f\x1e\x1f"
"""No name has this in it."""


def _tables(mesh: MeshTables) -> Tables:
    """Every table of every output port and source, by address and name in data."""
    columns = mesh.tables["columns"]
    columns = columns.filter(pc.equal(columns["depth"], 1))
    key = ("domain", "product", "contract_id", "contract_version", "object")
    objects, names = _coded(columns, *key), _coded(columns, "column")
    inside: list[list[str]] = [[] for _ in objects[1]]
    for place, column in zip(objects[0], names[0], strict=True):
        inside[place].append(names[1][column][0])
    by_object = {each: tuple(own) for each, own in zip(objects[1], inside, strict=True)}
    by_contract: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    rows = mesh.tables["objects"]
    for *of, name, table in zip(*(rows[each].to_pylist() for each in (*key, "table_name")), strict=True):
        by_contract.setdefault(tuple(of), []).append((name, table))
    found: dict[tuple[str, str], Table] = {}
    ports = mesh.tables["ports"].select([*key[:4], "direction", "address", "port", "major"])
    for port in ports.to_pylist():
        contract = tuple(port[name] for name in key[:4])
        for name, table in by_contract.get(contract, ()):
            own = by_object.get((*contract, name), ())
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
