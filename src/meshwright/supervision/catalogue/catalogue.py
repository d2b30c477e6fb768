"""The catalogue of one state of the mesh."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.errors import NotFound
from meshwright.model.address import ProductKey
from meshwright.supervision.catalogue.health import Health
from meshwright.supervision.catalogue.rows import ByProduct, Row
from meshwright.supervision.catalogue.summary import ProductSummary, summaries
from meshwright.supervision.metamodel.tables import MeshTables

Key = tuple[str, str]

_NEVER = datetime(9000, 1, 1, tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)

T = TypeVar("T")


class Catalogue:
    """The tables of one state of the mesh, with what is found in them often kept at hand.

    `before` is that of an earlier state: what has not changed since is not made again. `on` is the day by
    which waivers are judged: today when left out.
    """

    def __init__(self, mesh: MeshTables, before: Catalogue | None = None, on: date | None = None) -> None:
        self.on = on or datetime.now(UTC).date()
        self.mesh = mesh.mesh
        self.tables: Mapping[str, pa.Table] = mesh.tables
        self._indexes: dict[tuple[str, str, str], ByProduct] = {}
        self._made: dict[str, Any] = {}
        self._periods: dict[str, tuple[datetime, datetime, Any]] = {}
        self._lock = threading.Lock()
        self._wanted = () if before is None else tuple(before._indexes)
        if before is not None:
            for key, index in list(before._indexes.items()):
                if before.tables[key[0]] is mesh.tables.get(key[0]):
                    self._indexes[key] = index

    def of(self, relation: str, domain: str, product: str) -> list[dict[str, Any]]:
        """The rows of a relation that are about a product; none where there is no such relation."""
        return self.index(relation).rows(domain, product) if relation in self.tables else []

    def index(self, relation: str, domain: str = "domain", product: str = "product") -> ByProduct:
        """A relation's rows by two of its columns that name a product."""
        key = (relation, domain, product)
        found = self._indexes.get(key)
        if found is None:
            with self._lock:
                found = self._indexes.get(key)
                if found is None:
                    found = self._indexes[key] = ByProduct(self.tables[relation], (domain, product))
        return found

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made for the first who asks and kept for the others."""
        if name not in self._made:
            self._made[name] = make()
        found: T = self._made[name]
        return found

    def warm(self) -> None:
        """Make what nearly every answer needs, and what was asked for in the state before."""
        _ = self.products
        for relation, domain, product in self._wanted:
            if relation in self.tables:
                self.index(relation, domain, product)

    @cached_property
    def products(self) -> Mapping[ProductKey, ProductSummary]:
        """Every applied product, in the order of their addresses."""
        return summaries(self)

    def judged(self, now: datetime) -> Sequence[tuple[ProductSummary, Health]]:
        """Every product with how it is at a moment."""
        return self.during(
            "judged", now, lambda: [(each, each.health(now)) for each in self.products.values()]
        )

    def during(self, name: str, now: datetime, make: Callable[[], T]) -> T:
        """What `make` gives, kept until something becomes due: nothing else changes as time goes by."""
        known = self._periods.get(name)
        if known is None or not known[0] <= now < known[1]:
            dues = (each.due_at for each in self.products.values())
            until = min((due for due in dues if due is not None and due >= now), default=_NEVER)
            known = self._periods[name] = (now, until + _INSTANT, make())
        found: T = known[2]
        return found

    def product(self, domain: str, product: str) -> ProductSummary:
        """One product.

        Raises:
            NotFound: there is none.
        """
        found = self.products.get(ProductKey(domain, product))
        if found is None:
            raise NotFound(
                f"there is no product {domain}/{product}",
                why="it is not applied in this environment, or not any more",
                way_out="search for it, or look at its domain",
            )
        return found

    # --- who reads what

    @cached_property
    def _reading(self) -> list[dict[str, Any]]:
        edges = self.tables["edges"]
        found: list[dict[str, Any]] = edges.filter(pc.equal(edges["kind"], "reads")).to_pylist()
        return found

    @cached_property
    def reads(self) -> Mapping[Key, Sequence[Key]]:
        """The products that each product reads."""
        found: dict[Key, dict[Key, None]] = {}
        for edge in self._reading:
            if edge["from_kind"] == "port":
                start = edge["from_domain"], edge["from_product"]
                found.setdefault((edge["to_domain"], edge["to_product"]), {})[start] = None
        return {key: tuple(each) for key, each in found.items()}

    @cached_property
    def consumers(self) -> Mapping[Key, Sequence[Key]]:
        """The products that read each product."""
        found: dict[Key, list[Key]] = {}
        for reader, read in self.reads.items():
            for key in read:
                found.setdefault(key, []).append(reader)
        return found

    @cached_property
    def sources(self) -> Mapping[Key, Sequence[str]]:
        """The sources outside of the mesh that each product reads: `source:CONTRACT@MAJOR`."""
        found: dict[Key, dict[str, None]] = {}
        for edge in self._reading:
            if edge["from_kind"] == "source":
                found.setdefault((edge["to_domain"], edge["to_product"]), {})[edge["from_node"]] = None
        return {key: tuple(each) for key, each in found.items()}

    @cached_property
    def readers_of_port(self) -> Mapping[str, Sequence[Row]]:
        """The edges that lead from each output port, by its address."""
        found: dict[str, list[Row]] = {}
        for edge in self._reading:
            if edge["from_kind"] == "port":
                found.setdefault(edge["from_node"], []).append(edge)
        return found

    @cached_property
    def reading_of(self) -> Mapping[Key, Sequence[Row]]:
        """The edges by which each product reads ports and sources."""
        found: dict[Key, list[Row]] = {}
        for edge in self._reading:
            found.setdefault((edge["to_domain"], edge["to_product"]), []).append(edge)
        return found

    @cached_property
    def renamed_objects(self) -> Mapping[tuple[str, str], str]:
        """Objects whose name in data is another, by the address of their port and that name."""
        objects = self.tables["objects"]
        found = objects.filter(pc.not_equal(objects["table_name"], objects["object"])).to_pylist()
        return {(row["address"].partition("#")[0], row["table_name"]): row["object"] for row in found}

    def column_edges_into(self, domain: str, product: str) -> list[dict[str, Any]]:
        """Rows of `mesh.column_edges` that make columns of a product."""
        return self.index("column_edges", "target_domain", "target_product").rows(domain, product)

    def column_edges_from(self, domain: str, product: str) -> list[dict[str, Any]]:
        """Rows of `mesh.column_edges` that read columns of a product."""
        return self.index("column_edges", "source_domain", "source_product").rows(domain, product)

    # --- policies

    @cached_property
    def open_violations(self) -> pa.Table | None:
        """Violations that are neither fixed nor waived; None where no policies are known."""
        table = self.tables.get("violations")
        if table is None:
            return None
        is_open = pc.equal(table["status"], "open")
        waived = pc.fill_null(pc.greater_equal(table["waived_until"], self.on.isoformat()), False)
        return table.filter(pc.and_(is_open, pc.invert(waived)))
