"""Lineage between sources, ports and products."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.supervision.metamodel.column import text
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.world import World


def _edges(world: World) -> pa.Table:
    return pa.concat_tables([_read(world), _served(world)])


def _read(world: World) -> pa.Table:
    inputs = world.table("inputs")
    inputs = inputs.filter(pc.is_in(inputs["resolves_to"], value_set=pa.array(["port", "source"])))
    major = pc.list_element(pc.split_pattern(pc.fill_null(inputs["source_contract_version"], ""), "."), 0)
    source = pc.binary_join_element_wise("source:", pc.fill_null(inputs["contract_id"], ""), "@", major, "")
    return RELATION.table(
        {
            "kind": ["reads"] * len(inputs),
            "from_node": pc.coalesce(inputs["to_address"], source),
            "from_kind": inputs["resolves_to"],
            "from_domain": inputs["to_domain"],
            "from_product": inputs["to_product"],
            "to_node": _product(world, inputs),
            "to_kind": ["product"] * len(inputs),
            "to_domain": inputs["domain"],
            "to_product": inputs["product"],
            "input_port": inputs["port"],
        }
    )


def _served(world: World) -> pa.Table:
    ports = world.table("ports")
    ports = ports.filter(pc.equal(ports["direction"], "output"))
    return RELATION.table(
        {
            "kind": ["serves"] * len(ports),
            "from_node": _product(world, ports),
            "from_kind": ["product"] * len(ports),
            "from_domain": ports["domain"],
            "from_product": ports["product"],
            "to_node": ports["address"],
            "to_kind": ["port"] * len(ports),
            "to_domain": ports["domain"],
            "to_product": ports["product"],
        }
    )


def _product(world: World, rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(f"mesh://{world.mesh}", rows["domain"], rows["product"], "/")


_COLUMNS = (
    text(
        "kind",
        "`reads` (a product reads a port or a source) or `serves` (a product serves a port).",
        required=True,
    ),
    text(
        "from_node",
        "Where data come from: an address of a port or product, or `source:CONTRACT@MAJOR`.",
        required=True,
    ),
    text("from_kind", "`source`, `port` or `product`.", required=True),
    text("from_domain", "Its domain; null for a source."),
    text("from_product", "Its product; null for a source."),
    text("to_node", "Where they go: an address of a product or port.", required=True),
    text("to_kind", "`product` or `port`.", required=True),
    text("to_domain", "Its domain.", required=True),
    text("to_product", "Its product.", required=True),
    text("input_port", "The input port by which the product reads; null for `serves`."),
)

RELATION = Relation(
    name="edges",
    description=(
        "Lineage as a graph: sources and output ports lead to the products that read them, products to the "
        "ports that they serve. Input ports that mean nothing, or several ports, have no edge."
    ),
    columns=_COLUMNS,
    key=("from_node", "to_node", "input_port"),
    derive=_edges,
    needs=("inputs", "ports"),
)
