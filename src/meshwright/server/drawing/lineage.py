"""Lineage as graphs of boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from markupsafe import Markup

from meshwright.server.drawing.boxes import Box, BoxRow, Wire, draw_boxes
from meshwright.server.links import page_of, page_of_address, segment
from meshwright.supervision.catalogue import Catalogue
from meshwright.supervision.catalogue.lineage import ColumnLineage, Place, ProductLineage

HUES = 8
"""How many colours domains have; they are given out in the order of names."""

MOST_ROWS = 8
"""How many tables of one product are shown."""


def hues(catalogue: Catalogue) -> Mapping[str, int]:
    """The colour of each domain."""
    names = sorted(catalogue.tables["domains"]["domain"].to_pylist())
    return {name: place % HUES for place, name in enumerate(names)}


def draw_product_lineage(catalogue: Catalogue, lineage: ProductLineage, now: datetime) -> Markup:
    """Products and sources with the tables that take part; the start is picked out."""
    colours = hues(catalogue)
    boxes = []
    shown: dict[str, set[tuple[str, str]]] = {}
    for node in lineage.nodes:
        tables = node.tables[:MOST_ROWS]
        shown[node.key] = set(tables)
        rows = [BoxRow(_row(table), table[1], _table_page(table, catalogue)) for table in tables]
        if len(node.tables) > MOST_ROWS:
            rows.append(BoxRow("more", f"and {len(node.tables) - MOST_ROWS} more"))
        product = node.product
        if product is None:
            boxes.append(Box(node.key, node.name, "source", rows=rows, hint=node.name))
        else:
            health = product.health(now)
            boxes.append(
                Box(
                    node.key,
                    product.title,
                    product.domain,
                    page_of(product.domain, product.product),
                    rows,
                    colours.get(product.domain),
                    health.level,
                    node.key == lineage.start,
                    hint=f"{product.key}: {health.word}",
                )
            )
    wires = []
    for link in lineage.links:
        start = _end(link.source_table, shown.get(link.source, set()))
        end = _end(link.target_table, shown.get(link.target, set()))
        if link.source in shown and link.target in shown:
            wires.append(Wire(link.source, link.target, start, end))
    return draw_boxes(boxes, list(dict.fromkeys(wires)), "Lineage of tables")


def _row(table: tuple[str, str]) -> str:
    return "\n".join(table)


def _end(table: tuple[str, str] | None, shown: set[tuple[str, str]]) -> str | None:
    if table is None:
        return None
    return _row(table) if table in shown else "more"


def _table_page(table: tuple[str, str], catalogue: Catalogue) -> str | None:
    page = page_of_address(table[0])
    return None if page is None else f"{page}/{segment(catalogue.renamed_objects.get(table, table[1]))}"


def _column_page(place: Place, lineage: ColumnLineage) -> str | None:
    row = lineage.known.get(place)
    if row is None or row["binding"] != "output":
        return None
    names = ("domain", "product", "port", "major", "object", "path")
    return page_of(*(row[name] for name in names))


def draw_column_lineage(catalogue: Catalogue, lineage: ColumnLineage) -> Markup:
    """Tables with the columns that take part; the start is picked out."""
    places: dict[tuple[str, str], dict[str, Place]] = {}

    def note(place: Place) -> None:
        places.setdefault(place[:2], {}).setdefault(place[2].lower(), place)

    note(lineage.start)
    for link in lineage.links:
        note(link.source)
        note(link.target)
    boxes = [
        _table_box(table, list(columns.values()), lineage, catalogue) for table, columns in places.items()
    ]
    wires = [
        Wire(
            _row(link.source[:2]),
            _row(link.target[:2]),
            link.source[2].lower(),
            link.target[2].lower(),
            kind="carried"
            if link.subtype == "identity"
            else "made"
            if link.subtype != "unknown"
            else "unsure",
            hint=f"{link.subtype}, by {link.model}",
        )
        for link in lineage.links
    ]
    return draw_boxes(boxes, wires, "Lineage of columns")


def _table_box(
    table: tuple[str, str], columns: Sequence[Place], lineage: ColumnLineage, catalogue: Catalogue
) -> Box:
    address, name = table
    page = _table_page(table, catalogue)
    start = lineage.start
    rows = [
        BoxRow(
            place[2].lower(),
            place[2],
            _column_page(place, lineage),
            mark=(place[0], place[1].lower(), place[2].lower())
            == (start[0], start[1].lower(), start[2].lower()),
        )
        for place in columns
    ]
    if page is None:
        return Box(_row(table), name, f"source {address.removeprefix('source:')}", rows=rows)
    domain, product = address.split("/")[3:5]
    return Box(
        _row(table),
        name,
        f"{domain} / {product}",
        page,
        rows,
        hues(catalogue).get(domain),
        mark=table == start[:2],
        hint=f"{domain}.{product}.{name}",
    )
