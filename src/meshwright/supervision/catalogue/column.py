"""One column: what it means, what it promises, and where else its name occurs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from meshwright.errors import NotFound
from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.contract import ColumnNode, ObjectDetail, PortDetail, port_detail
from meshwright.supervision.catalogue.lineage import ColumnLineage, column_lineage
from meshwright.supervision.catalogue.rows import Row

MOST_ELSEWHERE = 50


@dataclass(frozen=True, slots=True)
class ColumnDetail:
    """A column of an output port.

    `elsewhere` are columns of the same name in other tables of output ports, at most `MOST_ELSEWHERE` of
    `occurrences`; `types` are the types that the name has anywhere, with how often.
    """

    port: PortDetail
    obj: ObjectDetail
    node: ColumnNode
    lineage: ColumnLineage
    elsewhere: Sequence[Row]
    occurrences: int
    types: Sequence[tuple[str, int]]
    properties: Sequence[Row]
    synonyms: Sequence[Row]
    definitions: Sequence[Row]


def column_detail(
    catalogue: Catalogue, domain: str, product: str, port: str, major: int, obj: str, path: str
) -> ColumnDetail:
    """One column, by its dotted path below its table.

    Raises:
        NotFound: there is no such product, port, table or column.
    """
    detail = port_detail(catalogue, domain, product, port, major, obj)
    table = detail.objects[0]
    node = _find(table.columns, path)
    if node is None:
        raise NotFound(
            f"table {obj} of {domain}/{product}, port {port}@{major}, has no column {path}",
            way_out="the table's page lists those that it has",
        )
    row = node.row
    place = (detail.port.row["address"], table.row["table_name"], _in_data(table.columns, path))
    others, occurrences, types = _elsewhere(catalogue, row)

    def about(relation: str) -> list[Row]:
        rows = catalogue.of(relation, domain, product)
        return [each for each in rows if each["address"] == row["address"] and each["of"] == "column"]

    return ColumnDetail(
        port=detail,
        obj=table,
        node=node,
        lineage=column_lineage(catalogue, domain, product, place),
        elsewhere=others,
        occurrences=occurrences,
        types=types,
        properties=about("custom_properties"),
        synonyms=about("synonyms"),
        definitions=about("authoritative_definitions"),
    )


def _find(nodes: Sequence[ColumnNode], path: str) -> ColumnNode | None:
    for node in nodes:
        if node.row["path"] == path:
            return node
        found = _find(node.parts, path)
        if found is not None:
            return found
    return None


def _in_data(nodes: Sequence[ColumnNode], path: str) -> str:
    """A column's path by the names in data."""
    for node in nodes:
        if node.row["path"] == path:
            return str(node.row["column"] or node.row["path"])
        if node.parts and path.startswith(node.row["path"]):
            rest = _in_data(node.parts, path)
            if rest:
                return f"{node.row['column'] or node.row['path']}.{rest}"
    return ""


def _elsewhere(catalogue: Catalogue, row: Row) -> tuple[list[Row], int, Sequence[tuple[str, int]]]:
    """Columns of the same name in other tables of output ports, however it is capitalised."""
    if row["name"] is None:
        return [], 0, ()
    columns = catalogue.tables["columns"]
    same = pc.equal(pc.ascii_lower(columns["name"]), _lower(row["name"]))
    wanted = pc.and_(same, pc.equal(columns["binding"], "output"))
    found = columns.select(_SHOWN).filter(wanted)
    kinds = pc.fill_null(pc.coalesce(found["physical_type"], found["logical_type"]), "any")
    types = [(each["values"], each["counts"]) for each in pc.value_counts(kinds).to_pylist()]
    others = found.filter(pc.not_equal(found["address"], row["address"]))
    shown = others.slice(0, MOST_ELSEWHERE).to_pylist()
    return shown, others.num_rows, sorted(types, key=lambda each: (-each[1], each[0]))


def _lower(name: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in name)


_SHOWN = [
    "domain",
    "product",
    "port",
    "major",
    "object",
    "path",
    "name",
    "address",
    "physical_type",
    "logical_type",
    "description",
    "classification",
    "primary_key_position",
]
