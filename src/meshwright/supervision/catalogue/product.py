"""One product: what it is for, whose it is, what it reads and serves, who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from meshwright.model.address import ProductKey
from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.rows import Row
from meshwright.supervision.catalogue.summary import ProductSummary


@dataclass(frozen=True, slots=True)
class PortSummary:
    """An output port of a product, with its contract and its tables; `rows` by table where they are known.

    `readers` are the products that read it. `objects` are rows of `mesh.objects`, each with its number of
    `columns`.
    """

    row: Row
    contract: Row | None
    objects: Sequence[Row]
    readers: Sequence[ProductSummary]
    levels: Sequence[Row]

    @property
    def name(self) -> str:
        """`PORT@MAJOR`."""
        return f"{self.row['port']}@{self.row['major']}"


@dataclass(frozen=True, slots=True)
class Input:
    """An input port: what it reads, as a product or as the contract and the servers of a source."""

    row: Row
    product: ProductSummary | None
    contract: Row | None
    servers: Sequence[Row]


@dataclass(frozen=True, slots=True)
class ProductDetail:
    """A product with everything that is declared about it as a whole."""

    summary: ProductSummary
    row: Row
    outputs: Sequence[PortSummary]
    inputs: Sequence[Input]
    people: Sequence[Row]
    support: Sequence[Row]
    definitions: Sequence[Row]
    properties: Sequence[Row]
    consumers: Sequence[ProductSummary]


def product_detail(catalogue: Catalogue, domain: str, product: str) -> ProductDetail:
    """One product.

    Raises:
        NotFound: there is none.
    """
    summary = catalogue.product(domain, product)
    address = summary.address
    consumers = catalogue.consumers.get((domain, product), ())
    return ProductDetail(
        summary=summary,
        row=catalogue.of("products", domain, product)[0],
        outputs=output_ports(catalogue, domain, product),
        inputs=_inputs(catalogue, domain, product),
        people=[row for row in _about(catalogue, "people", summary, address) if row["until"] is None],
        support=_about(catalogue, "support", summary, address),
        definitions=_about(catalogue, "authoritative_definitions", summary, address),
        properties=[
            row for row in _about(catalogue, "custom_properties", summary, address) if not _ours(row)
        ],
        consumers=named(catalogue, consumers),
    )


def output_ports(catalogue: Catalogue, domain: str, product: str) -> Sequence[PortSummary]:
    """The output ports of a product: the newest major of each first, in the order of its document."""
    ports = [row for row in catalogue.of("ports", domain, product) if row["direction"] == "output"]
    first: dict[str, int] = {}
    for row in ports:
        first.setdefault(row["port"], row["position"])
    ports.sort(key=lambda row: (row["deprecated"] is True, first[row["port"]], -(row["major"] or 0)))
    contracts = {_version(row): row for row in catalogue.of("contracts", domain, product)}
    objects = _by_version(catalogue.of("objects", domain, product))
    widths = _widths(catalogue, domain, product)
    levels = catalogue.of("slo_status", domain, product)
    found = []
    for row in ports:
        version = (row["contract_id"], row["contract_version"])
        tables = [
            {**obj, "columns": widths.get((*version, obj["object"]), 0)} for obj in objects.get(version, ())
        ]
        readers = catalogue.readers_of_port.get(row["address"], ())
        keys = dict.fromkeys((edge["to_domain"], edge["to_product"]) for edge in readers)
        found.append(
            PortSummary(
                row=row,
                contract=contracts.get(version),
                objects=tables,
                readers=named(catalogue, list(keys)),
                levels=[
                    each for each in levels if (each["port"], each["major"]) == (row["port"], row["major"])
                ],
            )
        )
    return found


def _widths(catalogue: Catalogue, domain: str, product: str) -> dict[tuple[Any, ...], int]:
    """How many columns each object has, nested ones not counted."""
    found: dict[tuple[Any, ...], int] = {}
    columns = catalogue.index("columns").table(domain, product)
    names = ("contract_id", "contract_version", "object", "depth")
    for contract, version, obj, depth in zip(*(columns[n].to_pylist() for n in names), strict=True):
        if depth == 1:
            key = (contract, version, obj)
            found[key] = found.get(key, 0) + 1
    return found


def _inputs(catalogue: Catalogue, domain: str, product: str) -> Sequence[Input]:
    contracts = {_version(row): row for row in catalogue.of("contracts", domain, product)}
    servers = _by_version(catalogue.of("servers", domain, product))
    found = []
    for row in catalogue.of("inputs", domain, product):
        version = (row["contract_id"], row["source_contract_version"])
        is_source = row["resolves_to"] == "source"
        key = ProductKey(row["to_domain"] or "", row["to_product"] or "")
        found.append(
            Input(
                row=row,
                product=catalogue.products.get(key) if row["resolves_to"] == "port" else None,
                contract=contracts.get(version) if is_source else None,
                servers=servers.get(version, ()) if is_source else (),
            )
        )
    return found


def named(catalogue: Catalogue, keys: Sequence[tuple[str, str]]) -> Sequence[ProductSummary]:
    """Products by their keys, in the order of their addresses; those that are not applied are left out."""
    found = (catalogue.products.get(ProductKey(*key)) for key in sorted(keys))
    return [each for each in found if each is not None]


def _about(catalogue: Catalogue, relation: str, product: ProductSummary, address: str) -> list[Row]:
    rows = catalogue.of(relation, product.domain, product.product)
    return [row for row in rows if row["address"] == address]


def _ours(row: Row) -> bool:
    return bool(row["vendor"] == "meshwright")


def _version(row: Row) -> tuple[str, str]:
    return row["contract_id"], row["contract_version"]


def _by_version(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault(_version(row), []).append(row)
    return found
