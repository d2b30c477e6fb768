"""What comes from what around a product or a column, as a graph of a size that can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.model.address import ProductKey
from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.rows import Row
from meshwright.supervision.catalogue.summary import ProductSummary

STEPS = 4
"""How far from its start a graph goes in each direction."""

MOST_PRODUCTS = 40
MOST_COLUMNS = 120

Place = tuple[str, str, str]
"""A column: the address of its port or source, its table and its own name in data."""


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A product, or a source (`product` None) by `source:CONTRACT_ID`, with the tables that take part.

    Tables are (address of the port or source, name in data).
    """

    key: str
    product: ProductSummary | None
    name: str
    tables: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LineageLink:
    """One node reads another; by tables where the models tell which (else None)."""

    source: str
    target: str
    source_table: tuple[str, str] | None = None
    target_table: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ProductLineage:
    """The surroundings of a product; `left_out` counts products that are too many or too far away."""

    start: str
    nodes: Sequence[LineageNode]
    links: Sequence[LineageLink]
    left_out: int


def product_lineage(catalogue: Catalogue, domain: str, product: str) -> ProductLineage:
    """What a product is made from and what is made from it.

    Raises:
        NotFound: there is no such product.
    """
    start = catalogue.product(domain, product).key
    up = _reach(start, lambda key: catalogue.reads.get((key.domain, key.product), ()))
    down = _reach(start, lambda key: catalogue.consumers.get((key.domain, key.product), ()))
    near = sorted({**up, **down}.items(), key=lambda item: (item[1], item[0]))
    shown = [key for key, distance in near if distance <= STEPS][:MOST_PRODUCTS]
    inside = set(shown)
    upstream = {key for key in shown if key in up}
    links: dict[LineageLink, None] = {}
    names: dict[str, str] = {}
    for key in shown:
        found = _links_into(catalogue, key, inside, key in upstream, names)
        links.update(dict.fromkeys(found))
    nodes = _nodes(catalogue, shown, links, names)
    return ProductLineage(_name(start), nodes, tuple(links), len(near) - len(shown))


def _reach(
    start: ProductKey, following: Callable[[ProductKey], Iterable[tuple[str, str]]]
) -> Mapping[ProductKey, int]:
    found = {start: 0}
    level = [start]
    while level:
        after = dict.fromkeys(ProductKey(*other) for key in level for other in following(key))
        level = [key for key in after if key not in found]
        found.update(dict.fromkeys(level, max(found.values()) + 1))
    return found


def _name(key: ProductKey) -> str:
    return f"{key.domain}/{key.product}"


def _links_into(
    catalogue: Catalogue, key: ProductKey, inside: set[ProductKey], sources: bool, names: dict[str, str]
) -> Iterable[LineageLink]:
    """What one product reads of those that are shown, and of sources if they are wanted."""
    told: dict[str, list[LineageLink]] = {}
    for edge in catalogue.column_edges_into(key.domain, key.product):
        source = _source_of(edge["source_address"], edge["source_domain"], edge["source_product"])
        link = LineageLink(
            source,
            _name(key),
            (edge["source_address"], edge["source_object"]),
            (edge["target_address"], edge["target_object"]),
        )
        told.setdefault(source, []).append(link)
    for read in catalogue.reading_of.get((key.domain, key.product), ()):
        if read["from_kind"] == "source":
            if not sources:
                continue
            source = read["from_node"].rpartition("@")[0]
            names[source] = source.removeprefix("source:")
        else:
            other = ProductKey(read["from_domain"], read["from_product"])
            if other not in inside:
                continue
            source = _name(other)
        yield from told.get(source) or [LineageLink(source, _name(key))]


def _source_of(address: str, domain: str | None, product: str | None) -> str:
    return address if domain is None else f"{domain}/{product}"


def _nodes(
    catalogue: Catalogue,
    shown: Sequence[ProductKey],
    links: Iterable[LineageLink],
    names: Mapping[str, str],
) -> Sequence[LineageNode]:
    tables: dict[str, dict[tuple[str, str], None]] = {}
    for link in links:
        for node, table in ((link.source, link.source_table), (link.target, link.target_table)):
            if table is not None:
                tables.setdefault(node, {})[table] = None
    products = [
        LineageNode(
            _name(key),
            catalogue.products[key],
            catalogue.products[key].title,
            tuple(tables.get(_name(key), ())),
        )
        for key in shown
    ]
    sources = [LineageNode(key, None, name, tuple(tables.get(key, ()))) for key, name in names.items()]
    return [*products, *sources]


# --- columns


@dataclass(frozen=True, slots=True)
class ColumnLink:
    """A column's value comes from another one's: how, and by which model."""

    source: Place
    target: Place
    subtype: str
    model: str


