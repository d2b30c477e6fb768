"""What an output port promises: its contract, tables, columns and rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from meshwright.errors import NotFound
from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.product import PortSummary, output_ports
from meshwright.supervision.catalogue.rows import Row
from meshwright.supervision.catalogue.summary import ProductSummary


@dataclass(frozen=True, slots=True)
class ColumnNode:
    """A column with what is nested in it, its rules, and the tables that it refers to."""

    row: Row
    parts: Sequence[ColumnNode] = ()
    rules: Sequence[Row] = ()
    refers: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class ObjectDetail:
    """A table of a port; `rules` are those of the whole table."""

    row: Row
    columns: Sequence[ColumnNode]
    rules: Sequence[Row]
    relationships: Sequence[Row]


@dataclass(frozen=True, slots=True)
class PortDetail:
    """An output port with its contract's tables; `others` are the other ports of the product."""

    product: ProductSummary
    port: PortSummary
    objects: Sequence[ObjectDetail]
    roles: Sequence[Row]
    service_levels: Sequence[Row]
    others: Sequence[PortSummary] = field(default=())


def port_detail(
    catalogue: Catalogue, domain: str, product: str, port: str, major: int, obj: str | None = None
) -> PortDetail:
    """An output port with all of its tables, or with one of them.

    Raises:
        NotFound: there is no such product, port or table.
    """
    summary = catalogue.product(domain, product)
    ports = output_ports(catalogue, domain, product)
    found = next((p for p in ports if (p.row["port"], p.row["major"]) == (port, major)), None)
    if found is None:
        raise NotFound(
            f"{domain}/{product} has no output port {port}@{major}",
            way_out="its page lists those that it has",
        )
    wanted = [row for row in found.objects if obj is None or row["object"] == obj]
    if obj is not None and not wanted:
        raise NotFound(
            f"port {port}@{major} of {domain}/{product} has no table {obj}",
            way_out="its page lists those that it has",
        )
    version = (found.row["contract_id"], found.row["contract_version"])

    def of(relation: str) -> list[Row]:
        rows = catalogue.of(relation, domain, product)
        return [row for row in rows if (row["contract_id"], row["contract_version"]) == version]

    names = {row["object"] for row in wanted}
    columns = [row for row in of("columns") if row["object"] in names]
    quality, relationships = of("quality"), of("relationships")
    return PortDetail(
        product=summary,
        port=found,
        objects=[_object(row, columns, quality, relationships) for row in wanted],
        roles=of("roles"),
        service_levels=of("service_levels"),
        others=[each for each in ports if each is not found],
    )


def _object(
    row: Row, columns: Sequence[Row], quality: Sequence[Row], relationships: Sequence[Row]
) -> ObjectDetail:
    name = row["object"]
    rules: dict[str | None, list[Row]] = {}
    for rule in quality:
        if rule["object"] == name:
            rules.setdefault(rule["path"], []).append(rule)
    refers: dict[str, list[Row]] = {}
    own = [each for each in relationships if each["object"] == name]
    for each in own:
        for path in each["from_columns"] or ():
            refers.setdefault(path, []).append(each)
    below: dict[str | None, list[Row]] = {}
    for column in columns:
        if column["object"] == name:
            below.setdefault(column["parent"], []).append(column)
    return ObjectDetail(row, _nodes(None, below, rules, refers), rules.get(None, ()), own)


def _nodes(
    parent: str | None,
    below: Mapping[str | None, Sequence[Row]],
    rules: Mapping[str | None, Sequence[Row]],
    refers: Mapping[str, Sequence[Row]],
) -> Sequence[ColumnNode]:
    return [
        ColumnNode(
            row,
            _nodes(row["path"], below, rules, refers) if row["path"] in below else (),
            rules.get(row["path"], ()),
            refers.get(row["path"], ()),
        )
        for row in below.get(parent, ())
    ]
