"""Products as the mesh's tables have them, described for linked data (`standards.dprod`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.errors import NotFound
from meshwright.model.address import ProductKey
from meshwright.standards.dprod import (
    DescribedCatalogue,
    DescribedColumn,
    DescribedDataset,
    DescribedPort,
    DescribedProduct,
    catalogue_text,
    product_document,
)
from meshwright.supervision.metamodel.tables import MeshTables

WHOLE = ("domains", "products", "ports", "inputs", "objects", "support", "publications", "columns")
"""The relations that a catalogue is made from."""

Key = tuple[str, str]
Row = Mapping[str, Any]

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "products": (
        "address",
        "name",
        "version",
        "status",
        "purpose",
        "usage",
        "limitations",
        "owner",
        "team",
        "successor",
        "tags",
        "applied_at",
    ),
    "ports": (
        "direction",
        "port",
        "address",
        "version",
        "status",
        "description",
        "contract_id",
        "contract_version",
    ),
    "inputs": ("port", "address", "to_address"),
    "objects": ("contract_id", "contract_version", "object", "business_name", "description", "tags"),
    "support": ("of", "channel", "url"),
    "publications": ("current", "published_at"),
    "columns": (
        "contract_id",
        "contract_version",
        "object",
        "path",
        "depth",
        "logical_type",
        "description",
        "required",
        "classification",
    ),
}


def described_product(
    tables: MeshTables,
    key: ProductKey,
    base: str | None = None,
    rows: Callable[[str], pa.Table] | None = None,
) -> dict[str, Any]:
    """The DPROD document of one product, columns included.

    `rows` gives the rows of a relation that are about the product, where somebody has them at hand.

    Raises:
        NotFound: no such product is applied.
    """
    if rows is None:
        rows = _about(tables, key)
    found = list(_products({name: rows(name) for name in _COLUMNS}, tables.tables["objects"], whole=True))
    if not found:
        raise NotFound(f"there is no product {key}", way_out="`mesh list` shows what there is")
    return product_document(found[0], base)


def _about(mesh: MeshTables, key: ProductKey) -> Callable[[str], pa.Table]:
    def rows(name: str) -> pa.Table:
        table = mesh.tables[name]
        of = pc.and_(pc.equal(table["domain"], key.domain), pc.equal(table["product"], key.product))
        return table.filter(of)

    return rows


def described_catalogue(
    tables: MeshTables, description: str | None = None, base: str | None = None
) -> Iterator[str]:
    """The text of the whole catalogue as DCAT and DPROD, in parts; without columns.

    Proposed and draft products are not for everybody, and are left out.
    """
    domains = tables.tables["domains"].select(["domain", "description"]).to_pylist()
    catalogue = DescribedCatalogue(
        tables.mesh, description, [(each["domain"], each["description"]) for each in domains]
    )
    names = [name for name in _COLUMNS if name != "columns"]
    products = tables.tables["products"]
    shown = products.filter(
        pc.invert(pc.is_in(products["status"], value_set=pa.array(["proposed", "draft"])))
    )
    parts = {**{name: tables.tables[name] for name in names}, "products": shown}
    return catalogue_text(catalogue, _products(parts, tables.tables["objects"], whole=False), base)


def _products(parts: Mapping[str, pa.Table], objects: pa.Table, whole: bool) -> Iterator[DescribedProduct]:
    ports, inputs, own, support, publications = (
        _by_product(parts[name], _COLUMNS[name])
        for name in ("ports", "inputs", "objects", "support", "publications")
    )
    columns = _by_object(parts["columns"]) if whole else {}
    read = _datasets_of(objects, {row["to_address"] for rows in inputs.values() for row in rows} - {None})
    for key, rows in _by_product(parts["products"], _COLUMNS["products"]).items():
        row = rows[0]
        published = [each["published_at"] for each in publications.get(key, ()) if each["current"]]
        yield DescribedProduct(
            address=row["address"],
            domain=key[0],
            product=key[1],
            name=row["name"] or key[1],
            status=row["status"],
            version=row["version"],
            purpose=row["purpose"],
            usage=row["usage"],
            limitations=row["limitations"],
            owner=row["owner"],
            team=row["team"],
            successor=row["successor"],
            keywords=_texts(row["tags"]),
            contacts=[(c["channel"], c["url"]) for c in support.get(key, ()) if c["of"] == "product"],
            applied_at=_moment(row["applied_at"]),
            published_at=_moment(published[0]) if published else None,
            inputs=[_input(each, read) for each in inputs.get(key, ())],
            outputs=[
                _output(each, own.get(key, ()), columns)
                for each in ports.get(key, ())
                if each["direction"] == "output"
            ],
        )


def _input(row: Row, read: Mapping[str, Sequence[str]]) -> DescribedPort:
    """An input port is the output port that it reads; one of a source is itself."""
    target = row["to_address"] or row["address"]
    return DescribedPort(target, row["port"], reads=read.get(row["to_address"] or "", ()))


def _output(
    row: Row, objects: Iterable[Row], columns: Mapping[tuple[str, str, str], Sequence[Row]]
) -> DescribedPort:
    datasets = []
    for each in objects:
        contract = (each["contract_id"], each["contract_version"])
        if contract != (row["contract_id"], row["contract_version"]):
            continue
        inside = columns.get((*contract, each["object"]), ())
        labels = (column["classification"] for column in inside)
        datasets.append(
            DescribedDataset(
                address=f"{row['address']}#{each['object']}",
                name=each["object"],
                title=each["business_name"],
                description=each["description"],
                keywords=_texts(each["tags"]),
                classifications=sorted({label for label in labels if label}),
                columns=[
                    DescribedColumn(c["path"], c["logical_type"], c["description"], bool(c["required"]))
                    for c in inside
                    if c["depth"] == 1
                ],
            )
        )
    return DescribedPort(
        row["address"], row["port"], row["description"], row["version"], row["status"], datasets
    )


def _by_product(table: pa.Table, columns: Sequence[str]) -> Mapping[Key, list[Row]]:
    found: dict[Key, list[Row]] = {}
    for row in table.select(["domain", "product", *columns]).to_pylist():
        found.setdefault((row["domain"], row["product"]), []).append(row)
    return found


def _by_object(table: pa.Table) -> Mapping[tuple[str, str, str], Sequence[Row]]:
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in table.select(_COLUMNS["columns"]).to_pylist():
        found.setdefault((row["contract_id"], row["contract_version"], row["object"]), []).append(row)
    return found


def _datasets_of(objects: pa.Table, ports: Collection[str]) -> Mapping[str, Sequence[str]]:
    """The addresses of the objects of output ports, by the address of the port."""
    addresses = objects["address"]
    if len(ports) < _FEW:
        masks = [pc.starts_with(addresses, f"{port}#") for port in ports]
        kept = [addresses.filter(mask).to_pylist() for mask in masks]
        return dict(zip(ports, kept, strict=True))
    found: dict[str, list[str]] = {}
    for address in addresses.to_pylist():
        port, hash_, _ = address.partition("#")
        if hash_ and port in ports:
            found.setdefault(port, []).append(address)
    return found


_FEW = 20


def _texts(values: Sequence[str | None] | None) -> list[str]:
    return [value for value in values or () if value]


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")