@dataclass(frozen=True, slots=True)
class ColumnLineage:
    """The surroundings of a column along edges that carry values, or may.

    `bearing` are the edges by which other columns bear on it or on which rows there are (filters, joins,
    groups), without being carried; `borne` those by which it bears on others. `known` are the rows of
    `mesh.columns` of the columns that have one.
    """

    start: Place
    links: Sequence[ColumnLink]
    bearing: Sequence[Row]
    borne: Sequence[Row]
    left_out: bool
    known: Mapping[Place, Row]


def column_lineage(catalogue: Catalogue, domain: str, product: str, place: Place) -> ColumnLineage:
    """What a column of an output port is made from, and what is made from it."""
    links: dict[ColumnLink, None] = {}
    addresses: dict[Place, str] = {}
    seen = {_folded(place)}
    left_out = False
    for downstream in (False, True):
        level = [(place, (domain, product))]
        reached = {_folded(place)}
        for _ in range(STEPS * 2):
            following: list[tuple[Place, tuple[str, str]]] = []
            for here, of in level:
                for edge in _carrying(catalogue, here, of, downstream):
                    source, target = _ends(edge)
                    other = target if downstream else source
                    for end, at in ((source, edge["source"]), (target, edge["target"])):
                        if at is not None:
                            addresses[end] = at
                    if len(seen) >= MOST_COLUMNS and _folded(other) not in seen:
                        left_out = True
                        continue
                    links[ColumnLink(source, target, edge["subtype"], edge["model"])] = None
                    seen.add(_folded(other))
                    owner = _owner(edge, downstream)
                    if _folded(other) not in reached and owner is not None:
                        following.append((other, owner))
                    reached.add(_folded(other))
            level = following
        left_out = left_out or bool(level)
    bearing = [
        edge
        for edge in catalogue.column_edges_into(domain, product)
        if edge["kind"] == "indirect"
        and (edge["target_address"], edge["target_object"].lower()) == (place[0], place[1].lower())
        and _is(edge["target_column"], place[2], or_rows=True)
        and edge["source_column"] is not None
    ]
    borne = [
        edge
        for edge in catalogue.column_edges_from(domain, product)
        if edge["kind"] == "indirect"
        and (edge["source_address"], edge["source_object"].lower()) == (place[0], place[1].lower())
        and _is(edge["source_column"], place[2])
    ]
    rows = columns_at(catalogue, addresses.values())
    known = {end: rows[at] for end, at in addresses.items() if at in rows}
    return ColumnLineage(place, tuple(links), bearing, borne, left_out, known)


def columns_at(catalogue: Catalogue, addresses: Iterable[str]) -> Mapping[str, Row]:
    """Where the columns of these addresses are, as far as there are any."""
    columns = catalogue.tables["columns"]
    wanted = pa.array(sorted(set(addresses)), pa.string())
    names = ["address", "domain", "product", "port", "major", "object", "path", "binding"]
    if not len(wanted):
        return {}
    found = columns.select(names).filter(pc.is_in(columns["address"], value_set=wanted))
    return {row["address"]: row for row in found.to_pylist()}


def _folded(place: Place) -> Place:
    return place[0], place[1].lower(), place[2].lower()


def _is(name: str | None, wanted: str, or_rows: bool = False) -> bool:
    """Whether a column is meant; a field of it too is, and it where a field of it is wanted."""
    if name is None:
        return or_rows
    name, wanted = name.lower(), wanted.lower()
    return name == wanted or name.startswith(f"{wanted}.") or wanted.startswith(f"{name}.")


def _ends(edge: Row) -> tuple[Place, Place]:
    source = (edge["source_address"], edge["source_object"], edge["source_column"] or "")
    return source, (edge["target_address"], edge["target_object"], edge["target_column"] or "")


def _owner(edge: Row, downstream: bool) -> tuple[str, str] | None:
    if downstream:
        return edge["target_domain"], edge["target_product"]
    return None if edge["source_domain"] is None else (edge["source_domain"], edge["source_product"])


def _carrying(catalogue: Catalogue, place: Place, of: tuple[str, str], downstream: bool) -> Iterable[Row]:
    """The edges by which a column's value is carried on, or has come."""
    edges = catalogue.column_edges_from(*of) if downstream else catalogue.column_edges_into(*of)
    end = "source" if downstream else "target"
    for edge in edges:
        if edge["kind"] == "indirect" and edge["subtype"] != "rows":
            continue
        if edge[f"{end}_address"] != place[0] or edge[f"{end}_object"].lower() != place[1].lower():
            continue
        if edge["source_column"] is None or edge["target_column"] is None:
            continue
        if _is(edge[f"{end}_column"], place[2]):
            yield edge
