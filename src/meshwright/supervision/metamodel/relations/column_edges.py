"""Lineage between columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.model.lineage import ANY, MEANING, kind_of
from meshwright.supervision.lineage.edges import SOURCE
from meshwright.supervision.metamodel.column import boolean, text
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.world import World

Array = Any
"""An Arrow array, in chunks or whole."""


def _edges(world: World) -> pa.Table:
    """Rows by the rules of `supervision.lineage.edges.column_edge_rows`, for the whole mesh at once."""
    origins = world.table("_column_origins").combine_chunks()
    if not len(origins):
        return RELATION.schema.empty_table()
    read, made = _read(world, origins), _made(world, origins)
    rows = _numbered(origins)
    if read["source_address"].null_count:
        rows = rows.filter(pc.is_valid(read["source_address"].take(rows["read"])))
    columns = (rows["source_column"], rows["target_column"])
    starred = pc.or_(*(pc.equal(each, ANY) for each in columns))
    if pc.any(starred).as_py():
        written = _written_out(world, rows.filter(starred), read, made)
        whole = pa.concat_tables([rows.filter(pc.invert(starred)), written])
        rows = whole.group_by(whole.column_names, use_threads=False).aggregate([])
    subtypes = pa.array([subtype for subtype, _ in MEANING])
    kinds = pa.array([kind_of(subtype) for subtype, _ in MEANING])
    masking = pa.array([masks for _, masks in MEANING])
    nothing = pa.scalar(None, pa.string())
    named = {
        name: pc.if_else(pc.equal(rows[name], ""), nothing, rows[name])
        for name in ("source_column", "target_column")
    }
    source, target = _known(world, rows, named, read, made)
    return RELATION.table(
        {
            **{name: read[name].take(rows["read"]) for name in _OF_SOURCES},
            **{name: made[name].take(rows["made"]) for name in _OF_TARGETS},
            **named,
            "source": source,
            "target": target,
            "subtype": subtypes.take(rows["how"]),
            "kind": kinds.take(rows["how"]),
            "masking": masking.take(rows["how"]),
        }
    )


_OF_SOURCES = ("source_address", "source_object", "source_domain", "source_product", "input_port")
_OF_TARGETS = ("target_address", "target_object", "target_domain", "target_product", "model")


def _numbered(origins: pa.Table) -> pa.Table:
    """One row for each origin of each column: numbers of what is read and made, columns, and how."""
    lists = {name: origins[name].chunk(0) for name in ("sizes", "columns", "inputs", "input_columns", "how")}
    sizes = pc.list_flatten(lists["sizes"])
    of_column = pa.array(chain.from_iterable(map(repeat, range(len(sizes)), sizes.to_pylist())), pa.int32())
    offsets = origins["input_ports"].chunk(0).offsets
    starts = pc.subtract(offsets, offsets[0])
    made = pc.list_parent_indices(lists["inputs"])
    return pa.table(
        {
            "read": pc.add(pc.list_flatten(lists["inputs"]), starts.take(made)),
            "made": made,
            "source_column": pc.list_flatten(lists["input_columns"]),
            "target_column": pc.list_flatten(lists["columns"]).take(of_column),
            "how": pc.list_flatten(lists["how"]),
        }
    )


def _read(world: World, origins: pa.Table) -> pa.Table:
    """The tables that are read; what an input port that resolves to nothing reads has no address.

    `place` is where `mesh.columns` has their columns.
    """
    inputs = world.table("inputs")
    inputs = inputs.filter(pc.is_in(inputs["resolves_to"], value_set=pa.array(["port", "source"])))
    ports = origins["input_ports"].chunk(0)
    of = pc.list_parent_indices(ports)
    names = pc.list_flatten(ports)
    key = pc.binary_join_element_wise(origins["domain"].take(of), origins["product"].take(of), names, "/")
    keys = pc.binary_join_element_wise(inputs["domain"], inputs["product"], inputs["port"], "/")
    at = pc.index_in(key, value_set=keys)
    source = pc.binary_join_element_wise(SOURCE, inputs["contract_id"], "")
    return pa.table(
        {
            "source_address": pc.coalesce(inputs["to_address"], source).take(at),
            "source_domain": inputs["to_domain"].take(at),
            "source_product": inputs["to_product"].take(at),
            "source_object": pc.list_flatten(origins["input_objects"].chunk(0)),
            "input_port": names,
            "place": pc.coalesce(inputs["to_address"], inputs["address"]).take(at),
        }
    )


def _made(world: World, origins: pa.Table) -> pa.Table:
    """The tables that are built."""
    parts = [pa.scalar(f"mesh://{world.mesh}"), *(origins[name] for name in ("domain", "product", "port"))]
    major = origins["major"].cast(pa.string())
    address = pc.binary_join_element_wise(pc.binary_join_element_wise(*parts, "/"), major, "@")
    return pa.table(
        {
            "target_address": address,
            "target_object": origins["object"],
            "target_domain": origins["domain"],
            "target_product": origins["product"],
            "model": origins["model"],
            "place": address,
        }
    )


def _written_out(world: World, rows: pa.Table, read: pa.Table, made: pa.Table) -> pa.Table:
    """Rows with a column that stands for any, once for each column of the table."""
    sources = read.take(rows["read"]).select(["source_address", "source_object"]).to_pylist()
    targets = made.take(rows["made"]).select(["target_address", "target_object"]).to_pylist()
    places = [tuple(each.values()) for each in (*sources, *targets)]
    tables = _columns_by_table(world, {address for address, _ in places})
    found = []
    for row, source, target in zip(rows.to_pylist(), places, places[len(rows) :], strict=False):
        for column in _columns(row["source_column"], source, tables):
            for to in _columns(row["target_column"], target, tables):
                found.append({**row, "source_column": column, "target_column": to})
    return pa.Table.from_pylist(found, rows.schema)


def _columns(name: str, place: Any, tables: Mapping[tuple[str, str], Sequence[str]]) -> Sequence[str]:
    return (tables.get(place) or (ANY,)) if name == ANY else (name,)


def _columns_by_table(world: World, addresses: set[str]) -> Mapping[tuple[str, str], Sequence[str]]:
    """The columns of tables by address and name in data; those of a source as any contract has them."""
    columns = world.table("columns")
    columns = columns.filter(pc.equal(columns["depth"], 1))
    contract = ("domain", "product", "contract_id", "contract_version")
    served: dict[tuple[str, ...], list[str]] = {}
    ports = world.lists("ports", ("direction", "address", *contract))
    for direction, address, *place in zip(*ports.values(), strict=True):
        if direction == "output" and address in addresses:
            served.setdefault(tuple(place), []).append(address)
    of_contract = pc.binary_join_element_wise(*(columns[name] for name in contract), "\n")
    sources = pc.binary_join_element_wise(SOURCE, columns["contract_id"], "")
    wanted = pc.or_(
        pc.is_in(of_contract, value_set=pa.array(["\n".join(map(str, of)) for of in served], pa.string())),
        pc.and_(
            pc.equal(columns["binding"], "source"), pc.is_in(sources, value_set=pa.array(list(addresses)))
        ),
    )
    objects = world.lists("objects", (*contract, "object", "table_name"))
    names = {tuple(of): name for *of, name in zip(*objects.values(), strict=True)}
    found: dict[tuple[str, str], dict[str, None]] = {}
    rows = columns.filter(wanted).select([*contract, "object", "binding", "column"]).to_pylist()
    for row in rows:
        bound_to = tuple(row[name] for name in contract)
        table = names[(*bound_to, row["object"])]
        places = served.get(bound_to, [])
        if row["binding"] == "source":
            places = [*places, f"{SOURCE}{row['contract_id']}"]
        for at in places:
            found.setdefault((at, table), {})[row["column"]] = None
    return {place: list(each) for place, each in found.items()}


def _known(
    world: World, rows: pa.Table, named: Mapping[str, Array], read: pa.Table, made: pa.Table
) -> tuple[Array, Array]:
    """The addresses in `mesh.columns` of what rows read and make; null where there are none.

    `named` are the columns of the rows, null where a row has none. Names are mostly written alike on
    both sides; only what is not found so is looked for without regard to case.
    """
    ends = ((read, "read", "source"), (made, "made", "target"))
    asked = [
        pc.binary_join_element_wise(
            _objects(world, tables["place"], tables[f"{end}_object"]).take(rows[number]),
            named[f"{end}_column"],
            ".",
        )
        for tables, number, end in ends
    ]
    wanted = pa.chunked_array([*_chunks(asked[0]), *_chunks(asked[1])], pa.string())
    columns = world.table("columns")
    at = pc.index_in(wanted, value_set=columns["address"])
    if at.null_count > wanted.null_count:
        at = pc.coalesce(at, pc.index_in(_lower(wanted), value_set=_lower(columns["address"])))
    found = columns["address"].take(at)
    top = pc.equal(columns["depth"], 1)
    renamed = columns.filter(pc.and_(top, pc.not_equal(columns["column"], columns["path"])))
    if len(renamed):
        above = pc.replace_substring_regex(renamed["address"], r"[.][^.]*$", "")
        keys = _lower(pc.binary_join_element_wise(above, renamed["column"], "."))
        found = pc.coalesce(renamed["address"].take(pc.index_in(_lower(wanted), value_set=keys)), found)
    return found.slice(0, len(rows)), found.slice(len(rows))


def _objects(world: World, places: Array, names: Array) -> Array:
    """The addresses in `mesh.objects` of tables by port and name in data.

    The objects of a contract that several ports serve have the address of one of them.
    """
    ports = world.table("ports")
    ports = ports.filter(pc.equal(ports["direction"], "output"))
    contracts = world.table("contracts")
    contract = ("domain", "product", "contract_id", "contract_version")
    asked, known = (
        pc.binary_join_element_wise(*(each[name] for name in contract), "\n") for each in (ports, contracts)
    )
    bound = contracts["address"].take(pc.index_in(asked, value_set=known))
    elsewhere = pc.fill_null(pc.not_equal(bound, ports["address"]), False)
    moved, to = ports["address"].filter(elsewhere), bound.filter(elsewhere)
    place = pc.coalesce(to.take(pc.index_in(places, value_set=moved)), places)
    plain = pc.binary_join_element_wise(place, names, "#")
    objects = world.table("objects")
    renamed = objects.filter(pc.not_equal(objects["table_name"], objects["object"]))
    port = pc.replace_substring_regex(renamed["address"], "#.*$", "")
    keys = _lower(pc.binary_join_element_wise(port, renamed["table_name"], "#"))
    return pc.coalesce(renamed["address"].take(pc.index_in(_lower(plain), value_set=keys)), plain)


def _chunks(values: Array) -> list[pa.Array]:
    return values.chunks if isinstance(values, pa.ChunkedArray) else [values]


def _lower(values: Array) -> Array:
    return pc.utf8_lower(values)


_COLUMNS = (
    text("source", "The column's address in `columns`; null for rows, and where that has none."),
    text(
        "source_address",
        "Where a value comes from: an output port's address, or `source:CONTRACT_ID`.",
        required=True,
    ),
    text("source_object", "The table there, by its name in data.", required=True),
    text("source_column", "Its column; null: which rows the table has."),
    text("source_domain", "The domain of that port; null for a source."),
    text("source_product", "The product of that port; null for a source."),
    text("target", "The address in `columns` of the column that is made; null for rows."),
    text("target_address", "The output port that serves it.", required=True),
    text("target_object", "The table there, by its name in data.", required=True),
    text("target_column", "Its column; null: which rows the table has, which bears on every column."),
    text("target_domain", "The domain of that port.", required=True),
    text("target_product", "The product of that port.", required=True),
    text("input_port", "The input port by which the source is read.", required=True),
    text(
        "kind",
        "`direct` (values are carried over), `indirect` (they bear on it) or `unknown`.",
        required=True,
    ),
    text(
        "subtype",
        "`identity`, `transformation`, `aggregation`, `filter`, `join`, `group_by`, `sort`, `window`, "
        "`conditional`, `rows` or `unknown`.",
        required=True,
    ),
    boolean(
        "masking",
        "Whether the value cannot be read out of what is made of it: a digest, a count.",
        required=True,
    ),
    text("model", "The model that makes it so.", required=True),
)

RELATION = Relation(
    name="column_edges",
    description=(
        "Lineage between columns, as the models of applied products make it. A column that stands for any "
        "is written out as each column of its table."
    ),
    columns=_COLUMNS,
    key=(
        "source_address",
        "source_object",
        "source_column",
        "target_address",
        "target_object",
        "target_column",
        "input_port",
        "subtype",
        "masking",
        "model",
    ),
    derive=_edges,
    needs=("_column_origins", "inputs", "ports", "contracts", "objects", "columns"),
)
